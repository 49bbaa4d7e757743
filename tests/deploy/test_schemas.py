"""The documents that describe us are what the code says."""

import pytest

from deploy import schemas


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_what_is_checked_in_is_what_the_code_says(kind: str) -> None:
    for path, document in schemas.KINDS[kind]().items():
        checked_in = schemas.ROOT / path
        told = checked_in.read_text() if checked_in.exists() else ""
        assert told == schemas.written(document), f"{path} is out of date: run `make schemas` and commit"


def test_no_schema_is_left_of_an_event_that_is_gone() -> None:
    kept = {path.stem for path in (schemas.ROOT / schemas.CONTRACTS / "schemas").glob("*.json")}
    assert kept == {*schemas.events(), "envelope"}


def test_every_event_type_is_said_on_exactly_one_stream() -> None:
    said = [name for channel in schemas.asyncapi()["channels"].values() for name in channel["messages"]]
    assert sorted(said) == sorted(schemas.events())


def test_every_reference_of_the_streams_document_leads_somewhere() -> None:
    document = schemas.asyncapi()
    references = list(references_in(document))
    assert references
    for reference in references:
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def references_in(node: object) -> list[str]:
    if isinstance(node, list):
        return [found for item in node for found in references_in(item)]
    if not isinstance(node, dict):
        return []
    here = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return here + [found for item in node.values() for found in references_in(item)]
