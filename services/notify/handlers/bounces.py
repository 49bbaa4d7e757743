"""The place for what mail hosts and providers report: bounces, complaints, and mails nobody was sure of."""

from collections.abc import Sequence
from typing import Literal

from services.notify.domain.kinds import Suppression
from services.notify.handlers.addresses import suppress
from services.notify.handlers.delivery import resolve_unknown
from services.notify.handlers.posting import Tx
from services.notify.ports import MailRow

Report = Literal["hard_bounce", "soft_bounce", "complaint", "delivered", "refused", "auto_reply", "other"]

_REASONS: dict[Report, Suppression] = {"hard_bounce": "bounced", "complaint": "complained"}
_ARRIVED: tuple[Report, ...] = ("hard_bounce", "soft_bounce", "complaint", "delivered", "auto_reply")


def note_report(tx: Tx, report: Report, *, addresses: Sequence[str] = (), message_keys: Sequence[str] = ()) -> int:
    """Acts on one report; answers how many addresses get no more mail by it.

    Whatever comes back because of a mail proves that the host had accepted it, which settles one in `unknown`.
    """
    mails = [mail for key in message_keys if (mail := tx.store.mails.find_by_key(key)) is not None]
    for mail in mails:
        _settle(tx, mail, report)
    reason = _REASONS.get(report)
    if reason is None:
        return 0
    meant = {person.attendee_id for address in addresses for person in tx.store.picture.people_at(address)}
    # a mail of ours that is named was sent to one person only, however its address is spelt in the report
    meant |= {mail.attendee_id for mail in mails if not addresses}
    return sum(suppress(tx, attendee_id, reason) for attendee_id in sorted(meant))


def _settle(tx: Tx, mail: MailRow, report: Report) -> None:
    if mail.state == "unknown" and (report in _ARRIVED or report == "refused"):
        resolve_unknown(tx, mail.number, accepted=report != "refused")
