"""The place for `tablemates demo`: the whole story in one process, on a data folder of its own."""

import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from deploy.cli import say
from deploy.story.clock import TurnableClock
from deploy.story.mailboxes import Letter
from deploy.story.script import Story
from deploy.story.town import Town, open_town
from shared.errors import TablematesError
from shared.settings import Settings, make_private

MARK = "made-by-the-demo"


async def demo(settings: Settings) -> None:
    """Plays the story, then says in numbers what happened and where to look."""
    folder = fresh(settings.data_dir / "demo")
    own = settings.model_copy(
        update={"data_dir": folder, "broker_url": "embedded:", "database_url": "sqlite:", "mail_url": settings.mail_url}
    )
    async with open_town(own, TurnableClock()) as (town, _):
        story = Story(town, lambda sentence: say.line(f"  • {sentence}"))
        say.line("Tablemates: from an RSVP to an introduction", style="bold")
        await story.play()
        drawing = folder / "who-meets-whom.svg"
        drawing.write_text(await drawing_of(story), encoding="utf-8")
        await sum_up(
            town,
            story,
            {
                "who meets whom": drawing,
                "the mails": folder / "mail" / "new",
                "the databases": folder,
                "stay up": "make up, then http://localhost:8000",
            },
        )


def fresh(folder: Path) -> Path:
    """An empty folder for this run; only one that an earlier run made is ever removed."""
    if folder.exists():
        if not (folder / MARK).exists():
            raise TablematesError(f"{folder} was not made by the demo, so it is left alone: choose another --data-dir.")
        shutil.rmtree(folder)
    make_private(folder)
    (folder / MARK).touch()
    return folder.absolute()


async def sum_up(town: Town, story: Story, where: Mapping[str, object]) -> None:
    """The numbers, one of the introductions, and where to look."""
    letters = await town.letters()
    kinds = Counter(letter.kind for letter in letters)
    people = {letter.to for letter in letters}
    introductions = await introductions_of(story)
    say.line()
    say.line("In numbers", style="bold")
    say.line(f"  people          {len(people)}")
    say.line(f"  introductions   {', '.join(f'{count} {status}' for status, count in introductions.most_common())}")
    say.line(f"  mails           {len(letters)}: {', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}")
    if story.introduction:
        tell_letter(story.introduction)
    say.line("Where to look", style="bold")
    for what, place in where.items():
        say.line(f"  {what:15} {place}")


async def drawing_of(story: Story) -> str:
    """Who meets whom at the conference, as its last round left it."""
    conference = story.gatherings["conference"]["id"]
    rounds = await story.town.organiser("GET", f"/api/v1/gatherings/{conference}/rounds?limit=1")
    drawing: str = await story.town.organiser("GET", f"/organise/rounds/{rounds['items'][0]['id']}/drawing.svg")
    return drawing


async def introductions_of(story: Story) -> "Counter[str]":
    """How many introductions have each status, over both gatherings."""
    found: Counter[str] = Counter()
    for gathering in story.gatherings.values():
        cursor = ""
        while cursor is not None:
            path = f"/api/v1/gatherings/{gathering['id']}/introductions?limit=200&cursor={cursor}"
            listed = await story.town.organiser("GET", path)
            found.update(introduction["status"] for introduction in listed["items"])
            cursor = listed["next"]
    return found


def tell_letter(letter: Letter) -> None:
    say.line()
    say.line("One of the introductions, as it arrived", style="bold")
    say.line(f"  To: {letter.to}")
    say.line(f"  Subject: {letter.subject}")
    say.line()
    for text in letter.text.splitlines():
        say.line(f"  {text}")
    say.line()
