"""The list of what time does: rounds, the end of the time for answers, a nudge to silent mentees."""

from typing import Any

from services.intro.domain.gatherings import GatheringUnknown
from services.intro.handlers.answering import expire_introduction
from services.intro.handlers.meetings import nudge_silent_mentee
from services.intro.handlers.rounds import NobodyIntroducedHere, ask_for_round
from services.intro.handlers.suggesting import ROUND
from services.intro.handlers.telling import EXPIRY, MENTEE
from shared.due import DueWork, Jobs
from shared.transaction import Transaction


def run_round(tx: Transaction[Any], work: DueWork) -> None:
    """A gathering that was called off or switched off in the meantime needs no round."""
    try:
        ask_for_round(tx, work.subject, cause=str(work.data["before"]))
    except (GatheringUnknown, NobodyIntroducedHere):
        return


def expire(tx: Transaction[Any], work: DueWork) -> None:
    expire_introduction(tx, work.subject)


def nudge(tx: Transaction[Any], work: DueWork) -> None:
    nudge_silent_mentee(tx, work.subject, str(work.data["mentee"]))


JOBS: Jobs = {ROUND: run_round, EXPIRY: expire, MENTEE: nudge}
