"""The place for rounds: asked for at their times or by an organiser, kept with their proof once they ran."""

from collections.abc import Sequence

from services.intro.domain.gatherings import GatheringUnknown
from services.intro.domain.proposals import Proposal
from services.intro.domain.rounds import Round
from services.intro.handlers import Tx
from services.intro.handlers.suggesting import locked, propose
from services.intro.handlers.waiting import suggest_soon
from shared.contracts.intro import RoundRan
from shared.errors import TablematesError
from shared.ids import GatheringId, RoundId

ROUNDS = "rounds"


class NobodyIntroducedHere(TablematesError):
    """Nobody is introduced at this gathering any more: it is over, cancelled, or introductions are off."""

    code = "nobody_introduced_here"
    status = 409


def ask_for_round(tx: Tx, gathering_id: str, *, cause: str) -> Round:
    """Notes that a round is wanted; it is run as soon as the matcher comes round to it.

    Raises GatheringUnknown or NobodyIntroducedHere.
    """
    gathering = tx.store.coming.gathering(gathering_id)
    if gathering is None:
        raise GatheringUnknown
    if not gathering.introduces(tx.now):
        raise NobodyIntroducedHere
    wanted = Round(RoundId(tx.new_id()), GatheringId(gathering_id), "asked", cause, asked_at=tx.now)
    tx.store.rounds.ask(wanted)
    tx.wake(ROUNDS)
    return wanted


def keep_part(tx: Tx, round_id: str, proposals: Sequence[Proposal]) -> list[Proposal]:
    """Keeps and says a part of a large round; answers what no longer held."""
    wanted = tx.store.rounds.get(round_id)
    if wanted is None or wanted.state != "asked":
        return []
    gathering = locked(tx, wanted.gathering_id)
    if not gathering.introduces(tx.now) or not _is_asked(tx, round_id):
        return []
    return propose(tx, gathering, proposals, round_id=wanted.id)


def finish_round(tx: Tx, done: Round, proposals: Sequence[Proposal], dropped: Sequence[Proposal] = ()) -> None:
    """Keeps the last part, the report and the proof, and says that the round ran; once, however often it is called.

    Whoever loses an introduction because something changed while the round was computed waits for another.
    """
    gathering = locked(tx, done.gathering_id)
    if not _is_asked(tx, done.id):
        return
    if not gathering.introduces(tx.now):
        tx.store.rounds.skip(done.id, now=tx.now)
        return
    lost = [*dropped, *propose(tx, gathering, proposals, round_id=done.id)]
    suggest_soon(tx, gathering, {person for proposal in lost for person in proposal.people})
    tx.store.rounds.keep(done)
    tx.say(
        RoundRan(
            version=1,
            round_id=done.id,
            gathering_id=done.gathering_id,
            people=done.report["people"],
            suggested=done.report["suggested"] - len(lost),
            left_out=len(done.report["left_out"]),
        )
    )


def _is_asked(tx: Tx, round_id: str) -> bool:
    """Whether nobody has finished it yet; asked under its gathering's lock, for two replicas may run the same round."""
    wanted = tx.store.rounds.get(round_id)
    return wanted is not None and wanted.state == "asked"
