"""The place for rounds of many people: computed by a process that ends, so that what they took is given back.

To solve one loads solvers and compiled code, and holds every pair that could be made: hundreds of MiB for some
seconds, of which an allocator gives little back.
"""

import asyncio
import os
import pickle
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from subprocess import CalledProcessError

import structlog

from services.intro.domain.computing import computed
from services.intro.domain.proposals import Proposal
from services.intro.domain.rounds import Inputs, Round

log = structlog.get_logger()

AT_ONCE_UP_TO = 150
"""So few are matched here in less time than it takes to start a process."""
_ROOT = Path(__file__).parents[3]


async def computed_apart(wanted: Round, inputs: Inputs) -> tuple[Round, list[Proposal]]:
    """What `computed` gives; where no process can be started it is computed here, on a thread.

    Whoever is cancelled meanwhile takes the process along. Raises CalledProcessError when it failed.
    """
    if len(inputs.people) <= AT_ONCE_UP_TO:
        return await asyncio.to_thread(computed, wanted, inputs)
    command = (sys.executable, "-m", __name__)
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, env=_environment())
    except OSError as error:
        log.warning("round.computed_here", round_id=wanted.id, reason=error.strerror)
        return await asyncio.to_thread(computed, wanted, inputs)
    try:
        answer, _ = await process.communicate(await asyncio.to_thread(pickle.dumps, (wanted, inputs)))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise CalledProcessError(process.returncode, command)
    found: tuple[Round, list[Proposal]] = await asyncio.to_thread(pickle.loads, answer)
    return found


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])}


def _main() -> None:
    """A round comes by standard input and goes back by standard output; what solvers print there goes to the errors."""
    with os.fdopen(os.dup(1), "wb") as answer:
        os.dup2(2, 1)
        answer.write(pickle.dumps(computed(*pickle.load(sys.stdin.buffer))))  # noqa: S301 - written by ourselves


if __name__ == "__main__":
    _main()
