"""The place for what introductions lead to: the mails that ask, introduce, or say that it falls through."""

from collections.abc import Collection, Sequence
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
from services.notify.domain.kinds import INTRODUCING, Kind
from services.notify.domain.striking import side_without_tip, without
from services.notify.domain.superseding import BY_ANSWER, BY_WITHDRAWAL
from services.notify.handlers.posting import (
    AttendeeUnknown,
    IntroductionUnknown,
    Tx,
    forgotten_of,
    known_gathering,
    post,
)


def note_introduction(tx: Tx, heard: Introduction, *, told: Collection[str] = ()) -> None:
    """Keeps a suggested or made introduction and writes to its people, once all of them are known here.

    `told` are those who had their mail about it before.
    """
    picture = tx.store.picture
    if picture.erased_of(heard.people):
        return
    before = tx.store.introductions.find(heard.introduction_id)
    if before is not None and before.version >= heard.version:
        return
    gathering = known_gathering(tx, heard.gathering_id)
    people = picture.people(heard.people)
    if missing := set(heard.people) - set(people):
        raise AttendeeUnknown(f"{len(missing)} people of the introduction {heard.introduction_id} are not known yet.")
    heard = _without_forgotten_tips(tx, heard)
    tx.store.introductions.keep(heard)
    if heard.state == "made":
        _nothing_to_ask(tx, heard.introduction_id)
    rsvps = picture.rsvps_of(heard.gathering_id, heard.people)
    over = gathering.cancelled or gathering.ends_at <= tx.now or heard.state == "passed"
    if over or not may_be_told(heard, rsvps, people):
        return
    letters = for_made if heard.state == "made" else for_suggestion
    post(tx, [letter for letter in letters(heard, people, gathering) if letter.to.attendee_id not in told])


def _without_forgotten_tips(tx: Tx, heard: Introduction) -> Introduction:
    """Without the words of whoever is forgotten in this very moment."""
    if not any(side.tip or "“" in side.opener for side in heard.sides):
        return heard
    tips = [tip for tip in tx.store.picture.tips(heard.gathering_id) if _quotes(heard, tip["text"])]
    gone = forgotten_of(tx, [tip["attendee_id"] for tip in tips]) if tips else set()
    sides = heard.sides
    for tip in tips:
        if tip["attendee_id"] in gone:
            sides = tuple(side_without_tip(side, tip["text"]) for side in sides)
    return replace(heard, sides=sides)


def _quotes(heard: Introduction, tip: str) -> bool:
    return any(side_without_tip(side, tip) != side for side in heard.sides)


def note_answer(tx: Tx, introduction_id: str, people: Sequence[str], *, version: int, state: str) -> None:
    """Accepted by one, passed or expired: nobody is told, and what is over is not asked any more."""
    introduction = _known(tx, introduction_id, people)
    if introduction is None or introduction.version >= version:
        return
    tx.store.introductions.keep(replace(introduction, version=version, state=state))
    if state in ("passed", "expired"):
        _nothing_to_ask(tx, introduction_id)


def note_withdrawal(
    tx: Tx, introduction_id: str, people: Sequence[str], *, version: int, cause: str, tell: Sequence[str]
) -> None:
    """Takes back what is not sent yet, and tells those who had heard of it and were counting on it."""
    # what speaks of an erased person is emptied in the outbox, and we may not have read it before that
    erased = cause == "erased"
    introduction = tx.store.introductions.find(introduction_id) if erased else _known(tx, introduction_id, people)
    if introduction is None or introduction.version >= version:
        return
    withdrawn = replace(introduction, version=version, state="withdrawn")
    tx.store.introductions.keep(withdrawn)
    tx.store.mails.supersede(BY_WITHDRAWAL, why="withdrawn", reference=introduction_id)
    letters = for_withdrawal(
        withdrawn,
        tx.store.picture.people(tell),
        known_gathering(tx, introduction.gathering_id),
        tell=tell,
        heard_before=tx.store.mails.heard_of(introduction_id, INTRODUCING),
        cause=cause,
        now=tx.now,
    )
    post(tx, letters)


def note_departure(tx: Tx, heard: Introduction) -> None:
    """One of a table is not coming: the others still meet, and no mail of theirs speaks of who left any more.

    A table that is not known, or not any more since an erased person was at it, is heard of whole: whoever had no mail
    about it yet gets it now.
    """
    mails = tx.store.mails
    table = tx.store.introductions.find(heard.introduction_id)
    if table is None and heard.sides:
        about: Kind = "table.made" if heard.state == "made" else "introduction.suggested"
        note_introduction(tx, heard, told=mails.heard_of(heard.introduction_id, (about,), waiting=True))
        smaller = heard
    else:
        table = _known(tx, heard.introduction_id, heard.people)
        if table is None or table.version >= heard.version:
            return
        smaller = narrowed(table, heard)
        tx.store.introductions.keep(smaller)
    _tell_without_who_left(tx, smaller)


def _tell_without_who_left(tx: Tx, table: Introduction) -> None:
    """Mails about a table that wait speak of those who still meet, and of nobody else."""
    for mail in tx.store.mails.waiting_about(table.introduction_id):
        if mail.attendee_id not in table.people:
            tx.store.mails.close(mail.number, why="not at this table any more")
            continue
        context = mail.context
        for gone in {person["attendee_id"] for person in context.get("people", ())} - set(table.people):
            context = without(context, gone)
        side = table.side_of(mail.attendee_id)
        if side is not None:
            context = {**context, "reasons": list(side.reasons), "opener": side.opener}
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
    introduction = tx.store.introductions.find(introduction_id)
    if introduction is None and not tx.store.picture.erased_of(people):
        raise IntroductionUnknown(f"The introduction {introduction_id} was not heard of yet.")
    return introduction


def _nothing_to_ask(tx: Tx, introduction_id: str) -> None:
    tx.store.mails.supersede(BY_ANSWER, why="answered", reference=introduction_id)
