"""The place where the documents that describe us are written from the code: JSON Schemas, AsyncAPI, OpenAPI.

`make schemas` writes them; a test compares what is checked in with what the code says.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from deploy.embedded.house import SERVICES
from shared.contracts import intro, notify, rsvp
from shared.contracts.envelope import REGISTRY, Envelope, EventData
from shared.contracts.topology import READS, readers_of, stream_names
from shared.redis_bus import RedisBus

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = Path("shared/contracts")
ORIGINS = {"rsvp": rsvp, "intro": intro, "notify": notify}
COMPONENT = "#/components/schemas/{model}"
VERSION = "0.1.0"
SIGNS_NOTHING = "no-link-is-made-with-this"

Document = dict[str, Any]


def documents() -> dict[Path, Document]:
    """Every generated document by its path in the repository."""
    return {path: document for kind in KINDS.values() for path, document in kind().items()}


def events() -> dict[str, type[EventData]]:
    """Every event type that the contracts name; tests may have registered others."""
    ours = {origin.__name__ for origin in ORIGINS.values()}
    return {name: event for name, event in sorted(REGISTRY.items()) if event.__module__ in ours}


def event_schemas() -> dict[Path, Document]:
    """The JSON Schema of the envelope and of the data of each event type."""
    folder = CONTRACTS / "schemas"
    schemas = {folder / f"{name}.json": _schema(name, event) for name, event in events().items()}
    return {folder / "envelope.json": _schema("envelope", Envelope)} | schemas


def _schema(name: str, model: type[Envelope] | type[EventData]) -> Document:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": name} | model.model_json_schema()


def streams() -> dict[Path, Document]:
    return {CONTRACTS / "asyncapi.json": asyncapi()}


def asyncapi() -> Document:
    """The streams, who says what on them, and who hears it, as AsyncAPI 3.0."""
    said = {service: _said_by(service) for service in READS}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tablemates events",
            "version": VERSION,
            "description": "Redis streams. Each entry carries one CloudEvents 1.0 event in JSON in its field "
            "`__data__`; its id is `<sequence>-0`, and `after` is the sequence of the entry before it.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {service: _channel(service, said[service]) for service in READS},
        "operations": {name: operation for service in READS for name, operation in _operations(service).items()},
        "components": {
            "messages": {name: _message(event) for name, event in events().items()},
            "schemas": _components(),
        },
    }


def _said_by(service: str) -> dict[str, type[EventData]]:
    origin = ORIGINS[service].__name__
    return {name: event for name, event in events().items() if event.__module__ == origin}


def _channel(service: str, said: Mapping[str, type[EventData]]) -> Document:
    return {
        "address": stream_names(service, 1)[0],
        "description": f"With several partitions: {stream_names(service, 2)[0]}, {stream_names(service, 2)[1]}, …",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in said},
    }


def _operations(service: str) -> Document:
    channel = {"$ref": f"#/channels/{service}"}
    hears = {f"{reader}.hears.{service}": {"action": "receive", "channel": channel} for reader in readers_of(service)}
    return {f"{service}.says": {"action": "send", "channel": channel}} | hears


def _message(event: type[EventData]) -> Document:
    return {
        "name": event.wire_type,
        "title": event.__name__,
        "summary": " ".join((event.__doc__ or "").split()),
        "payload": {
            "allOf": [
                {"$ref": COMPONENT.format(model="Envelope")},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": event.wire_type},
                        "data": {"$ref": COMPONENT.format(model=event.__name__)},
                    },
                },
            ]
        },
    }


def _components() -> Document:
    models: list[type[BaseModel]] = [Envelope, *events().values()]
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=COMPONENT)
    return dict(sorted(schemas["$defs"].items()))


def openapi() -> dict[Path, Document]:
    """What each service says of its HTTP API; the services are composed for it and never started."""
    with tempfile.TemporaryDirectory() as folder:
        composed = {
            name: wiring.build(
                wiring.Settings(_env_file=None, data_dir=folder, secret_key=SIGNS_NOTHING),
                bus=RedisBus("redis://localhost"),
            )
            for name, wiring in SERVICES.items()
        }
        said = {Path(f"services/{name}/openapi.json"): parts.app.openapi() for name, parts in composed.items()}
        for parts in composed.values():
            parts.close()
    return said


def written(document: Document) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=False) + "\n"


KINDS: Mapping[str, Callable[[], dict[Path, Document]]] = {
    "events": event_schemas,
    "streams": streams,
    "http": openapi,
}


def main() -> None:
    for path, document in documents().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(written(document))


if __name__ == "__main__":
    main()
