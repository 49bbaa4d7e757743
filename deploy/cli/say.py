"""The place for how the command line speaks: plain lines, progress on a terminal, JSON on request, clear errors."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from shared.errors import TablematesError

out = Console(soft_wrap=True, highlight=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False)

COULD_NOT, WRONG_USAGE = 1, 2


def line(text: str = "", **styles: Any) -> None:
    """One line for people; square brackets in it are text."""
    out.print(text, markup=False, **styles)


def as_json(value: Any) -> None:
    """One JSON document on standard output, and nothing else."""
    sys.stdout.write(json.dumps(value, indent=2, default=str, ensure_ascii=False) + "\n")


def done(result: Mapping[str, Any], sentence: str, *, in_json: bool) -> None:
    """What a command has done: a sentence for people, or its result as JSON."""
    if in_json:
        as_json(result)
    else:
        line(sentence)


@contextmanager
def plain_failures() -> Iterator[None]:
    """What can be mended ends in one sentence and exit code 1, never in a traceback."""
    try:
        yield
    except TablematesError as error:
        errors.print(error.sentence, markup=False, style="red")
        raise SystemExit(COULD_NOT) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


class Bar:
    """How far long work has come: a bar on a terminal, plain lines every tenth otherwise."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._told = what, total, 0
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=errors
        )
        self._task = self._progress.add_task(what, total=total)

    def reach(self, done: int) -> None:
        self._progress.update(self._task, completed=done)
        tenth = 10 * done // max(1, self._total)
        if not errors.is_terminal and tenth > self._told:
            self._told = tenth
            errors.print(f"{self._what}: {done} of {self._total}", markup=False)

    def __enter__(self) -> Self:
        if errors.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if errors.is_terminal:
            self._progress.stop()
