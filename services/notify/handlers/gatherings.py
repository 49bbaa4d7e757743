"""The place for what news of a gathering leads to: our picture of it, its reminders, and the mail about it."""

from dataclasses import replace

from services.notify.domain.deciding import for_cancelled_gathering, for_change
from services.notify.domain.facts import COMING, Gathering
from services.notify.domain.superseding import BY_CANCELLED_GATHERING, BY_MOVE
from services.notify.handlers.posting import Tx, post
from services.notify.handlers.reminders import plan_reminders, unplan_reminders


def note_gathering(tx: Tx, heard: Gathering) -> None:
    """Keeps a new or changed gathering, tells those who are coming, and plans its reminders anew if it moved."""
    before = tx.store.picture.gathering(heard.gathering_id, lock=True)
    if before is not None and (before.version >= heard.version or before.cancelled):
        _put_right(tx, heard, before)
        return
    moved = before is None or _times(before) != _times(heard)
    start_version = heard.version if before is None or moved else before.start_version
    gathering = replace(heard, start_version=start_version)
    tx.store.picture.keep_gathering(gathering)
    if moved:
        _plan_anew(tx, gathering)
    if before is not None:
        _tell_of_change(tx, gathering, before)


def _put_right(tx: Tx, heard: Gathering, known: Gathering) -> None:
    """What is heard again mends our picture, should that be wrong; nobody is written to, nothing is planned."""
    if heard.version == known.version:
        tx.store.picture.keep_gathering(replace(heard, start_version=known.start_version))


def _times(gathering: Gathering) -> tuple[object, ...]:
    return gathering.starts_at, gathering.ends_at, gathering.timezone


def _plan_anew(tx: Tx, gathering: Gathering) -> None:
    unplan_reminders(tx, gathering.gathering_id)
    tx.store.mails.supersede(
        BY_MOVE, why="the gathering moved", gathering_id=gathering.gathering_id, below=gathering.start_version
    )
    plan_reminders(tx, gathering)


def _tell_of_change(tx: Tx, gathering: Gathering, before: Gathering) -> None:
    coming = tx.store.picture.coming(gathering.gathering_id, COMING)
    if not for_change(gathering, before, coming, now=tx.now, told={}):
        return
    replaced = tx.store.mails.supersede(
        ("gathering.changed",),
        why="a later one says it all",
        gathering_id=gathering.gathering_id,
        below=gathering.version,
    )
    # who never read of the change before hears both in one mail
    told = {mail.attendee_id: mail.context["before"] for mail in reversed(replaced) if "before" in mail.context}
    post(tx, for_change(gathering, before, coming, now=tx.now, told=told))


def note_cancelled_gathering(tx: Tx, heard: Gathering) -> None:
    """Keeps that nobody will meet there, takes back what is not sent yet, and tells those who were coming."""
    before = tx.store.picture.gathering(heard.gathering_id, lock=True)
    if before is not None and (before.version >= heard.version or before.cancelled):
        _put_right(tx, heard, before)
        return
    start_version = before.start_version if before else heard.version
    gathering = replace(heard, start_version=start_version)
    tx.store.picture.keep_gathering(gathering)
    unplan_reminders(tx, gathering.gathering_id)
    tx.store.mails.supersede(
        BY_CANCELLED_GATHERING, why="the gathering was cancelled", gathering_id=gathering.gathering_id
    )
    coming = tx.store.picture.coming(gathering.gathering_id, COMING)
    post(tx, for_cancelled_gathering(gathering, coming, now=tx.now))
