"""The place for what holds in every test: no network but this machine, and nothing left out without a word."""

import os
from collections import Counter

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.network import block_the_outside

pytest_plugins = ["tests.engines"]

# The reaper's image is a third party's; the fixtures stop what they start.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

# No check may fail because the machine is slow.
settings.register_profile("tablemates", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tablemates")

block_the_outside()

# Tracebacks in colours take longer than the tests that cause them.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["event"]),
    ]
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out what needs a container engine where there is none."""
    from tests.engines import no_engine  # noqa: PLC0415 - pytest has to load that module itself first

    with_containers = [item for item in items if item.get_closest_marker("containers")]
    reason = no_engine() if with_containers else ""
    if reason:
        for item in with_containers:
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what was left out, and why."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    chosen = terminalreporter.config.option.markexpr
    if reasons or chosen:
        terminalreporter.section("left out")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count} left out: {reason}")
    if chosen:
        terminalreporter.write_line(f"by choice, only what is: {chosen}")
