"""An entry is decoded to the same event however it was written, and in one pass where it was written as we write."""

import json
from pathlib import Path

import pytest

from shared.contracts import intro, notify, rsvp
from shared.contracts.envelope import REGISTRY, Envelope, UnreadableEntry, decode, encode, encode_event

SAMPLES = sorted((Path(__file__).parent.parent / "contracts" / "samples").glob("*.json"))
OURS = (rsvp, intro, notify)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_it_is_the_same_event_in_one_pass_and_in_two(sample: Path) -> None:
    plain = Envelope.model_validate_json(sample.read_bytes())
    for body in (plain.model_dump_json(exclude_none=True), sample.read_text()):
        envelope, event = decode(body.encode())
        assert event == plain.event()
        assert type(event) is REGISTRY[plain.type]
        assert envelope.model_dump(exclude={"data"}) == plain.model_dump(exclude={"data"})


@pytest.mark.parametrize("traced", [True, False])
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_an_event_written_at_once_is_its_envelope_to_the_byte(sample: Path, *, traced: bool) -> None:
    told = Envelope.model_validate_json(sample.read_bytes())
    event = told.event()
    assert event is not None
    context = {"traceparent": "00-1-2-01" if traced else None, "correlationid": "c1" if traced else None}
    around = told.model_copy(
        update={
            "type": event.wire_type,
            "subject": event.subject,
            "sequence": event.version,
            "partitionkey": event.partition_key,
            "data": event.model_dump(mode="json"),
            **context,
        }
    )
    at_once = encode_event(event, id=told.id, source=told.source, time=told.time, **context)
    assert at_once == encode(around)


def test_a_type_within_the_data_is_not_taken_for_the_entrys_own() -> None:
    told = json.loads(SAMPLES[0].read_bytes())
    wrong = next(name for name in REGISTRY if name != told["type"])
    data = {"type": wrong, **told.pop("data")}
    body = json.dumps({"data": data, **told}, separators=(",", ":")).encode()
    assert body.index(wrong.encode()) < body.index(told["type"].encode())
    envelope, event = decode(body)
    assert (envelope.type, type(event)) == (told["type"], REGISTRY[told["type"]])


def test_a_type_that_is_not_known_yet_is_no_event() -> None:
    told = json.loads(SAMPLES[0].read_bytes()) | {"type": "tablemates.rsvp.hummed.v1"}
    envelope, event = decode(json.dumps(told, separators=(",", ":")).encode())
    assert (envelope.type, event) == ("tablemates.rsvp.hummed.v1", None)


def test_what_does_not_fit_is_named_without_its_value() -> None:
    told = json.loads(SAMPLES[0].read_bytes())
    told["data"]["version"] = "not a number"
    with pytest.raises(UnreadableEntry, match="version: Input should be a valid integer") as refused:
        decode(json.dumps(told, separators=(",", ":")).encode())
    assert "not a number" not in refused.value.sentence
