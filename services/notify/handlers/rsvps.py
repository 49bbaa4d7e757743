"""The place for what RSVPs lead to: our picture of who is coming, and the mail about it."""

from collections.abc import Sequence

from services.notify.domain.deciding import Heard, for_link_request, for_rsvp, pick_tip
from services.notify.domain.facts import NOT_COMING, Rsvp
from services.notify.domain.superseding import BY_LEAVING
from services.notify.handlers.posting import AttendeeUnknown, Tx, known_gathering, post, supersede_earlier

_WITH_TIP: frozenset[Heard] = frozenset(("confirmed", "promoted"))


def note_rsvp(tx: Tx, heard: Heard, rsvp: Rsvp, *, changed: Sequence[str] = ()) -> None:
    """Keeps what was heard of an RSVP and writes to its owner. Older news than what is known is no news."""
    picture = tx.store.picture
    before = picture.rsvp(rsvp.rsvp_id)
    if before is not None and before.version >= rsvp.version:
        return
    if before is None and picture.is_erased(rsvp.attendee_id):
        return
    gathering = known_gathering(tx, rsvp.gathering_id)
    person = picture.keep_person(rsvp, now=tx.now)
    picture.keep_rsvp(rsvp)
    if rsvp.status in NOT_COMING:
        _take_back(tx, rsvp)
    letter = for_rsvp(
        heard,
        rsvp,
        gathering,
        before=before.status if before else None,
        now=tx.now,
        tip=_tip(tx, rsvp) if heard in _WITH_TIP else None,
        changed=changed,
    )
    if letter is not None:
        supersede_earlier(tx, [letter])
        post(tx, [letter], known={person.attendee_id: person})


def _take_back(tx: Tx, rsvp: Rsvp) -> None:
    tx.store.mails.supersede(
        BY_LEAVING, why="not coming any more", attendee_id=rsvp.attendee_id, gathering_id=rsvp.gathering_id
    )


def _tip(tx: Tx, rsvp: Rsvp) -> dict[str, str] | None:
    tip = pick_tip(tx.store.picture.tips(rsvp.gathering_id), reader=rsvp.attendee_id, salt=rsvp.gathering_id)
    return dict(tip) if tip else None


def send_link(tx: Tx, rsvp: Rsvp, *, request: str) -> None:
    """Mails the personal link to the owner of the address, once a request."""
    if tx.store.picture.is_erased(rsvp.attendee_id):
        return
    if tx.store.picture.rsvp(rsvp.rsvp_id) is None:
        raise AttendeeUnknown(f"The RSVP {rsvp.rsvp_id} was not heard of yet.")
    letter = for_link_request(rsvp, known_gathering(tx, rsvp.gathering_id), request=request)
    supersede_earlier(tx, [letter])
    post(tx, [letter])


def note_check_in(tx: Tx, rsvp_id: str, attendee_id: str, *, checked_in: bool) -> None:
    """Keeps who was seen at the door: who was not is not asked how it went."""
    if tx.store.picture.is_erased(attendee_id):
        return
    if tx.store.picture.rsvp(rsvp_id) is None:
        raise AttendeeUnknown(f"The RSVP {rsvp_id} was not heard of yet.")
    tx.store.picture.check_in(rsvp_id, checked_in)


def forget_rsvp(tx: Tx, rsvp_id: str, gathering_id: str, attendee_id: str) -> None:
    """An erased person's RSVP: nothing more is sent about it, and nobody is reminded of them."""
    tx.store.mails.supersede(BY_LEAVING, why="erased", attendee_id=attendee_id, gathering_id=gathering_id)
    tx.store.picture.forget_rsvp(rsvp_id)
