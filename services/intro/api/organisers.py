"""The place for what organisers do: run rounds, read their reports, check their proof, see every introduction."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, status

from services.intro.api.reports import certificate, report, tried_out
from services.intro.api.words import Introductions, ListedIntroduction, Rounds
from services.intro.entrance import Entrance
from services.intro.handlers.rounds import ask_for_round
from services.intro.store.views import evidence_of, id_of, introductions_of, named, round_shown, rounds_of
from shared.paging import MOST, key_of, page

Limit = Annotated[int, Query(ge=1, le=MOST)]
Cursor = Annotated[str | None, Query(max_length=200)]


def organisers_api(entrance: Entrance) -> APIRouter:
    """Routes under /api/v1/gatherings/{id or slug}, for the holder of an organiser's key."""
    routes = APIRouter(
        prefix="/api/v1/gatherings/{gathering_id}", tags=["organisers"], dependencies=[Depends(entrance.organiser)]
    )
    read = entrance.run.read

    async def by_id_or_slug(gathering_id: Annotated[str, Path(max_length=100)]) -> str:
        return await read(id_of, gathering_id)

    reference = Annotated[str, Depends(by_id_or_slug)]

    @routes.post("/rounds", status_code=status.HTTP_201_CREATED)
    async def run_round(gathering: reference, dry_run: bool = False) -> dict[str, Any]:
        """Matches everybody who is going; with `dry_run` nothing is kept and nobody is told."""
        if dry_run:
            tried, proposals = await entrance.matchmaker.try_out(gathering)
            return tried_out(await read(named, tried), proposals)
        wanted = await entrance.run(ask_for_round, gathering, cause="organiser")
        await entrance.matchmaker.run_round(wanted)
        return report(await read(round_shown, wanted.id))

    @routes.get("/rounds")
    async def rounds(gathering: reference, limit: Limit = 50, cursor: Cursor = None) -> Rounds:
        """A gathering's rounds, newest first."""
        found = await read(rounds_of, gathering, before=key_of(cursor), limit=limit + 1)
        paged = page(found, limit=limit, key=lambda kept: kept.id)
        shown = [report(await read(round_shown, kept.id)) for kept in paged["items"]]
        return Rounds(items=shown, next=paged["next"])

    @routes.get("/rounds/{round_id}")
    async def one_round(gathering: reference, round_id: str) -> dict[str, Any]:
        """A round's report."""
        return report(await read(round_shown, round_id, gathering))

    @routes.get("/rounds/{round_id}/certificate")
    async def proof(gathering: reference, round_id: str, edges: bool = True) -> dict[str, Any]:
        """Prices, bonus, candidates, and what one pass over them finds: nobody needs to trust the solver."""
        kept = (await read(round_shown, round_id, gathering)).round
        return await asyncio.to_thread(certificate, kept, with_edges=edges)

    @routes.get("/introductions")
    async def introductions(
        gathering: reference,
        limit: Limit = 50,
        cursor: Cursor = None,
        round_id: Annotated[str | None, Query(alias="round", max_length=64)] = None,
    ) -> Introductions:
        """Every introduction of a gathering, oldest first."""
        found, rsvps = await read(introductions_of, gathering, after=key_of(cursor), limit=limit + 1, round_id=round_id)
        paged = page(found, limit=limit, key=lambda introduction: introduction.id)
        items = [ListedIntroduction.of(introduction, rsvps) for introduction in paged["items"]]
        return Introductions(items=items, next=paged["next"])

    @routes.get("/feedback")
    async def feedback(gathering: reference) -> dict[str, Any]:
        """How many met and would meet again, and whether suggestions did better than chance, person by person."""
        answers, found = await read(evidence_of, gathering)
        return {**answers, "evidence": asdict(found)}

    return routes
