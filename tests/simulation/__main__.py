"""The place where worlds are run from the command line: `python -m tests.simulation --seeds 1000`."""

import argparse
import builtins
import os
import sys
import time
from functools import partial

say = partial(builtins.print, flush=True)  # a command line talks
HELP = "python -m tests.simulation --seed {seed} --trace"


def main() -> int:
    arguments = _arguments()
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets is part of a world
        os.execve(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]],
                  os.environ | {"PYTHONHASHSEED": "0"})  # fmt: skip
    from tests.simulation.running import prepared, simulate  # noqa: PLC0415 - after the hash seed is fixed

    prepared(arguments.bug)
    seeds = (
        [arguments.seed] if arguments.seed is not None else range(arguments.start, arguments.start + arguments.seeds)
    )
    started, failed, ran = time.process_time(), 0, 0
    for seed in seeds:
        ran += 1
        result = simulate(seed)
        if result.violations:
            failed += 1
            say(
                f"seed {seed}: {len(result.violations)} violations; replay it with:\n    {_command(arguments, seed)}",
                flush=True,
            )
            for violation in result.violations[:5]:
                say(f"  {violation}")
        if arguments.trace or (result.violations and arguments.until_found):
            say("\n".join(result.lines if arguments.trace else result.lines[-40:]))
        if failed and arguments.until_found:
            break
    spent = max(time.process_time() - started, 1e-9)
    say(f"{ran} seeds, {failed} failing, {ran / spent:.1f} seeds a CPU second")
    return 1 if failed else 0


def _command(arguments: argparse.Namespace, seed: int) -> str:
    return HELP.format(seed=seed) + (f" --bug {arguments.bug}" if arguments.bug else "")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many worlds")
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="this one world only")
    parser.add_argument("--trace", action="store_true", help="print what happened")
    parser.add_argument("--bug", default="", help="plant a bug, to see that it is found")
    parser.add_argument("--until-found", action="store_true", help="stop at the first world that breaks")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
