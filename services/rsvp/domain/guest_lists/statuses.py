"""The place for the words that tools and people write for a status, and what each honestly means."""

from services.rsvp.domain.guest_lists.records import Status
from services.rsvp.domain.guest_lists.values import yes_or_no

_WORDS = {
    Status.GOING: "going|approved|attending|checked in|attended|accepted|confirmed|registered|completed|complete"
    "|paid|active|ok|present|did not attend|no show|no-show|noshow|valid|booked|coming|i'm going|yes, i will attend"
    "|voucher redeemed|partially refunded|confirmado|aprobado|aprovado|bezahlt"
    "|angemeldet|zugesagt|payé|confirmé|inscrit|pagado|pago",
    Status.WAITLISTED: "waitlist|waitlisted|waiting|waiting list|on waitlist|on the waitlist|on waiting list"
    "|on the waiting list|waiting for a voucher|voucher assigned|waiting for redemption|warteliste|lista de espera",
    Status.DECLINED: "declined|decline|can't go|cant go|cannot go|not going|not coming|rejected|regrets"
    "|can't make it|unable to attend|not approved|rechazado|abgelehnt|abgesagt|refusé",
    Status.CANCELLED: "cancelled|canceled|refunded|not attending|withdrawn|deleted|removed|expired|abandoned|voided"
    "|void|transferred|voucher expired|fully refunded|storniert|abgelaufen|cancelado|annulé|reembolsado",
    Status.PENDING_APPROVAL: "pending|pending approval|pending_approval|approval pending|awaiting approval|requested"
    "|unpaid|awaiting payment|payment pending|awaiting offline payment|reserved|overdue|pending (overdue)|on hold"
    "|in review|ausstehend|offen|pendiente|pendente|en attente",
    Status.MAYBE: "maybe|tentative|interested|not sure|perhaps|vielleicht|peut-être|tal vez|quizás|talvez",
    Status.INVITED: "invited|sent|opened|delivered|no response|not responded|no reply|awaiting reply|unanswered|session"
    "|needs-action|send error|eingeladen|invitado|convidado|invité",
}  # fmt: skip
_STATUS_OF = {word: status for status, words in _WORDS.items() for word in words.split("|")}
_SEEN_THERE = frozenset({"checked in", "attended", "present"})


def status_of(word: str) -> Status | None:
    """The status a tool's word stands for; None when it is not known. A blank is an invitation unanswered."""
    said = " ".join(word.replace("_", " ").replace("\u2019", "'").casefold().split()).rstrip(".!")
    if not said:
        return Status.INVITED
    if known := _STATUS_OF.get(said) or _STATUS_OF.get(said.split(",")[0].split(" - ")[0].strip()):
        return known
    answer = yes_or_no(said)
    return None if answer is None else Status.GOING if answer else Status.DECLINED


def says_checked_in(word: str) -> bool:
    """Whether the status itself says that the person was seen at the door."""
    return " ".join(word.casefold().split()) in _SEEN_THERE
