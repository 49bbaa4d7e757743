"""The place for claiming mails: marked as `sending`, by their owner, in a commit before they are handed over."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.notify.domain.facts import Person
from services.notify.domain.kinds import withheld
from services.notify.domain.striking import introduces_nobody
from services.notify.handlers.posting import Tx
from services.notify.ports import MailRow

LEASE = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who sends: `name` in this life, `siblings` the prefix of all its lives, None when there is no other replica."""

    name: str
    siblings: str | None = None

    def has_left(self, mail: MailRow) -> bool:
        """Whether a mail was under way in an earlier life of ours."""
        return self.siblings is None or mail.owner.startswith(self.siblings)


def claim(tx: Tx, owner: Owner, room: int) -> list[MailRow]:
    """Marks mails as `sending`; those that nobody wants any more are superseded here, right before the hand-over."""
    claimed: list[MailRow] = []
    while len(claimed) < room:
        found = tx.store.mails.claimable(tx.now, most=room - len(claimed))
        wanted = [mail for mail, person in found if not _taken_back(tx, mail, person)]
        taken = tx.store.mails.claim([mail.number for mail in wanted], owner=owner.name, until=tx.now + LEASE)
        claimed += [replace(mail, claims=taken[mail.number]) for mail in wanted if mail.number in taken]
        if len(wanted) == len(found):
            break
    return claimed


def _taken_back(tx: Tx, mail: MailRow, person: Person | None) -> bool:
    why = _why_not(mail, person, now=tx.now)
    if why:
        tx.store.mails.close(mail.number, why=why)
    return why is not None


def _why_not(mail: MailRow, person: Person | None, *, now: datetime) -> str | None:
    """Why nobody wants this mail any more."""
    if mail.taken_back:
        return mail.taken_back
    if mail.expires_at is not None and mail.expires_at <= now:
        return f"too late: of no use after {mail.expires_at.isoformat()}"
    if not mail.email:
        return "erased"
    if introduces_nobody(mail.kind, mail.context):
        return "withdrawn"
    if person is not None:
        return withheld(mail.kind, own_action=mail.own_action, suppressed=person.suppressed, muted=person.muted)
    return None
