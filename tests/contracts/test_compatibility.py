"""A contract only grows: whoever reads today's events can read tomorrow's, and the other way round."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy import schemas
from shared.contracts.envelope import decode, encode, encode_event

SAMPLES = Path(__file__).parent / "samples"
KEPT = schemas.ROOT / schemas.CONTRACTS / "schemas"
HOW = "give it a new type beside the old one (v2); a change that older readers survive is written by `make schemas`"
NARROWING = ("type", "format", "const", "pattern", "maxLength", "minLength", "maximum", "minimum", "maxItems")

Schema = dict[str, Any]


def broken_by(old: Schema, new: Schema) -> Iterator[str]:
    """What a reader with the old schema could not read any more, in words."""
    yield from _compared(old, new, old, new, "data")


def _compared(old: Schema, new: Schema, all_old: Schema, all_new: Schema, at: str) -> Iterator[str]:
    old, new = _resolved(old, all_old), _resolved(new, all_new)
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in sorted(before.keys() - after.keys()):
        yield f"{at}.{name} is gone or has another name"
    for name in sorted(set(new.get("required", [])) - set(old.get("required", []))):
        yield f"{at}.{name} is required now, and older events do not have it"
    for name in sorted(before.keys() & after.keys()):
        yield from _compared(before[name], after[name], all_old, all_new, f"{at}.{name}")
    if "enum" in old and set(old["enum"]) != set(new.get("enum", [])):
        yield f"{at} allows {new.get('enum')} where readers know {old['enum']}"
    for word in NARROWING:
        if old.get(word) != new.get(word):
            yield f"{at} has {word} {new.get(word)!r} where readers know {old.get(word)!r}"
    for word in ("items", "additionalProperties"):
        if isinstance(old.get(word), dict) and isinstance(new.get(word), dict):
            yield from _compared(old[word], new[word], all_old, all_new, f"{at}[]")
    yield from _alternatives(old, new, all_old, all_new, at)


def _alternatives(old: Schema, new: Schema, all_old: Schema, all_new: Schema, at: str) -> Iterator[str]:
    before = [_resolved(one, all_old) for one in old.get("anyOf", [])]
    after = [_resolved(one, all_new) for one in new.get("anyOf", [])]
    if len(before) != len(after):
        yield f"{at} has {len(after)} alternatives where readers know {len(before)}"
        return
    for one, other in zip(before, after, strict=True):
        yield from _compared(one, other, all_old, all_new, at)


def _resolved(schema: Schema, everything: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    found: Schema = everything["$defs"][schema["$ref"].rpartition("/")[2]]
    return found


def kept(name: str) -> Schema:
    schema: Schema = json.loads((KEPT / f"{name}.json").read_text())
    return schema


@pytest.mark.parametrize("name", sorted(path.stem for path in KEPT.glob("*.json") if path.stem != "envelope"))
def test_no_change_breaks_an_older_reader(name: str) -> None:
    event = schemas.events().get(name)
    assert event is not None, f"{name} is gone while somebody may still read it: {HOW}"
    assert not (broken := list(broken_by(kept(name), event.model_json_schema()))), f"{broken}: {HOW}"


@pytest.mark.parametrize("name", sorted(schemas.events()))
def test_the_sample_of_an_event_is_read_whole(name: str) -> None:
    path = SAMPLES / f"{name}.json"
    assert path.exists(), f"there is no sample of {name}: add tests/contracts/samples/{name}.json"
    envelope, event = decode(path.read_bytes())
    assert type(event) is schemas.events()[name]
    assert envelope.subject == event.subject
    assert envelope.partitionkey == event.partition_key
    assert envelope.sequence == event.version
    assert event.model_dump(mode="json") == envelope.data


@pytest.mark.parametrize("name", sorted(schemas.events()))
def test_a_reader_passes_over_what_a_newer_version_adds(name: str) -> None:
    told = json.loads((SAMPLES / f"{name}.json").read_text())
    told["newextension"] = told["data"]["a_field_of_next_year"] = {"any": ["thing"]}
    _, event = decode(json.dumps(told).encode())
    assert type(event) is schemas.events()[name]


def test_no_sample_is_left_of_an_event_that_is_gone() -> None:
    assert {path.stem for path in SAMPLES.glob("*.json")} == set(schemas.events())


A_CONTRACT: Schema = {
    "properties": {
        "name": {"type": "string"},
        "pace": {"anyOf": [{"enum": ["quiet", "outgoing"], "type": "string"}, {"type": "null"}]},
        "side": {"$ref": "#/$defs/Side"},
    },
    "required": ["name"],
    "$defs": {"Side": {"properties": {"opener": {"type": "string"}}, "required": ["opener"]}},
}


def changed(**steps: Any) -> Schema:
    """The contract with one thing changed: `path__to__it=value`, None takes it away."""
    schema = copy.deepcopy(A_CONTRACT)
    for path, value in steps.items():
        *way, last = path.replace("defs", "$defs").split("__")
        place = schema
        for step in way:
            place = place[step]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return schema


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (changed(properties__name=None), "data.name is gone"),
        (changed(required=["name", "side"]), "data.side is required now"),
        (changed(properties__name={"type": "integer"}), "data.name has type 'integer'"),
        (changed(properties__name={"type": "string", "maxLength": 5}), "data.name has maxLength 5"),
        (changed(properties__pace={"anyOf": [{"enum": ["quiet"], "type": "string"}, {"type": "null"}]}), "data.pace"),
        (changed(properties__pace={"anyOf": [{"type": "null"}]}), "data.pace has 1 alternatives"),
        (changed(defs__Side__properties__opener=None), "data.side.opener is gone"),
    ],
)
def test_a_change_that_breaks_a_reader_is_named(new: Schema, said: str) -> None:
    assert any(said in broken for broken in broken_by(A_CONTRACT, new))


def test_a_new_optional_field_breaks_nobody() -> None:
    assert list(broken_by(A_CONTRACT, A_CONTRACT)) == []
    assert list(broken_by(A_CONTRACT, changed(properties__tip={"type": "string", "default": ""}))) == []


@pytest.mark.parametrize("sample", sorted(SAMPLES.iterdir()), ids=lambda path: path.stem)
def test_an_event_is_put_on_the_wire_as_its_envelope_would_be(sample: Path) -> None:
    envelope, event = decode(sample.read_bytes())
    assert event is not None
    for traceparent, correlation_id in ((envelope.traceparent, envelope.correlationid), (None, None)):
        around = envelope.model_copy(
            update={
                "traceparent": traceparent,
                "correlationid": correlation_id,
                "subject": event.subject,
                "partitionkey": event.partition_key,
                "sequence": event.version,
                "data": event.model_dump(mode="json"),
            }
        )
        direct = encode_event(
            event,
            id=envelope.id,
            source=envelope.source,
            time=envelope.time,
            traceparent=traceparent,
            correlationid=correlation_id,
        )
        assert direct == encode(around)
