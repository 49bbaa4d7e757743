"""The place for turning OpenTelemetry on: with OTEL_EXPORTER_OTLP_ENDPOINT set spans are exported, else nothing is."""

import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

    from shared.spans import Spans

ENDPOINT = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

Kind = Literal["server", "producer", "consumer", "client", "internal"]
Value = str | int | float | bool

_spans: "Spans | None" = None
_NOTHING: AbstractContextManager[None] = nullcontext()


def configure(service: str, environment: Mapping[str, str] = os.environ) -> None:
    """Starts the export where an endpoint is set; the libraries are loaded only then."""
    if _spans is None and any(environment.get(name) for name in ENDPOINT):
        from shared.spans import to_the_endpoint  # noqa: PLC0415 - a second and 10 MB for those who use it

        export_to(to_the_endpoint(), service)


def export_to(processor: "SpanProcessor", service: str) -> None:
    """Hands every span to a processor, until `shutdown`."""
    global _spans  # noqa: PLW0603 - one process has one exporter
    from shared.spans import Spans  # noqa: PLC0415 - as above

    _spans = Spans(service, processor)


def shutdown() -> None:
    """Sends what is left, and then nothing more."""
    global _spans  # noqa: PLW0603 - as above
    if _spans is not None:
        _spans.shutdown()
    _spans = None


def span(name: str, kind: Kind = "internal", **attributes: Value) -> AbstractContextManager[None]:
    """A span around what happens within: a child of the context in which we act, and the context of what follows."""
    return _NOTHING if _spans is None else _spans.around(name, kind, attributes)


def request_span(name: str, *, is_root: bool) -> AbstractContextManager[None]:
    """A span around a request. A root has no parent, and the trace id that the context has already."""
    return _NOTHING if _spans is None else _spans.around(name, "server", {}, is_root=is_root)


def name_span(name: str) -> None:
    """Names the span we act in, once it is known what it is about."""
    if _spans is not None:
        _spans.name(name)


def published(stream: str, bodies: Iterable[bytes], *, began: float) -> None:
    """A span for each event that went onto a stream, from `began` (seconds since the epoch) until now."""
    if _spans is not None:
        _spans.published(stream, bodies, began=began)


def is_on() -> bool:
    return _spans is not None
