"""The place for what introductions lead to: the mails that ask, introduce, or say that it falls through."""

from collections.abc import Sequence
from dataclasses import replace

from services.notify.domain.facts import Introduction
from services.notify.domain.introducing import (
    for_made,
    for_silent_mentee,
    for_suggestion,
    for_withdrawal,
    may_be_told,
    narrowed,
)
from services.notify.domain.kinds import INTRODUCING
from services.notify.domain.striking import without
from services.notify.domain.superseding import BY_ANSWER, BY_WITHDRAWAL
from services.notify.handlers.posting import (
    AttendeeUnknown,
    IntroductionUnknown,
    Tx,
    known_gathering,
    post,
)


def note_introduction(tx: Tx, heard: Introduction) -> None:
    """Keeps a suggested or made introduction and writes to its people, once all of them are known here."""
    picture = tx.store.picture
    if picture.any_erased(heard.people):
        return
    before = picture.introduction(heard.introduction_id)
    if before is not None and before.version >= heard.version:
        return
    gathering = known_gathering(tx, heard.gathering_id)
    people = picture.people(heard.people)
    if missing := set(heard.people) - set(people):
        raise AttendeeUnknown(f"{len(missing)} people of the introduction {heard.introduction_id} are not known yet.")
    picture.keep_introduction(heard)
    if heard.state == "made":
        _nothing_to_ask(tx, heard.introduction_id)
    rsvps = picture.rsvps_of(heard.gathering_id, heard.people)
    if gathering.cancelled or gathering.ends_at <= tx.now or not may_be_told(heard, rsvps, people):
        return
    letters = for_made if heard.state == "made" else for_suggestion
    post(tx, letters(heard, people, gathering))


def note_answer(tx: Tx, introduction_id: str, people: Sequence[str], *, version: int, state: str) -> None:
    """Accepted by one, passed or expired: nobody is told, and what is over is not asked any more."""
    introduction = _known(tx, introduction_id, people)
    if introduction is None or introduction.version >= version:
        return
    tx.store.picture.keep_introduction(replace(introduction, version=version, state=state))
    if state in ("passed", "expired"):
        _nothing_to_ask(tx, introduction_id)


def note_withdrawal(
    tx: Tx, introduction_id: str, people: Sequence[str], *, version: int, cause: str, tell: Sequence[str]
) -> None:
    """Takes back what is not sent yet, and tells those who had heard of it and were counting on it."""
    # what speaks of an erased person is emptied in the outbox, and we may not have read it before that
    erased = cause == "erased"
    introduction = tx.store.picture.introduction(introduction_id) if erased else _known(tx, introduction_id, people)
    if introduction is None or introduction.version >= version:
        return
    withdrawn = replace(introduction, version=version, state="withdrawn")
    tx.store.picture.keep_introduction(withdrawn)
    tx.store.mails.supersede(BY_WITHDRAWAL, why="withdrawn", reference=introduction_id)
    letters = for_withdrawal(
        withdrawn,
        tx.store.picture.people(tell),
        known_gathering(tx, introduction.gathering_id),
        tell=tell,
        heard_before=tx.store.mails.heard_of(introduction_id, INTRODUCING),
        cause=cause,
    )
    post(tx, letters)


def note_departure(tx: Tx, introduction_id: str, people: Sequence[str], *, version: int) -> None:
    """One of a table is not coming: the others still meet, and no mail of theirs speaks of who left any more."""
    table = _known(tx, introduction_id, people)
    if table is None or table.version >= version:
        return
    smaller = narrowed(table, people, version=version)
    tx.store.picture.keep_introduction(smaller)
    for mail in tx.store.mails.waiting_about(introduction_id):
        if mail.attendee_id not in smaller.people:
            tx.store.mails.close(mail.number, why="not at this table any more")
            continue
        context = mail.context
        for gone in set(table.people) - set(smaller.people):
            context = without(context, gone)
        tx.store.mails.rewrite(mail.number, context)


def nudge_mentee(tx: Tx, introduction_id: str, people: Sequence[str], *, version: int, mentee: str) -> None:
    """A mentee who has not written yet is encouraged to, once."""
    introduction = _known(tx, introduction_id, people)
    person = tx.store.picture.person(mentee)
    if introduction is None or person is None:
        return
    gathering = known_gathering(tx, introduction.gathering_id)
    post(tx, [for_silent_mentee(introduction, person, gathering, version=version)])


def _known(tx: Tx, introduction_id: str, people: Sequence[str]) -> Introduction | None:
    """The introduction; None for one that went with an erased person."""
    introduction = tx.store.picture.introduction(introduction_id)
    if introduction is None and not tx.store.picture.any_erased(people):
        raise IntroductionUnknown(f"The introduction {introduction_id} was not heard of yet.")
    return introduction


def _nothing_to_ask(tx: Tx, introduction_id: str) -> None:
    tx.store.mails.supersede(BY_ANSWER, why="answered", reference=introduction_id)
