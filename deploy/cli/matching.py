"""The place for the what-if: who would be introduced to whom, and why, with nothing stored and nothing sent."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from deploy.cli import say
from deploy.cli.people import read_acquaintances, read_file, read_people
from services.intro.domain.matching import Plan, plain_words, run_round
from services.intro.domain.people import Kind, Person, Rules
from services.rsvp.api.given import RulesGiven
from shared.errors import InvalidInput
from shared.wording import all_in_words


def match(file: Path, *, rules: Rules, acquainted: Path | None, edges: Path | None, as_json: bool) -> None:
    """Matches the people in a file and prints the suggestions and the round's report."""
    people = read_people(file)
    forbidden = read_acquaintances(acquainted, people) if acquainted else set()
    done = run_round(people, rules=rules, forbidden=forbidden)
    plan = done.plan
    if edges:
        write_edges(edges, done.edges())
    if as_json:
        say.as_json(document(plan, people))
    else:
        tell(plan, people)


def document(plan: Plan, people: list[Person]) -> dict[str, Any]:
    """The plan with its certificate, as `--json` prints it."""
    return {
        "people": [
            {
                "id": p.id,
                "email": p.email,
                "capacity": plan.capacities.get(p.id, 0),
                "newcomer": p.id in plan.newcomers,
                "welcomer": p.id in plan.welcomers,
            }
            for p in people
        ],
        "pairs": [
            {
                "a": pair.a,
                "b": pair.b,
                "score": pair.score,
                "components": pair.components,
                "reasons": {pair.a: pair.reasons_for_a, pair.b: pair.reasons_for_b},
                "opener": pair.opener,
            }
            for pair in plan.pairs
        ],
        "tables": [{"people": table.people, "score": table.score, "reasons": table.reasons} for table in plan.tables],
        "left_out": [{"id": left.id, "reason": left.sentence, "code": left.code} for left in plan.left_out],
        "weight": plan.weight,
        "bound": plan.bound,
        "prices": plan.prices,
        "bonus": plan.bonus,
    }


def write_edges(path: Path, edges: Iterable[tuple[str, str, int]]) -> None:
    """The candidate pairs that the round chose from, a JSON object a line, so that anybody can check the bound."""
    with path.open("w", encoding="utf-8") as out:
        for a, b, score in edges:
            out.write(json.dumps({"a": a, "b": b, "score": score}) + "\n")


def tell(plan: Plan, people: list[Person]) -> None:
    """The same for people: each pair with its reasons, then the numbers."""
    names = {person.id: person.name or person.email or person.id for person in people}
    for pair in plan.pairs:
        say.line(f"{names[pair.a]}  and  {names[pair.b]}", style="bold")
        for who, reasons in ((pair.a, pair.reasons_for_a), (pair.b, pair.reasons_for_b)):
            say.line(f"   to {names[who]}: {' '.join(reasons)}")
        say.line(f"   to begin with: {pair.opener}")
    for table in plan.tables:
        say.line("A table of " + ", ".join(names[person] for person in table.people), style="bold")
    for left in plan.left_out:
        say.line(f"Without an introduction: {names[left.id]}. {left.sentence}")
    introduced = {person for pair in plan.pairs for person in (pair.a, pair.b)}
    introduced |= {person for table in plan.tables for person in table.people}
    say.line()
    say.line(
        f"{len(introduced)} people introduced in {len(plan.pairs)} pairs and {len(plan.tables)} tables, "
        f"{len(plan.left_out)} left out; {plan.welcomed} of {plan.welcomable} newcomers welcomed."
    )
    say.line(plain_words(plan.weight, plan.bound))


def rules_from(
    kind: Kind, per_person: int, seed: int, *, same_employer: bool, title: str, own: Mapping[str, tuple[str, ...]]
) -> Rules:
    return Rules(
        gathering=title,
        title=title,
        kind=kind,
        per_person=per_person,
        seed=seed,
        allow_same_employer=same_employer,
        vocabulary=own,
    )


def read_vocabulary(path: Path) -> Mapping[str, tuple[str, ...]]:
    """An organiser's own words, in the shape of the API. Raises InvalidInput, which says what would be right."""
    try:
        words = json.loads(read_file(path))
    except ValueError as error:
        raise InvalidInput(f"{path} is not JSON: {error}.") from None
    try:
        given = RulesGiven.model_validate({"vocabulary": words})
    except ValidationError as error:
        raise InvalidInput(f"{path}: {all_in_words(error.errors(include_url=False))}") from None
    return {word: tuple(same) for word, same in given.vocabulary.items()}
