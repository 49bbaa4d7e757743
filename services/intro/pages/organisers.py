"""The place for an organiser's pages: a gathering's rounds and introductions, and what came of each round."""

import asyncio
from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.intro.domain.drawing import MAPPED_UP_TO, Meetings, drawing, summary
from services.intro.domain.matching import plain_words
from services.intro.domain.rounds import Round
from services.intro.entrance import Entrance
from services.intro.handlers.rounds import ask_for_round
from services.intro.pages.looks import PAGES
from services.intro.store.views import (
    RoundShown,
    counted,
    evidence_of,
    gathering_shown,
    introductions_of,
    named,
    round_shown,
    rounds_of,
)
from shared.elsewhere import check_same_site
from shared.errors import TablematesError, Unauthorised
from shared.pages import PRIVATE

LISTED = 200
Bar = tuple[str, int, int]
SIGN_IN = "/organise"


def gathering_pages(entrance: Entrance) -> APIRouter:
    """/organise/introductions/{gathering}."""
    routes = APIRouter(prefix="/organise/introductions/{gathering_id}", include_in_schema=False)

    @routes.get("")
    async def see(request: Request, gathering_id: str) -> Response:
        if not await _is_organiser(entrance, request):
            return RedirectResponse(SIGN_IN, 303)
        return await _gathering(entrance, gathering_id)

    @routes.post("/rounds")
    async def run_round(request: Request, gathering_id: str) -> Response:
        check_same_site(request)
        if not await _is_organiser(entrance, request):
            return RedirectResponse(SIGN_IN, 303)
        form = await request.form(max_fields=5, max_part_size=1024)
        if form.get("dry_run"):
            await entrance.run.read(gathering_shown, gathering_id)
            tried, _ = await entrance.matchmaker.try_out(gathering_id)
            return await asyncio.to_thread(report, await entrance.run.read(named, tried))
        try:
            wanted = await entrance.run(ask_for_round, gathering_id, cause="organiser")
        except TablematesError as refused:
            return await _gathering(entrance, gathering_id, refused)
        await entrance.matchmaker.run_round(wanted)
        return RedirectResponse(f"/organise/rounds/{wanted.id}", 303)

    return routes


def round_pages(entrance: Entrance) -> APIRouter:
    """/organise/rounds/{round}."""
    routes = APIRouter(prefix="/organise/rounds/{round_id}", include_in_schema=False)

    @routes.get("")
    async def see(request: Request, round_id: str) -> Response:
        if not await _is_organiser(entrance, request):
            return RedirectResponse(SIGN_IN, 303)
        return await asyncio.to_thread(report, await entrance.run.read(round_shown, round_id))

    @routes.get("/drawing.svg")
    async def drawn(request: Request, round_id: str) -> Response:
        await entrance.organiser(request)
        shown = await entrance.run.read(round_shown, round_id)
        drawn = await asyncio.to_thread(drawing, meetings(shown))
        return Response(drawn, media_type="image/svg+xml", headers=PRIVATE)

    return routes


async def _is_organiser(entrance: Entrance, request: Request) -> bool:
    try:
        await entrance.organiser(request)
    except Unauthorised:
        return False
    return True


async def _gathering(entrance: Entrance, gathering_id: str, refused: TablematesError | None = None) -> Response:
    read = entrance.run.read
    found, rsvps = await read(introductions_of, gathering_id, after="", limit=LISTED)
    answers, evidence = await read(evidence_of, gathering_id)
    return PAGES.page(
        "gathering.html",
        status=refused.status if refused else 200,
        headers=PRIVATE,
        gathering=await read(gathering_shown, gathering_id),
        rounds=await read(rounds_of, gathering_id, before="", limit=LISTED),
        counts=await read(counted, gathering_id),
        introductions=found,
        answers=answers,
        evidence=evidence,
        rsvps=rsvps,
        refused=refused,
    )


def report(shown: RoundShown) -> Response:
    """The page of a round that ran, or was tried out."""
    kept = shown.round
    met = meetings(shown)
    return PAGES.page(
        "round.html",
        headers=PRIVATE,
        round=kept,
        gathering=shown.gathering,
        report=kept.report,
        left_out=[
            (shown.rsvps.get(kept.people[number]), sentence) for number, _, sentence in kept.report.get("left_out", [])
        ],
        sentence=plain_words(kept.report.get("weight", 0), kept.report.get("bound", 0.0)),
        drawing=drawing(met),
        summary=summary(met),
        mapped=met.people <= MAPPED_UP_TO,
        scores=_scores(kept.report.get("scores", [])),
        spread=_bars(kept.report.get("introductions", {})),
    )


def meetings(shown: RoundShown) -> Meetings:
    """What the drawing shows: those introduced before included, names only of those who agreed to be named."""
    kept: Round = shown.round
    said = kept.report
    names = {
        number: rsvp.name
        for number, person in enumerate(kept.people)
        if (rsvp := shown.rsvps.get(person)) and "name" in rsvp.share
    }
    return Meetings(
        people=len(kept.people),
        pairs=[*((a, b) for a, b, _ in said.get("pairs", [])), *((a, b) for a, b in said.get("before", []))],
        tables=[people for people, _ in said.get("tables", [])],
        newcomers=frozenset(said.get("newcomer_numbers", [])),
        welcomers=frozenset(said.get("welcomer_numbers", [])),
        left_out=frozenset(number for number, _, _ in said.get("left_out", [])),
        names=names,
    )


def _scores(counts: list[int]) -> list[Bar]:
    """By tenth of the scale, from the first to the last in which there is a pair."""
    there = [step for step, count in enumerate(counts) if count]
    steps = range(there[0], there[-1] + 1) if there else ()
    return _bars({f"{step * 10} to {step * 10 + 10}": counts[step] for step in steps})


def _bars(counts: Mapping[str, int]) -> list[Bar]:
    """Each count with its share of the largest, in percent."""
    most = max(counts.values(), default=0) or 1
    return [(label, count, round(100 * count / most)) for label, count in counts.items()]
