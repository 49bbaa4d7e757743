"""The place for measuring the stack as it stands: `make sizing` prints the tables of deploy/README.md.

Images' sizes, the time from `up` to ready, memory at rest and under load, and the processor time that an RSVP costs
each part, from which what one core can bear is computed.
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import httpx

from deploy.bench.report import machine
from tests.containers.conftest import until_ready
from tests.containers.crowd import a_gathering
from tests.containers.stack import RUNNING, SERVICES, Stack, run

ENGINE = "/var/run/docker.sock"
REST_SECONDS, LOAD_SECONDS, PER_SECOND = 60, 60, 20
TOOLS = "tools"


@dataclass(frozen=True, slots=True)
class Use:
    """What one container has used: processor time since it began, and memory now, without the page cache."""

    cpu_seconds: float
    mebibytes: float


def use_of(stack: Stack) -> dict[str, Use]:
    """Every running part of the stack, from the engine itself."""
    with httpx.Client(transport=httpx.HTTPTransport(uds=ENGINE), base_url="http://engine", timeout=30) as engine:
        told = {name: engine.get(f"/containers/{stack.ids(name)[0]}/stats?stream=false").json() for name in RUNNING}
    return {name: use_in(stats) for name, stats in told.items()}


def use_in(stats: dict[str, Any]) -> Use:
    memory = stats["memory_stats"]
    cache = memory["stats"].get("inactive_file", memory["stats"].get("total_inactive_file", 0))
    return Use(stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9, (memory["usage"] - cache) / 2**20)


def image_sizes() -> list[tuple[str, int]]:
    """In megabytes; the base image last."""
    names = [*(f"tablemates/{name}:0.1.0" for name in (*SERVICES, TOOLS)), "python:3.13-slim"]
    sizes = run("docker", "image", "inspect", "--format", "{{.Size}}", *names).split()
    return [(name, int(size) // 10**6) for name, size in zip(names, sizes, strict=True)]


def load(stack: Stack, gathering: str, *, requests: int, rate: float) -> dict[str, Any]:
    """People with a profile who would like to be introduced, at a steady rate, through the gateway."""
    path = f"/api/v1/gatherings/{gathering}/rsvps"
    options = ("--requests", str(requests), "--rate", str(rate), "--run", gathering[-8:])
    command = (sys.executable, "-m", "deploy.bench.load", str(stack.http_port), path, *options)
    report: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return report


def say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


def tell_images() -> None:
    say("| image | size |", "|---|---|", *(f"| {name} | {size} MB |" for name, size in image_sizes()), "")


def tell_use(rest: dict[str, Use], idle: dict[str, float], loaded: dict[str, Use], spent: dict[str, float]) -> None:
    say(
        f"| part | at rest | of a core at rest | at {PER_SECOND} RSVPs a second | processor time an RSVP |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {rest[name].mebibytes:.0f} MiB | {idle[name]:.2%} | {loaded[name].mebibytes:.0f} MiB"
            f" | {spent[name] * 1000:.1f} ms |"
            for name in RUNNING
        ),
        "",
    )


async def measure(stack: Stack) -> None:
    began = time.monotonic()
    stack.up()
    await until_ready(stack)
    ready = time.monotonic() - began
    gathering = await asyncio.to_thread(a_gathering, stack, "Sizing", introductions="ask")
    await asyncio.sleep(5)
    before = use_of(stack)
    await asyncio.sleep(REST_SECONDS)
    rest = use_of(stack)
    requests = LOAD_SECONDS * PER_SECOND
    report = load(stack, gathering, requests=requests, rate=PER_SECOND)
    loaded = use_of(stack)
    await asyncio.sleep(10)  # what was put off is part of what an RSVP costs
    after = use_of(stack)
    about = machine()
    say(f"{about['cpu']}, {about['cores']} cores, load {about['load'][0]:.1f} at the end", "")
    tell_images()
    say(f"From `up -d` with built images to ready, the mail server among them: {ready:.0f} s", "")
    tell_use(
        rest,
        {name: (rest[name].cpu_seconds - before[name].cpu_seconds) / REST_SECONDS for name in RUNNING},
        loaded,
        {name: (after[name].cpu_seconds - rest[name].cpu_seconds) / requests for name in RUNNING},
    )
    say(f"Answers: {report['statuses']}, p50 {report['p50_ms']:.0f} ms, p99 {report['p99_ms']:.0f} ms; mails:")
    say(stack.psql("notify", "SELECT kind, state, count(*) FROM mails GROUP BY kind, state ORDER BY kind, state"))


def main() -> None:
    stack = Stack()
    try:
        stack.compose("--profile", "tools", "build", "--quiet")
        asyncio.run(measure(stack))
    finally:
        stack.down()


if __name__ == "__main__":
    main()
