"""The place for OpenTelemetry's own words; loaded only when something is exported."""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.context import Context as OtelContext
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import SpanKind, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared import tracing

IN_BODY = re.compile(rb'"traceparent":"(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})"')


class Ids(RandomIdGenerator):
    """A root keeps the trace id that the logs of its request show already."""

    def generate_trace_id(self) -> int:
        known = tracing.current().trace_id
        return int(known, 16) if known else int(super().generate_trace_id())


class Spans:
    """Spans of one service, handed to one processor."""

    def __init__(self, service: str, processor: SpanProcessor) -> None:
        resource = Resource.create({"service.name": f"tablemates-{service}"})
        self._provider = TracerProvider(resource=resource, id_generator=Ids(), shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("tablemates")

    def shutdown(self) -> None:
        self._provider.shutdown()

    @contextmanager
    def around(
        self, name: str, kind: str, attributes: Mapping[str, str | int | float | bool], *, is_root: bool = False
    ) -> Iterator[None]:
        """Acts in the span: what is said, logged and spanned within has it for a parent."""
        here = tracing.current()
        parent = OtelContext() if is_root else parent_in(here.traceparent)
        given = dict(attributes) | ({"tablemates.correlation_id": here.correlation_id} if here.correlation_id else {})
        with self._tracer.start_as_current_span(
            name, context=parent, kind=SpanKind[kind.upper()], attributes=given
        ) as current:
            own = current.get_span_context()
            traceparent = f"00-{own.trace_id:032x}-{own.span_id:016x}-{int(own.trace_flags) & 1:02x}"
            with tracing.acting_in(tracing.Context(traceparent, here.correlation_id)):
                yield

    def name(self, name: str) -> None:
        get_current_span().update_name(name)

    def published(self, stream: str, bodies: Iterable[bytes], *, began: float) -> None:
        for body in bodies:
            if found := IN_BODY.search(body):
                self._tracer.start_span(
                    f"publish {stream}",
                    context=parent_in(found[1].decode()),
                    kind=SpanKind.PRODUCER,
                    attributes={"messaging.system": "redis", "messaging.destination.name": stream},
                    start_time=int(began * 1e9),
                ).end(int(time.time() * 1e9))


def to_the_endpoint() -> SpanProcessor:
    """Sends in batches to where the OTEL_EXPORTER_OTLP_* variables say."""
    return BatchSpanProcessor(OTLPSpanExporter())


def parent_in(traceparent: str | None) -> OtelContext:
    """The context of a W3C traceparent, an empty one for none."""
    nowhere = OtelContext()
    if not traceparent:
        return nowhere
    return TraceContextTextMapPropagator().extract({"traceparent": traceparent}, context=nowhere)
