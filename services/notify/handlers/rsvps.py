"""The place for what RSVPs lead to: our picture of who is coming, and the mail about it."""

from collections.abc import Sequence

from services.notify.domain.deciding import Heard, for_link_request, for_rsvp, pick_tip
from services.notify.domain.facts import NOT_COMING, Rsvp
from services.notify.domain.superseding import BY_LEAVING
from services.notify.handlers.erasure import forget_what_came_late
from services.notify.handlers.posting import AttendeeUnknown, Tx, forgotten_of, known_gathering, post, supersede_earlier

_WITH_TIP: frozenset[Heard] = frozenset(("confirmed", "promoted"))


def note_rsvp(tx: Tx, heard: Heard, rsvp: Rsvp, *, changed: Sequence[str] = ()) -> None:
    """Keeps what was heard of an RSVP and writes to its owner. Older news than what is known is no news.

    What is heard again puts our picture right, should that be wrong, and nobody is written to.
    """
    picture = tx.store.picture
    latest, erased = picture.known_of(rsvp.gathering_id, rsvp.attendee_id)
    if latest is not None and (latest.rsvp_id, latest.version) >= (rsvp.rsvp_id, rsvp.version):
        if (latest.rsvp_id, latest.version) == (rsvp.rsvp_id, rsvp.version):
            picture.keep_rsvp(rsvp)
        return
    before = latest if latest is not None and latest.rsvp_id == rsvp.rsvp_id else None
    if latest is not None and before is None:
        picture.forget_rsvp(latest.rsvp_id)  # it ran out unconfirmed, and they came anew
    if before is None and erased:
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
        if latest is not None:
            supersede_earlier(tx, [letter])
        post(tx, [letter], known={person.attendee_id: person})


def _take_back(tx: Tx, rsvp: Rsvp) -> None:
    tx.store.mails.supersede(
        BY_LEAVING, why="not coming any more", attendee_id=rsvp.attendee_id, gathering_id=rsvp.gathering_id
    )


def _tip(tx: Tx, rsvp: Rsvp) -> dict[str, str] | None:
    tips = tx.store.picture.tips(rsvp.gathering_id)
    tip = pick_tip(tips, reader=rsvp.attendee_id, salt=rsvp.gathering_id)
    return None if tip is None or forgotten_of(tx, [tip["attendee_id"]]) else dict(tip)


def send_link(tx: Tx, rsvp: Rsvp, *, request: str) -> None:
    """Mails the personal link to the owner of the address, once a request."""
    if not _is_current(tx, rsvp.rsvp_id, rsvp.gathering_id, rsvp.attendee_id):
        return
    letter = for_link_request(rsvp, known_gathering(tx, rsvp.gathering_id), request=request)
    supersede_earlier(tx, [letter])
    post(tx, [letter])


def note_check_in(tx: Tx, rsvp_id: str, gathering_id: str, attendee_id: str, *, checked_in: bool) -> None:
    """Keeps who was seen at the door: who was not is not asked how it went."""
    if _is_current(tx, rsvp_id, gathering_id, attendee_id):
        tx.store.picture.check_in(rsvp_id, checked_in)


def _is_current(tx: Tx, rsvp_id: str, gathering_id: str, attendee_id: str) -> bool:
    """False for an RSVP of which nothing counts any more. Raises AttendeeUnknown for one that was not heard of yet."""
    now, erased = tx.store.picture.known_of(gathering_id, attendee_id)
    if erased:
        return False
    if now is None or now.rsvp_id < rsvp_id:
        raise AttendeeUnknown(f"The RSVP {rsvp_id} was not heard of yet.")
    return now.rsvp_id == rsvp_id


def forget_rsvp(tx: Tx, rsvp_id: str, gathering_id: str, attendee_id: str) -> None:
    """An erased RSVP: nothing more is sent about it, and nobody is reminded of it.

    Whoever came anew is written to as before: the erasure of what ran out may be heard late, and twice in a replay.
    """
    now, erased = tx.store.picture.known_of(gathering_id, attendee_id)
    if erased:
        forget_what_came_late(tx, attendee_id)
    if now is not None and now.rsvp_id > rsvp_id:
        return
    tx.store.mails.supersede(BY_LEAVING, why="erased", attendee_id=attendee_id, gathering_id=gathering_id)
    tx.store.picture.forget_rsvp(rsvp_id)
