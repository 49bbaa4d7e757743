"""The place for a round as it is kept: who took part, what came of it, and the numbers that prove how good it was.

`people` are attendee ids; everything else speaks of them by their number in it, so that an erased person is
forgotten by changing one entry, and the proof still holds.
"""

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np

from services.intro.domain.matching import LeftOut, Pair, Plan
from services.intro.domain.people import Person, Rules
from shared.errors import NotFound
from shared.ids import AttendeeId, GatheringId, RoundId

State = Literal["asked", "ran", "skipped"]
Edge = tuple[str, str, int]

SCORE_STEPS = 10
TOP_SCORE = 65536


class RoundUnknown(NotFound):
    """There is no such round of this gathering."""

    code = "round_unknown"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that a round is computed from."""

    people: tuple[Person, ...]
    rules: Rules
    forbidden: frozenset[tuple[str, str]]
    sent: tuple[tuple[str, str], ...]

    @property
    def digest(self) -> str:
        """SHA-256 over all of it: the same digest and seed give the same round."""
        said = json.dumps(
            [[_plain(p) for p in self.people], _plain(self.rules), sorted(self.forbidden), sorted(self.sent)],
            sort_keys=True,
            default=sorted,
        )
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Round:
    """One matching of a whole gathering, asked for or run."""

    id: RoundId
    gathering_id: GatheringId
    state: State
    cause: str
    asked_at: datetime
    seed: int = 0
    ran_at: datetime | None = None
    digest: str = ""
    people: tuple[AttendeeId, ...] = ()
    report: Mapping[str, Any] = field(default_factory=dict)
    certificate: Mapping[str, Any] = field(default_factory=dict)
    edges: bytes = b""


def _plain(value: Any) -> dict[str, Any]:
    return asdict(value)


def everybody(inputs: Inputs) -> tuple[AttendeeId, ...]:
    """Who takes part, in the order of the round's numbers."""
    return tuple(AttendeeId(person.id) for person in sorted(inputs.people, key=lambda p: p.id) if person.takes_part)


def report_of(inputs: Inputs, plan: Plan) -> dict[str, Any]:
    """The organiser's numbers, by the people's numbers."""
    number = _numbers(everybody(inputs))
    met = _introductions(inputs.sent, plan, number)
    return {
        "people": len(number),
        "introduced": sum(1 for person in number if met[person]),
        "suggested": len(plan.pairs) + len(plan.tables),
        "newcomers": len(plan.newcomers),
        "newcomers_welcomed": plan.welcomed,
        "newcomers_who_could_be": plan.welcomable,
        "left_out": [[number[left.id], left.code, left.sentence] for left in plan.left_out if left.id in number],
        "introductions": _counted(met[person] for person in number),
        "scores": _scores(plan.pairs),
        "pairs": [[number[pair.a], number[pair.b], pair.score] for pair in plan.pairs],
        "tables": [[[number[i] for i in table.people], table.score] for table in plan.tables],
        "before": [[number[a], number[b]] for a, b in inputs.sent if a in number and b in number],
        "newcomer_numbers": sorted(number[p.id] for p in inputs.people if p.newcomer and p.id in number),
        "welcomer_numbers": sorted(number[p.id] for p in inputs.people if p.welcomer and p.id in number),
        "weight": plan.weight,
        "bound": plan.bound,
        "solved_by": plan.solved_by,
        "exact": plan.exact,
    }


def certificate_of(inputs: Inputs, plan: Plan, *, met: Collection[str]) -> dict[str, Any]:
    """What proves the bound, in the order of the round's numbers. `met` had somebody before the pairs were chosen."""
    ids = everybody(inputs)
    number = _numbers(ids)
    return {
        "prices": [plan.prices.get(person, 0.0) for person in ids],
        "bonus": [plan.bonus.get(person, 0.0) for person in ids],
        "capacities": [plan.capacities.get(person, 0) for person in ids],
        "newcomers": sorted(number[i] for i in plan.newcomers if i in number),
        "welcomers": sorted(number[i] for i in plan.welcomers if i in number),
        "met": sorted(number[i] for i in met if i in number),
        "weight": plan.weight,
        "bound": plan.bound,
    }


def packed(edges: Iterable[Edge], people: Sequence[str]) -> bytes:
    """The pairs that the round chose from, compressed column by column: how far on, the other, the score."""
    number = _numbers(people)
    rows = [(number[a], number[b], score) for a, b, score in edges]
    columns = np.array(sorted((min(a, b), max(a, b), score) for a, b, score in rows), dtype=np.int32).reshape(-1, 3)
    steps = np.diff(columns[:, :2], axis=0, prepend=0).astype(np.int32)
    return zlib.compress(steps.T.tobytes() + columns[:, 2].astype(np.uint16).tobytes(), 3)


def unpacked(edges: bytes, people: Sequence[str]) -> list[Edge]:
    """What `packed` kept."""
    raw = zlib.decompress(edges) if edges else b""
    count = len(raw) // 10
    steps = np.frombuffer(raw, dtype=np.int32, count=2 * count).reshape(2, count)
    scores = np.frombuffer(raw, dtype=np.uint16, offset=8 * count)
    first, second = np.cumsum(steps, axis=1)
    return [
        (people[a], people[b], score)
        for a, b, score in zip(first.tolist(), second.tolist(), scores.tolist(), strict=True)
    ]


def plan_again(kept: Round) -> Plan:
    """The plan as it was, from what is kept; its sentences and components are not."""
    ids, proof, report = kept.people, kept.certificate, kept.report
    return Plan(
        pairs=tuple(Pair(a=ids[a], b=ids[b], score=score) for a, b, score in report.get("pairs", [])),
        left_out=tuple(LeftOut(ids[n], code, sentence) for n, code, sentence in report.get("left_out", [])),
        weight=report.get("weight", 0),
        bound=report.get("bound", 0.0),
        prices=dict(zip(ids, proof.get("prices", []), strict=False)),
        bonus=dict(zip(ids, proof.get("bonus", []), strict=False)),
        capacities=dict(zip(ids, proof.get("capacities", []), strict=False)),
        newcomers=frozenset(ids[n] for n in proof.get("newcomers", [])),
        welcomers=frozenset(ids[n] for n in proof.get("welcomers", [])),
        solved_by=report.get("solved_by", ""),
        exact=report.get("exact", False),
    )


def _numbers(people: Sequence[str]) -> dict[str, int]:
    return {person: n for n, person in enumerate(people)}


def _introductions(sent: Iterable[tuple[str, str]], plan: Plan, known: Mapping[str, int]) -> Counter[str]:
    had: Counter[str] = Counter()
    for people in (*sent, *((p.a, p.b) for p in plan.pairs), *(t.people for t in plan.tables)):
        had.update(person for person in people if person in known)
    return had


def _counted(numbers: Iterable[int]) -> dict[str, int]:
    counted = Counter(numbers)
    return {str(n): counted[n] for n in range(max(counted, default=-1) + 1)}


def _scores(pairs: Iterable[Pair]) -> list[int]:
    """How many pairs lie in each tenth of the scale, lowest first."""
    counted = Counter(pair.score * SCORE_STEPS // TOP_SCORE for pair in pairs)
    return [counted[step] for step in range(SCORE_STEPS)]
