"""The place for what is asked of the mails' table again and again: each statement compiled once."""

from functools import cache
from typing import Any

import sqlalchemy as sa

from services.notify.domain.outcomes import WAITING
from services.notify.store.tables import mails, people
from shared.prepared import Prepared

_before = mails.alias("earlier")


def is_open(table: Any) -> Any:
    """On its way. In the words of the partial index, so that SQLite finds it."""
    return sa.text(f"{table.name}.state IN ('pending', 'sending', 'retry')")


def _unblocked() -> tuple[Any, ...]:
    """Waiting, and no earlier mail of the same person is on its way."""
    earlier = sa.exists().where(
        _before.c.attendee_id == mails.c.attendee_id, _before.c.number < mails.c.number, is_open(_before)
    )
    return (is_open(mails), mails.c.state != "sending", ~earlier)


# Without numbers SQLite takes the index by state, and looks at and sorts all that waits for each hundred that it takes.
_IN_TURN = next(index for index in mails.indexes if index.name == "mails_due")

ADD = Prepared.rows(mails, unless_there=True)
CLAIMABLE = Prepared(
    sa.select(mails, people.c.suppressed, people.c.muted)
    .outerjoin(people, people.c.attendee_id == mails.c.attendee_id)
    .where(*_unblocked(), mails.c.next_at <= sa.bindparam("now"))
    .order_by(mails.c.next_at, mails.c.number)
    .limit(sa.bindparam("most"))
    .with_for_update(of=mails, skip_locked=True),
    indexed=_IN_TURN,
)
_NUMBERED = mails.c.number.in_(sa.bindparam("numbers", expanding=True))
CLAIM = Prepared(
    sa.update(mails)
    .where(_NUMBERED, sa.or_(*(mails.c.state == state for state in WAITING)))
    .values(
        state="sending",
        owner=sa.bindparam("_owner"),
        leased_until=sa.bindparam("_until"),
        claims=mails.c.claims + 1,
    )
    .returning(mails.c.number, mails.c.claims),
    lists=["numbers"],
)
RENEW = Prepared(
    sa.update(mails)
    .where(_NUMBERED, mails.c.owner == sa.bindparam("_owner"), mails.c.state == "sending")
    .values(leased_until=sa.bindparam("_until")),
    lists=["numbers"],
)
NEXT_AT = Prepared(sa.select(sa.func.min(mails.c.next_at)).where(*_unblocked()), indexed=_IN_TURN)
UNDER_WAY = Prepared(sa.select(mails).where(mails.c.state == "sending").order_by(mails.c.number))
EMPTY = Prepared(
    sa.update(mails).where(_NUMBERED).values(context=sa.bindparam("context", type_=mails.c.context.type)),
    lists=["numbers"],
)


@cache
def settling(values: tuple[str, ...], fence: tuple[str, ...]) -> Prepared:
    """Gives one row these values if it is in one of `_states`, and what `fence` names of it is as it was."""
    return Prepared(
        sa.update(mails)
        .where(
            mails.c.number == sa.bindparam("_number"),
            mails.c.state.in_(sa.bindparam("_states", expanding=True)),
            *(mails.c[name] == sa.bindparam(f"_{name}") for name in fence),
        )
        .values({name: sa.bindparam(name, type_=mails.c[name].type) for name in values}),
        lists=["_states"],
    )


@cache
def superseding(narrowed: tuple[str, ...]) -> Prepared:
    """Takes back what is not handed over yet, of these kinds and narrowed to one value of each of these columns.

    What is being handed over keeps its state, and the reason why it is not to be tried again.
    """
    sending, why = mails.c.state == "sending", sa.bindparam("_why", type_=sa.Text)
    return Prepared(
        sa.update(mails)
        .where(
            is_open(mails),
            mails.c.kind.in_(sa.bindparam("_kinds", expanding=True)),
            mails.c.version <= sa.bindparam("_newest"),
            *(mails.c[name] == sa.bindparam(f"_{name}") for name in narrowed),
        )
        .values(
            state=sa.case((sending, mails.c.state), else_="superseded"),
            error=sa.case((sending, mails.c.error), else_=why),
            taken_back=why,
        )
        .returning(mails),
        lists=["_kinds"],
    )
