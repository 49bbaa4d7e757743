"""The place for rounds of many people: computed by a process that ends, so that what they took is given back.

To solve one loads solvers and compiled code, and holds every pair that could be made: hundreds of MiB for some
seconds, of which an allocator gives little back.
"""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import structlog

from services.intro.domain.computing import computed
from services.intro.domain.proposals import Proposal
from services.intro.domain.rounds import Inputs, Round

log = structlog.get_logger()

AT_ONCE_UP_TO = 150
"""So few are matched here in less time than it takes to start a process."""
_ROOT = Path(__file__).parents[3]


def computed_apart(wanted: Round, inputs: Inputs) -> tuple[Round, list[Proposal]]:
    """What `computed` gives. Waits for it; where no process can be started it is computed here."""
    if len(inputs.people) <= AT_ONCE_UP_TO:
        return computed(wanted, inputs)
    command = (sys.executable, "-m", __name__)
    try:
        done = subprocess.run(  # noqa: S603 - this module, with what we know
            command, input=pickle.dumps((wanted, inputs)), stdout=subprocess.PIPE, check=True, env=_environment()
        )
    except OSError as error:
        log.warning("round.computed_here", round_id=wanted.id, reason=error.strerror)
        return computed(wanted, inputs)
    found: tuple[Round, list[Proposal]] = pickle.loads(done.stdout)  # noqa: S301 - written by ourselves
    return found


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(_ROOT)}


def _main() -> None:
    """A round comes by standard input and goes back by standard output; what solvers print there goes to the errors."""
    with os.fdopen(os.dup(1), "wb") as answer:
        os.dup2(2, 1)
        answer.write(pickle.dumps(computed(*pickle.load(sys.stdin.buffer))))  # noqa: S301 - written by ourselves


if __name__ == "__main__":
    _main()
