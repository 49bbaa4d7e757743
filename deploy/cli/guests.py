"""The place for guest lists by command: what an import would do, doing it, and the roster written out."""

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.cli import say
from deploy.cli.operate import opened
from deploy.cli.people import read_file
from services.rsvp.acquaintances import AcquaintedReport, take_couples
from services.rsvp.api.shown import rsvp_shown
from services.rsvp.domain.guest_lists import Guest, GuestList, read_acquainted, read_guest_list
from services.rsvp.handlers.lists import Imported, import_guests, plan_of
from services.rsvp.rosters import BYTE_ORDER_MARK, roster_as_csv
from services.rsvp.store.views import known_guests, roster, the_gathering
from shared.settings import Settings

ROWS_A_TRANSACTION = 50
MOST_ROWS = 1_000_000


async def import_lists(
    settings: Settings, gathering: str, file: Path | None, acquainted: Path | None, *, preview: bool, as_json: bool
) -> None:
    """Reads the files whole, then takes their rows; who knows whom comes first, so that it is known in time."""
    listed = read_guest_list(read_file(file), filename=file.name) if file else None
    couples = read_acquainted(read_file(acquainted)) if acquainted else None
    async with opened(settings) as parts:
        run = parts["rsvp"].run
        report = await take_couples(run, gathering, couples, preview=preview) if couples else None
        done = await _import(run, gathering, listed, preview=preview) if listed else []
    if as_json:
        told = summary(listed, done) if listed else {}
        say.as_json(told | ({"acquainted": report.model_dump()} if report else {}))
        return
    if report:
        tell_couples(report)
    if listed:
        tell(listed, done, preview=preview)


async def _import(run: Any, gathering: str, listed: GuestList, *, preview: bool) -> list[Imported]:
    """Interrupted and repeated it ends the same."""
    if preview:
        planned: list[Imported] = await run.read(_planned, gathering, listed.guests, datetime.now(UTC))
        return planned
    return await _take(run, gathering, listed.guests)


def tell_couples(report: AcquaintedReport) -> None:
    """What a list of who knows whom did."""
    effects = ", ".join(f"{count} {effect}" for effect, count in report.effects.items()) or "nothing"
    say.line(f"Who knows whom: {report.couples} couples, {'would be ' if report.preview else ''}{effects}.")
    for row in report.refused:
        say.line(f"  line {row.line} is refused: {row.reason}")


async def _take(run: Any, gathering: str, guests: Sequence[Guest]) -> list[Imported]:
    done: list[Imported] = []
    with say.Bar("imported", len(guests)) as bar:
        for start in range(0, len(guests), ROWS_A_TRANSACTION):
            done += await run(import_guests, gathering, guests[start : start + ROWS_A_TRANSACTION])
            bar.reach(len(done))
    return done


async def export(settings: Settings, gathering: str, *, as_json: bool) -> None:
    """The roster on standard output, as CSV or JSON."""
    async with opened(settings) as parts:
        run = parts["rsvp"].run
        found = await run.read(the_gathering, gathering)
        if as_json:
            rsvps = await run.read(roster, found.id, "", MOST_ROWS)
            say.as_json([rsvp_shown(rsvp).model_dump(mode="json") for rsvp in rsvps])
            return
        async for lines in roster_as_csv(run, found.id):
            sys.stdout.write(lines.removeprefix(BYTE_ORDER_MARK))


def summary(listed: GuestList, done: Sequence[Imported]) -> dict[str, Any]:
    """The import as `--json` prints it."""
    refused = [{"line": r.line, "reason": r.reason} for r in listed.refused]
    refused += [{"line": row.line, "reason": row.reason} for row in done if row.reason]
    return {
        "format": listed.format,
        "columns": {column.header: column.taken_for for column in listed.columns},
        "effects": Counter(row.effect for row in done if row.effect),
        "statuses": Counter(row.status for row in done if row.status),
        "refused": sorted(refused, key=lambda row: row["line"]),
        "notes": listed.notes,
    }


def tell(listed: GuestList, done: Sequence[Imported], *, preview: bool) -> None:
    told = summary(listed, done)
    effects = ", ".join(f"{count} {effect}" for effect, count in told["effects"].items()) or "nothing"
    statuses = ", ".join(f"{count} {status}" for status, count in told["statuses"].items()) or "nobody"
    say.line(f"{listed.title}: {'would be ' if preview else ''}{effects}; now {statuses}.")
    for note in listed.notes:
        say.line(f"  {note}")
    for row in told["refused"]:
        say.line(f"  line {row['line']} is refused: {row['reason']}")
    if not preview and told["effects"].get("added", 0) + told["effects"].get("changed", 0):
        say.line("Mails go out while the services run (`tablemates up`).")


def _planned(store: Any, reference: str, guests: Sequence[Guest], now: datetime) -> list[Imported]:
    gathering = the_gathering(store, reference)
    return plan_of(gathering, known_guests(store, gathering.id), guests, now=now)
