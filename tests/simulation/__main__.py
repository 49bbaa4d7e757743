"""The place where worlds are run from the command line, on all cores: `python -m tests.simulation --seeds 1000`."""

import argparse
import builtins
import json
import os
import resource
import sys
import time
from collections import Counter
from functools import partial

say = partial(builtins.print, flush=True)  # a command line talks
SHOWN = 5
TELL_EVERY_SECONDS = 20.0


def main() -> int:
    arguments = _arguments()
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets is part of a world
        os.execve(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]],
                  os.environ | {"PYTHONHASHSEED": "0"})  # fmt: skip
    from tests.simulation.running import results_of  # noqa: PLC0415 - after the hash seed is fixed

    seeds = _seeds(arguments)
    started = told = time.monotonic()
    ran, failed, seen = 0, 0, Counter[str]()
    for result in results_of(seeds, bug=arguments.bug, jobs=min(arguments.jobs, len(seeds))):
        ran += 1
        seen.update(result.seen)
        if result.violations:
            failed += 1
            _tell(result, arguments, whole=failed == 1)
        if arguments.trace:
            say("\n".join(result.lines))
        if failed and arguments.until_found:
            break
        if time.monotonic() - told > TELL_EVERY_SECONDS:
            told = time.monotonic()
            say(f"{ran:,} of {len(seeds):,} worlds, {failed} failing, {ran / (told - started):.1f} a second")
    if arguments.census:
        say(json.dumps(seen, sort_keys=True))
    say(f"{ran} seeds, {failed} failing, {ran / _cpu_seconds():.1f} seeds a CPU second")
    return 1 if failed else 0


def _seeds(arguments: argparse.Namespace) -> range:
    if arguments.seed is not None:
        return range(arguments.seed, arguments.seed + 1)
    return range(arguments.start, arguments.start + arguments.seeds)


def _tell(result: "Result", arguments: argparse.Namespace, *, whole: bool) -> None:  # type: ignore[name-defined]  # noqa: F821
    """What broke and how to see it again; of the first that breaks also how it came to its end."""
    say(f"seed {result.seed}: {len(result.violations)} violations; replay it with:")
    bug = f" --bug {arguments.bug}" if arguments.bug else ""
    say(f"    {os.path.relpath(sys.executable)} -m tests.simulation --seed {result.seed} --trace{bug}")
    for violation in result.violations[:SHOWN]:
        say(f"  {violation}")
    if whole and not arguments.trace:
        say("\n".join(result.lines[-40:]))


def _cpu_seconds() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(sum(one.ru_utime + one.ru_stime for one in used), 1e-9)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many worlds")
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="this one world only")
    parser.add_argument("--trace", action="store_true", help="print what happened")
    parser.add_argument("--census", action="store_true", help="print how often what happened, as JSON")
    parser.add_argument("--bug", default="", help="plant a bug, to see that it is found")
    parser.add_argument("--until-found", action="store_true", help="stop at the first world that breaks")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes; as many as cores")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
