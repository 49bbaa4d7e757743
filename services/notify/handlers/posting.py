"""The place for putting letters into the mails table, minding what each person wants at this moment."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from services.notify.domain.facts import Gathering, Person
from services.notify.domain.kinds import withheld
from services.notify.domain.letters import Letter
from services.notify.domain.superseding import BY_ITS_NEXT
from services.notify.ports import MailRow, Store
from shared.errors import NotFound
from shared.transaction import Transaction

Tx: TypeAlias = Transaction[Store]


class GatheringUnknown(NotFound):
    """This gathering was not heard of yet; what speaks of it is tried again."""

    code = "gathering_unknown"


class AttendeeUnknown(NotFound):
    """This attendee was not heard of yet; what speaks of them is tried again."""

    code = "attendee_unknown"


class IntroductionUnknown(NotFound):
    """This introduction was not heard of yet; what speaks of it is tried again."""

    code = "introduction_unknown"


def post(tx: Tx, letters: Iterable[Letter | None], *, known: Mapping[str, Person] | None = None) -> None:
    """Writes the letters' rows. What a person does not want is kept as superseded, with the reason; who is not known
    any more was erased, and is written nothing.

    `known` are the people with their wishes, where the caller has just read them.
    """
    wanted = [letter for letter in letters if letter is not None]
    if not wanted:
        return
    people = tx.store.picture.people({letter.to.attendee_id for letter in wanted}) if known is None else known
    there = [_minded(letter, people[who]) for letter in wanted if (who := letter.to.attendee_id) in people]
    tx.store.mails.add(there, now=tx.now)
    tx.wake("mail")


def _minded(letter: Letter, person: Person) -> Letter:
    why = withheld(letter.kind, own_action=letter.own_action, suppressed=person.suppressed, muted=person.muted)
    return replace(letter, withheld=why) if why else letter


def forgotten_of(tx: Tx, attendee_ids: Collection[str]) -> set[str]:
    """Who of these is forgotten and must not be named; nobody else of them is before the commit."""
    missing = set(attendee_ids) - tx.store.picture.people(attendee_ids).keys()
    return tx.store.picture.erased_of(missing) if missing else set()


def supersede_earlier(tx: Tx, letters: Sequence[Letter]) -> Sequence[MailRow]:
    """Takes back earlier mails of which each of these says more; answers them.

    One that is there already says nothing new: its event is heard again, and it may be the one that waits.
    """
    replaced: list[MailRow] = []
    for letter in letters:
        if letter.kind in BY_ITS_NEXT and tx.store.mails.find_by_key(letter.key) is None:
            replaced += tx.store.mails.supersede(
                (letter.kind,),
                why="a later one says it all",
                attendee_id=letter.to.attendee_id,
                gathering_id=letter.gathering_id,
            )
    return replaced


def known_gathering(tx: Tx, gathering_id: str) -> Gathering:
    """The gathering, or raises GatheringUnknown so that the event is tried again."""
    gathering = tx.store.picture.gathering(gathering_id)
    if gathering is None:
        raise GatheringUnknown(f"The gathering {gathering_id} was not heard of yet.")
    return gathering
