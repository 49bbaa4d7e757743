"""One trace shows the request, the relay, the consumer and the mail; without an endpoint there is nothing at all."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import telemetry, tracing

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    telemetry.export_to(SimpleSpanProcessor(exporter), "rsvp")
    yield exporter
    telemetry.shutdown()


def ids(span: ReadableSpan) -> tuple[str, str]:
    assert span.context is not None
    return f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"


def test_what_is_said_within_a_span_has_it_for_a_parent(exported: InMemorySpanExporter) -> None:
    with tracing.acting_in(tracing.Context(PARENT, "cause")), telemetry.span("hear", "consumer"):
        said = tracing.current()
    (span,) = exported.get_finished_spans()
    assert said == tracing.Context(f"00-{ids(span)[0]}-{ids(span)[1]}-01", "cause")
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == "b7ad6b7169203331"


def test_a_root_keeps_the_trace_id_that_its_logs_show(exported: InMemorySpanExporter) -> None:
    with tracing.acting_in(tracing.Context(PARENT, "cause")), telemetry.request_span("POST", is_root=True):
        telemetry.name_span("POST /api/v1/gatherings/{id}/rsvps")
    (span,) = exported.get_finished_spans()
    assert (span.name, span.parent) == ("POST /api/v1/gatherings/{id}/rsvps", None)
    assert ids(span)[0] == PARENT.split("-")[1]


def test_an_entry_on_a_stream_is_a_child_of_what_said_it(exported: InMemorySpanExporter) -> None:
    body = b'{"id":"1","traceparent":"' + PARENT.encode() + b'","data":{}}'
    telemetry.published("rsvp.events", [body, b"no trace in here"], began=1_700_000_000.0)
    (span,) = exported.get_finished_spans()
    assert ids(span)[0] == PARENT.split("-")[1]
    assert span.parent is not None


def test_without_an_endpoint_no_library_is_even_loaded() -> None:
    code = (
        "import sys; from shared import telemetry; telemetry.configure('rsvp', {});"
        "\nwith telemetry.span('x'): pass"
        "\nassert not telemetry.is_on(); assert not [m for m in sys.modules if m.startswith('opentelemetry.sdk')]"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("given", ["", "abc", "00-" + "0" * 32 + "-b7ad6b7169203331-01", PARENT + "\n"])
def test_what_is_no_traceparent_is_not_taken_for_one(given: str) -> None:
    assert tracing.readable_traceparent(given) is None
