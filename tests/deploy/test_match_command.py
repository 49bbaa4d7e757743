"""The what-if by command: any list of people in, suggestions out, and numbers that anybody can check."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli.__main__ import app
from tests.data import shared_data

WORDS = ("zines", "maps", "metadata", "trail running", "poetry", "chess")


def asked(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, ["match", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.output


def found(file: Path, edges: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    document = json.loads(asked(file, "--json", "--edges", edges))
    return document, [json.loads(line) for line in edges.read_text().splitlines()]


def a_file_of_people(folder: Path, seed: int, count: int = 30) -> Path:
    chance = random.Random(seed)
    people = [
        {
            "id": f"p{i}",
            "name": f"Person {i}",
            "interests": chance.sample(WORDS, 3),
            "asks": chance.sample(WORDS, 1),
            "employer": f"Library {chance.randrange(4)}",
            "newcomer": (new := chance.random() < 0.4),
            "welcomer": not new and chance.random() < 0.3,
        }
        for i in range(count)
    ]
    (file := folder / "people.jsonl").write_text("\n".join(map(json.dumps, people)))
    return file


def bound_by_hand(document: dict[str, Any], edges: list[dict[str, Any]]) -> float:
    """The formula of the certificate, from nothing but what the command printed."""
    prices, bonus = document["prices"], document["bonus"]
    people = {person["id"]: person for person in document["people"]}
    waiting = {i for edge in edges for i in (edge["a"], edge["b"])}
    met = Counter(i for pair in document["pairs"] for i in (pair["a"], pair["b"]))

    def greets(new: str, host: str) -> bool:
        return bool(people[new]["newcomer"] and people[host]["welcomer"])

    pairs = [(pair["a"], pair["b"]) for pair in document["pairs"]]
    hoping = {new for e in edges for new, host in ((e["a"], e["b"]), (e["b"], e["a"])) if greets(new, host)}
    welcomed = {new for a, b in pairs for new, host in ((a, b), (b, a)) if greets(new, host)}
    subsidies = sorted(max(0.0, -prices.get(i, 0.0)) for i in waiting)
    total: float = sum(people[i]["capacity"] * max(0.0, price) for i, price in prices.items())
    total -= sum(subsidies[: len(waiting & met.keys())])
    total -= sum(sorted(bonus.get(i, 0.0) for i in hoping)[: len(welcomed)])
    for edge in edges:
        a, b = edge["a"], edge["b"]
        gain = edge["score"] - prices.get(a, 0.0) - prices.get(b, 0.0)
        gain += bonus.get(a, 0.0) * greets(a, b) + bonus.get(b, 0.0) * greets(b, a)
        total += max(0.0, gain)
    return total


@pytest.mark.parametrize("seed", range(5))
def test_anybody_can_check_the_bound_from_what_is_printed(tmp_path: Path, seed: int) -> None:
    document, edges = found(a_file_of_people(tmp_path, seed), tmp_path / "edges.jsonl")
    score = {(edge["a"], edge["b"]): edge["score"] for edge in edges}
    assert sum(score.get((p["a"], p["b"])) or score[p["b"], p["a"]] for p in document["pairs"]) == document["weight"]
    assert document["weight"] <= bound_by_hand(document, edges) <= document["bound"] + 1


def test_each_pair_is_told_with_its_components_and_a_reason_for_both(tmp_path: Path) -> None:
    document, _ = found(a_file_of_people(tmp_path, 1), tmp_path / "edges.jsonl")
    for pair in document["pairs"]:
        assert pair["components"]
        assert all(pair["reasons"][person] for person in (pair["a"], pair["b"]))
        assert pair["opener"]
    introduced = {person for pair in document["pairs"] for person in (pair["a"], pair["b"])}
    assert introduced | {left["id"] for left in document["left_out"]} == {p["id"] for p in document["people"]}


def test_the_same_file_and_seed_give_the_same_suggestions(tmp_path: Path) -> None:
    file = a_file_of_people(tmp_path, 2)
    assert asked(file, "--json", "--seed", "3") == asked(file, "--json", "--seed", "3")


def test_a_form_with_who_knows_whom_is_matched_and_told_in_words() -> None:
    lists = shared_data("guest_lists")
    told = asked(lists / "vaggi40_form.csv", "--acquainted", lists / "vaggi40_already_acquainted.csv")
    assert "40 people introduced" in told
    assert "better" in told.splitlines()[-1]


def test_one_person_alone_is_named_with_the_reason(tmp_path: Path) -> None:
    told = asked(a_file_of_people(tmp_path, 0, count=1))
    assert "Without an introduction: Person 0." in told


def test_a_file_that_cannot_be_read_is_one_clear_sentence(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["match", str(tmp_path / "nowhere.csv")])
    assert done.exit_code != 0
    assert "cannot be read" in str(done.exception)
