"""The place for who is coming: each RSVP as it is now, and what follows for suggestions and introductions."""

from services.intro.domain.coming import Rsvp
from services.intro.domain.gatherings import Gathering, GatheringUnknown
from services.intro.handlers import Tx
from services.intro.handlers.rewording import say_anew
from services.intro.handlers.waiting import suggest_soon
from services.intro.handlers.withdrawing import withdraw_of
from shared.contracts.intro import WithdrawalCause
from shared.contracts.rsvp import AttendeeCheckedIn, AttendeeSuppressed, RsvpFacts
from shared.ids import AttendeeId, GatheringId


def note_rsvp(tx: Tx, event: RsvpFacts) -> None:
    """Keeps an RSVP as it is now. Who may be introduced waits for suggestions; who may not any more is withdrawn.

    What is heard again puts the row right, should that be wrong, and nothing follows from it.

    Raises GatheringUnknown when the gathering is not there yet.
    """
    store = tx.store.coming
    gathering = store.lock(event.gathering_id)
    if gathering is None:
        raise GatheringUnknown
    before = store.rsvp(event.gathering_id, event.attendee_id)
    if before is not None and before.rsvp_id != event.rsvp_id:
        # an RSVP that was never confirmed is erased alone: the same person may come anew, with a later id
        if before.rsvp_id > event.rsvp_id:
            return
        before = None
    if before is None and store.is_erased(event.attendee_id):
        return
    if before is not None and (before.version >= event.version or before.status == "erased"):
        if before.version == event.version and before.status != "erased":
            store.keep_rsvp(_rsvp(event), stamp=gathering.stamp)
        return
    store.keep_rsvp(_rsvp(event), stamp=gathering.stamp)
    now = store.rsvp(event.gathering_id, event.attendee_id)
    if now is not None and now.may_be_introduced:
        if before is not None and (before.share, before.profile) != (now.share, now.profile):
            _reword(tx, gathering, now.attendee_id)
        suggest_soon(tx, gathering, [now.attendee_id])
    elif before is not None and before.status == "going":
        cause: WithdrawalCause = "not_coming" if event.status != "going" else "no_consent"
        withdraw_of(tx, gathering, event.attendee_id, cause=cause)


def _reword(tx: Tx, gathering: Gathering, attendee_id: str) -> None:
    """What somebody does not share any more is not said of them any more either."""
    for introduction in tx.store.introductions.open_of(gathering.id, attendee_id):
        say_anew(tx, gathering, introduction)


def _rsvp(event: RsvpFacts) -> Rsvp:
    return Rsvp(
        gathering_id=GatheringId(event.gathering_id),
        attendee_id=AttendeeId(event.attendee_id),
        rsvp_id=event.rsvp_id,
        version=event.version,
        status=event.status,
        name=event.name,
        email=event.email,
        introductions=event.introductions,
        asked_first=event.asked_first,
        share=event.share,
        profile=event.profile.model_dump(mode="json", exclude_none=True),
    )


def check_in(tx: Tx, event: AttendeeCheckedIn) -> None:
    """Somebody was seen at the door, or that was undone."""
    tx.store.coming.check_in(event.gathering_id, event.attendee_id, event.checked_in)


def note_suppressed(tx: Tx, event: AttendeeSuppressed) -> None:
    """Somebody takes no mail any more: nothing new is proposed to them or of them, what was made stays."""
    store = tx.store.coming
    if not store.suppress(event.attendee_id, suppressed=event.suppressed, version=event.version):
        return
    for gathering_id in store.gatherings_of(event.attendee_id):
        gathering = store.lock(gathering_id)
        if gathering is None:
            continue
        store.restamp(gathering_id, event.attendee_id, gathering.stamp)
        if event.suppressed:
            withdraw_of(tx, gathering, event.attendee_id, cause="suppressed", made_too=False)
        elif (rsvp := store.rsvp(gathering_id, event.attendee_id)) and rsvp.may_be_introduced:
            suggest_soon(tx, gathering, [rsvp.attendee_id])
