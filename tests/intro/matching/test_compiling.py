"""What large gatherings need is compiled once, by a process that ends; whoever matches loads it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.intro.domain.matching.large import kept
from services.intro.domain.matching.large.kept import Part, compile_apart

LARGE = Path(kept.__file__).parent
COMPILED = re.compile(r"^@compiled\ndef (\w+)", re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Nothing is kept yet."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    kept.kept_in.cache_clear()
    yield tmp_path
    kept.kept_in.cache_clear()


def functions(*, of: Path = LARGE) -> set[str]:
    return {name for file in of.glob("*.py") for name in COMPILED.findall(file.read_text())}


def kept_functions(folder: Path) -> set[str]:
    """Numba names its files `module.function-line.python.nbi`."""
    return {file.name.split(".")[1].rsplit("-", 1)[0] for file in folder.rglob("*.nbi")}


@pytest.mark.slow
def test_every_compiled_function_is_kept(folder: Path) -> None:
    compile_apart("late")
    compile_apart("rounds")
    assert len(functions()) > 20
    assert functions() - kept_functions(folder) == set()


def test_a_part_is_compiled_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Part] = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: asked.append(command[-1]))
    for part in ("late", "rounds", "late"):
        compile_apart(part)
    assert asked == ["late", "rounds"]


def test_where_it_cannot_be_compiled_apart_nothing_is_said_to_be_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(folder / "no-such-python"))
    compile_apart("late")
    assert not (kept.kept_in() / "late").exists()


def test_the_process_that_compiles_does_not_ask_for_another(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: asked.append(command[-1]))
    monkeypatch.setitem(os.environ, "TABLEMATES_COMPILES", "late")
    compile_apart("late")
    assert asked == []
