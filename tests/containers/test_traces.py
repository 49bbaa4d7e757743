"""One exported trace shows the request, the relay, the consumer and the mail."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.conftest import until_ready
from tests.containers.crowd import a_gathering
from tests.containers.stack import SERVICES, Stack, run
from tests.containers.test_wrong_operations import an_rsvp
from tests.waiting import wait_until

COLLECTOR = Path(__file__).with_name("collector.py")


@pytest.fixture
def collector(stack: Stack) -> Iterator[str]:
    """A container that takes traces, and the services told of it."""
    name = f"{stack.project}-collector"
    mounted = ("-v", f"{COLLECTOR}:/collector.py:ro", "--entrypoint", "python")
    network = ("--network", f"{stack.project}_front", "--network-alias", "collector")
    run("docker", "run", "-d", "--name", name, *network, *mounted, "tablemates/rsvp:0.1.0", "/collector.py")
    stack.settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}
    stack.up(SERVICES)
    try:
        yield name
    finally:
        run("docker", "rm", "-f", name)
        stack.settings = {}
        stack.up(SERVICES)


async def test_one_trace_spans_the_request_the_relay_the_consumer_and_the_mail(stack: Stack, collector: str) -> None:
    await until_ready(stack)
    gathering = a_gathering(stack, "Traced")
    trace = an_rsvp(stack, gathering, "traced@example.org").headers["x-correlation-id"]

    def spans() -> set[tuple[str, str]]:
        lines = [json.loads(line) for line in run("docker", "logs", collector).splitlines()]
        return {(line["service"], line["name"].rstrip("0123456789")) for line in lines if line["trace"] == trace}

    whole = {
        ("tablemates-rsvp", "POST /api/v1/gatherings/{gathering_id}/rsvps"),
        ("tablemates-rsvp", "publish rsvp.events."),
        ("tablemates-notify", "hear tablemates.rsvp.confirmed.v"),
        ("tablemates-notify", "send rsvp.confirmed"),
    }
    await wait_until(lambda: whole <= spans(), timeout=60, what="the whole trace", saw=spans)
