"""The place for misspelt interests: a rare phrase one slip away from a known one is that known one."""

import re
from collections.abc import Iterable, Mapping

from rapidfuzz import fuzz, process

_SHORTEST = 6
_ALIKE = 90.0
_MOST = 3000
"""Rare phrases that are compared; a gathering with more of them keeps the rest as written."""
_DIGITS = re.compile(r"\d")


def corrections(said_by: Mapping[str, int], known: Iterable[str]) -> dict[str, str]:
    """From a phrase to the one that is meant. `said_by`: how many say each phrase; `known`: right spellings.

    Only phrases of six letters or more that a single person wrote, or that are three times rarer than what
    they resemble; never across a first letter or a digit ("HTML4" is not "HTML5").
    """
    right = set(known)
    often = {phrase for phrase, count in said_by.items() if count > 1}
    rare = sorted((p for p in said_by if p not in right and _comparable(p)), key=lambda p: (said_by[p], p))
    by_letter: dict[str, list[str]] = {}
    for phrase in sorted(filter(_comparable, right | often)):
        by_letter.setdefault(phrase[0], []).append(phrase)
    meant = {}
    for phrase in rare[:_MOST]:
        target = _nearest(phrase, by_letter.get(phrase[0], ()), said_by, right)
        if target is not None:
            meant[phrase] = target
    return {phrase: meant.get(target, target) for phrase, target in meant.items()}


def _comparable(phrase: str) -> bool:
    return len(phrase) >= _SHORTEST and not _DIGITS.search(phrase)


def _nearest(phrase: str, among: Iterable[str], said_by: Mapping[str, int], right: set[str]) -> str | None:
    close = [other for other in among if abs(len(other) - len(phrase)) <= 2 and other != phrase]
    for other, _, _ in process.extract(phrase, close, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=5):
        if other in right or said_by[other] >= 3 * said_by[phrase]:
            return str(other)
    return None
