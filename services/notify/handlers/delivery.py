"""The place for a mail's way from waiting to final: claimed before it is handed over, settled after, by one owner."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import structlog

from services.notify.domain.outcomes import Lost, Next, Outcome, Policy, Refused, after
from services.notify.handlers.addresses import suppress
from services.notify.handlers.claiming import LEASE, Owner, claim
from services.notify.handlers.posting import Tx
from services.notify.ports import MailRow, Store
from shared.errors import NotFound, TablematesError

log = structlog.get_logger()

Policies = Mapping[str, Policy]
"""What is done with a mail of a kind that may or may not have been accepted; `hold` where none is named."""


class NotUnknown(TablematesError):
    """This mail is not one that nobody is sure of, so there is nothing to resolve."""

    code = "mail_not_unknown"
    status = 409


@dataclass(frozen=True, slots=True)
class Done:
    """One hand-over that is over."""

    mail: MailRow
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Turn:
    """What one transaction of the sender gave: mails to hand over at once, when to look again, and, if it looked, what
    others have under way until when.
    """

    claimed: Sequence[MailRow]
    next_at: datetime | None
    leases: Mapping[int, datetime | None] | None


def take_turn(
    tx: Tx,
    owner: Owner,
    *,
    done: Sequence[Done] = (),
    busy: Collection[int] = (),
    silent: Mapping[int, datetime | None] = MappingProxyType({}),
    room: int,
    policies: Policies,
    repeatable: bool,
    tend: bool = True,
) -> Turn:
    """Settles what is `done`, and claims more until so many are under way here as there is `room` for.

    To `tend` is to keep the leases of what is `busy`, and to take back what a crash left behind; `silent` are leases of
    others that have stood still for too long.
    """
    for one in done:
        _settle(tx, owner, one, "resend" if repeatable else policies.get(one.mail.kind, "hold"))
    others: dict[int, datetime | None] | None = None
    if tend:
        others = _recover(tx, owner, busy=busy, silent=silent, policies=policies, repeatable=repeatable)
        tx.store.mails.renew(sorted(busy), owner=owner.name, until=tx.now + LEASE)
    free = room - len(busy) + len(done)
    claimed = claim(tx, owner, free) if free > 0 else []
    full = room > 0 and len(claimed) >= free
    return Turn(claimed, None if full else tx.store.mails.next_at(), others)


def next_mail_at(store: Store) -> datetime | None:
    """When the next mail may go; the past for one that waits already."""
    return store.mails.next_at()


def _settle(tx: Tx, owner: Owner, done: Done, policy: Policy) -> None:
    """The row after an attempt. One that somebody else settled meanwhile is left alone."""
    mail, outcome = done.mail, done.outcome
    fate = after(
        outcome,
        attempts=mail.attempts,
        policy=policy,
        now=tx.now,
        chance=tx.chance,
        expires_at=mail.expires_at,
    )
    states = ("sending",) if isinstance(outcome, Lost) else ("sending", "unknown")
    if not _move(tx, mail, fate, states=states, owner=owner.name):
        return
    if fate.state in ("unknown", "failed"):
        log.error("mail.unknown" if fate.state == "unknown" else "mail.failed", mail=mail.number, kind=mail.kind)
    if isinstance(outcome, Refused) and outcome.hard:
        suppress(tx, mail.attendee_id, "bounced")


def _move(tx: Tx, mail: MailRow, fate: Next, *, states: Collection[str], owner: str | None) -> bool:
    moved = tx.store.mails.settle(
        mail.number,
        owner=owner,
        claims=mail.claims,  # an outcome that could not be written down in time says nothing of a later hand-over
        states=states,
        values={
            "state": fate.state,
            "next_at": fate.next_at,
            "error": fate.error[:500],
            "attempts": mail.attempts + fate.counts,
            "sent_at": tx.now if fate.state == "sent" else None,
            "leased_until": None,
        },
    )
    if moved and mail.kind == "erasure.done" and fate.state != "retry":
        tx.store.mails.forget(mail.attendee_id)  # the last word is out, or nobody can tell: no address is kept for it
    elif moved and fate.state != "sent" and mail.kind != "erasure.done":
        _drop_if_erased(tx, mail, fate.state)
    return moved


def _drop_if_erased(tx: Tx, mail: MailRow, state: str) -> None:
    """It was under way when they were forgotten. Asked when it is settled, for which an erasure waits, or we for it."""
    if tx.store.picture.is_erased(mail.attendee_id):
        tx.store.mails.settle(mail.number, states=(state,), values={"state": "superseded", "error": ""})


def _recover(
    tx: Tx,
    owner: Owner,
    *,
    busy: Collection[int],
    silent: Mapping[int, datetime | None],
    policies: Policies,
    repeatable: bool,
) -> dict[int, datetime | None]:
    """Takes back what a crash left in `sending`; answers the leases of what other replicas have under way."""
    others: dict[int, datetime | None] = {}
    for mail in tx.store.mails.under_way():
        if mail.number in busy:  # asked after the query: what we claim is in hand before anybody can see it
            continue
        if mail.owner == owner.name:
            # claimed by us in a commit of which we never heard, so it was surely not handed over
            _move(tx, mail, Next("retry", tx.now, counts=False), states=("sending",), owner=mail.owner)
        elif owner.has_left(mail) or (mail.number in silent and silent[mail.number] == mail.leased_until):
            _give_up(tx, mail, "resend" if repeatable else policies.get(mail.kind, "hold"))
        else:
            others[mail.number] = mail.leased_until
    return others


def _give_up(tx: Tx, mail: MailRow, policy: Policy) -> None:
    """Left behind by a process that died: nobody knows how far it came, unless a repeat is a no-op."""
    lost = Lost("the process ended while this was being handed over")
    fate = after(lost, attempts=mail.attempts, policy=policy, now=tx.now, chance=tx.chance)
    if _move(tx, mail, fate, states=("sending",), owner=mail.owner):
        (log.error if fate.state == "unknown" else log.warning)(
            "mail.left_behind", mail=mail.number, kind=mail.kind, state=fate.state
        )


def resolve_unknown(tx: Tx, mail_id: int | str, accepted: bool) -> None:
    """Says what became of a mail in `unknown`: it arrived, or it did not and goes out again with the same bytes.

    Raises NotFound or NotUnknown.
    """
    mail = tx.store.mails.find(int(mail_id), lock=True)
    if mail is None:
        raise NotFound(f"There is no mail {mail_id}.")
    fate = Next("sent", tx.now, counts=False) if accepted else Next("retry", tx.now, mail.error, counts=False)
    if mail.state != "unknown" or not _move(tx, mail, fate, states=("unknown",), owner=None):
        raise NotUnknown(f"The mail {mail_id} is `{mail.state}`; only one that is `unknown` can be resolved.")
    log.info("mail.resolved", mail=mail.number, accepted=accepted)
    tx.wake("mail")
