"""The proof of a round is checked by command, from what is stored and without the solver."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from deploy.cli import rounds as command
from deploy.story.town import open_town
from services.intro.store.tables import rounds
from shared.errors import NotFound
from tests.journeys.conftest import settings_in
from tests.journeys.people import a_gathering, rsvps

NAMES = ("Dana Reyes", "Lee Okafor", "Theo Lind", "Mina Castellanos", "Noor Haddad")


def claim_more(tx: Any) -> None:
    """What somebody would write who wants a round to look better than it is."""
    (stored,) = tx.sql.execute(sa.select(rounds.c.id, rounds.c.report))
    better = stored.report | {"weight": stored.report["weight"] + 1}
    tx.sql.execute(sa.update(rounds).where(rounds.c.id == stored.id).values(report=better))


@pytest.mark.slow
async def test_a_round_is_sound_until_somebody_has_changed_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_in(tmp_path)
    async with open_town(settings) as (town, house):
        gathering = await a_gathering(town, introductions={"mode": "direct", "per_person": 2})
        await town.settle()
        with pytest.raises(NotFound, match="No round of this gathering has run yet"):
            await command.check(settings, gathering["id"], as_json=False)
        for name in NAMES:
            await rsvps(town, gathering, name, interests=["zines", "maps"])
        await town.organiser("POST", f"/api/v1/gatherings/{gathering['id']}/rounds")
        await town.settle()
        capsys.readouterr()
        await command.check(settings, gathering["id"], as_json=False)
        assert "the proof holds" in capsys.readouterr().out
        await command.check(settings, gathering["id"], as_json=True)
        assert json.loads(capsys.readouterr().out)["sound"] is True
        await house.run("intro")(claim_more)
        with pytest.raises(command.ProofDoesNotHold, match="the plan says"):
            await command.check(settings, gathering["id"], as_json=False)
        assert "NOT sound" in capsys.readouterr().out
