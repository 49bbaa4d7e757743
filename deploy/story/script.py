"""The place for the story itself: a conference and its happy hour, from the guest list to the month after."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from deploy.story.mailboxes import Letter
from deploy.story.town import Town

SAMPLES = Path(__file__).parent.parent / "samples"
LATE_GUEST: dict[str, Any] = {
    "email": "june.abel@example.org",
    "name": "June Abel",
    "response": "going",
    "introductions": True,
    "profile": {
        "role": "Library school student",
        "stage": "student",
        "interests": ["zines", "birding", "letterpress"],
        "asks": ["whether library school is worth it"],
        "pace": "quiet",
        "place": {"city": "Asheville", "region": "NC", "country": "US"},
    },
}

DURATION = TypeAdapter(timedelta)
Tell = Callable[[str], None]


@dataclass(slots=True)
class Story:
    """What happened, for the closing numbers."""

    town: Town
    tell: Tell
    gatherings: dict[str, dict[str, Any]] = field(default_factory=dict)
    introduction: Letter | None = None
    answered: int = 0

    async def play(self) -> None:
        """All of it, in order."""
        await self.an_organiser_creates_two_gatherings()
        await self.a_guest_list_is_imported()
        await self.people_answer_their_suggestions()
        await self.somebody_comes_late()
        await self.the_happy_hour_fills_up()
        await self.time_passes()

    async def an_organiser_creates_two_gatherings(self) -> None:
        planned = json.loads((SAMPLES / "gatherings.json").read_text())
        for name, gathering in planned.items():
            day = self.town.now().astimezone(ZoneInfo(gathering["timezone"])) + timedelta(days=gathering.pop("in_days"))
            starts = datetime.combine(day.date(), time.fromisoformat(gathering.pop("at")), day.tzinfo)
            ends = starts + DURATION.validate_python(gathering.pop("lasts"))
            body = {**gathering, "starts_at": starts.isoformat(), "ends_at": ends.isoformat()}
            self.gatherings[name] = await self.town.organiser("POST", "/api/v1/gatherings", json=body)
            self.tell(f"An organiser creates “{gathering['title']}”: {self.gatherings[name]['url']}")

    async def a_guest_list_is_imported(self) -> None:
        conference = self.gatherings["conference"]
        await self.town.imports(conference, (SAMPLES / "conference.luma.csv").read_bytes())
        await self.town.settle()
        going = await self._statuses("conference")
        self.tell(f"The guest list is imported: {in_words(going)}.")
        confirmed = await self.town.letters(kind="rsvp.confirmed")
        suggested = await self.town.letters(kind="introduction.suggested")
        self.tell(
            f"{len(confirmed)} confirmations with a calendar file went out, and at once {len(suggested)} suggestions."
        )

    async def people_answer_their_suggestions(self) -> None:
        """Most accept, some pass, some do not get round to it."""
        suggestions = await self.town.letters(kind="introduction.suggested")
        unread, self.answered = suggestions[self.answered :], len(suggestions)
        before = len(await self.town.letters(kind="introduction.made"))
        answers = (
            self.town.answers(letter, "pass" if number % 11 == 7 else "accept")
            for number, letter in enumerate(unread)
            if number % 9 != 4
        )
        await asyncio.gather(*answers)
        await self.town.settle()
        made = await self.town.letters(kind="introduction.made")
        self.introduction = next((letter for letter in made if "dana.reyes" in letter.to), made[0] if made else None)
        self.tell(f"People answer by one link each: {len(made) - before} introduction mails go where both said yes.")

    async def somebody_comes_late(self) -> None:
        """Over the public page's API: an address is confirmed by its link, and a suggestion follows at once."""
        conference = self.gatherings["conference"]
        path = f"/api/v1/gatherings/{conference['id']}/rsvps"
        answer = await self.town.anybody("POST", path, json=LATE_GUEST)
        await self.town.settle()
        letter = (await self.town.letters(to=LATE_GUEST["email"], kind="address.confirm"))[-1]
        await self.town.anybody("POST", f"/my/{letter.link('/my/')}/confirm")
        await self.town.settle()
        received = await self.town.letters(to=LATE_GUEST["email"])
        kinds = ", ".join(letter.kind for letter in received)
        self.tell(f"{LATE_GUEST['name']} RSVPs late ({answer['status']}), confirms the address, and gets: {kinds}.")

    async def the_happy_hour_fills_up(self) -> None:
        happy_hour = self.gatherings["happy_hour"]
        await self.town.imports(happy_hour, (SAMPLES / "happy_hour.luma.csv").read_bytes())
        await self.town.settle()
        self.tell(
            f"The happy hour has {happy_hour['capacity']} places: {in_words(await self._statuses('happy_hour'))}."
        )
        letters = await self.town.letters(kind="rsvp.confirmed", gathering=happy_hour["id"])
        leaver = letters[-1]
        await self.town.holder(str(leaver.link("/my/")), "DELETE", "/api/v1/my/rsvp")
        await self.town.settle()
        promoted = await self.town.letters(kind="rsvp.promoted")
        self.tell(
            f"One cancels by the personal link; {len(promoted)} moves up from the waiting list, and both are told."
        )

    async def time_passes(self) -> None:
        """Three days before, the day before, the day after, a month after: where the clock can be turned."""
        if self.town.turn_to is None:
            return
        starts = datetime.fromisoformat(self.gatherings["conference"]["starts_at"])
        for days, what, kinds in (
            (-3, "Three days before, the round matches everybody together", ("introduction.suggested", "table.made")),
            (-0.8, "The day before, reminders say whom they will meet", ("reminder.before",)),
            (2, "The day after: did you meet, shall you stay in touch?", ("followup.after",)),
            (33, "A month after, a nudge to reconnect, and what comes next", ("reconnect",)),
        ):
            before = await self._count(kinds)
            await self.town.turn_to(starts + timedelta(days=days))
            self.tell(f"{what}: {await self._count(kinds) - before} mails.")
            if "introduction.suggested" in kinds:
                await self.people_answer_their_suggestions()

    async def _count(self, kinds: Sequence[str]) -> int:
        return sum(letter.kind in kinds for letter in await self.town.letters())

    async def _statuses(self, name: str) -> Counter[str]:
        path: str | None = f"/api/v1/gatherings/{self.gatherings[name]['id']}/rsvps?limit=200"
        listed = await self.town.organiser("GET", str(path))
        return Counter(rsvp["status"] for rsvp in listed["items"])


def in_words(statuses: Counter[str]) -> str:
    """`34 going, 8 waitlisted, 1 declined`."""
    order = ("going", "waitlisted", "pending", "declined", "cancelled")
    return ", ".join(f"{statuses[status]} {status}" for status in order if statuses[status])
