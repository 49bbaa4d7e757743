"""The place for rounds by command: match a gathering now, try it out, or check the proof of one that ran."""

from typing import Any

from deploy.cli import say
from deploy.cli.operate import opened
from services.intro.api.reports import checked, report, tried_out
from services.intro.handlers.rounds import ask_for_round
from services.intro.store.views import named, round_shown, rounds_of
from services.rsvp.store.views import the_gathering
from shared.errors import NotFound, TablematesError
from shared.settings import Settings


class ProofDoesNotHold(TablematesError):
    """The stored proof of the round does not hold."""

    code = "proof_does_not_hold"


async def run(settings: Settings, reference: str, *, dry_run: bool, as_json: bool) -> None:
    """A round of everybody who is going; its introductions go out while the services run."""
    async with opened(settings) as parts:
        gathering = (await parts["rsvp"].run.read(the_gathering, reference)).id
        intro = parts["intro"]
        if dry_run:
            tried, proposals = await intro.matchmaker.try_out(gathering)
            told = tried_out(await intro.run.read(named, tried), proposals)
        else:
            wanted = await intro.run(ask_for_round, gathering, cause="operator")
            await intro.matchmaker.run_round(wanted)
            told = report(await intro.run.read(round_shown, wanted.id))
    if as_json:
        say.as_json(told)
    else:
        tell(told)


async def check(settings: Settings, reference: str, *, as_json: bool) -> None:
    """Verifies the newest round in one pass over what is stored, without the solver. Raises ProofDoesNotHold."""
    async with opened(settings) as parts:
        gathering = (await parts["rsvp"].run.read(the_gathering, reference)).id
        kept = await parts["intro"].run.read(_newest, gathering)
    verdict = checked(kept)
    if as_json:
        say.as_json(
            {
                "round": kept.id,
                "sound": verdict.sound,
                "problems": verdict.problems,
                "weight": verdict.weight,
                "bound": verdict.bound,
                "sentence": verdict.sentence,
            }
        )
    else:
        say.line(f"Round {kept.id}: {'the proof holds' if verdict.sound else 'NOT sound'}. {verdict.sentence}")
    if not verdict.sound:
        raise ProofDoesNotHold("; ".join(verdict.problems))


def tell(told: dict[str, Any]) -> None:
    """The report for people."""
    say.line(
        f"{told['introduced']} of {told['people']} people are introduced, {told['suggested']} suggestions; "
        f"{told['newcomers_welcomed']} of {told['newcomers_who_could_be']} newcomers are welcomed."
    )
    for left in told["left_out"]:
        say.line(f"  without: {left['name'] or left['email']}. {left['reason']}")
    say.line(told["certificate"]["sentence"])


def _newest(store: Any, gathering_id: str) -> Any:
    ran = [kept for kept in rounds_of(store, gathering_id, before="", limit=50) if kept.state == "ran"]
    if not ran:
        raise NotFound("No round of this gathering has run yet; `tablemates round GATHERING` runs one.")
    return store.rounds.get(ran[0].id)  # whole, with its candidates
