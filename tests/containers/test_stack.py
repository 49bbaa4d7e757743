"""From a clone to a first introduction with one command, and what the stack shows and hides."""

import asyncio
import json
from functools import partial
from typing import Any

import pytest

from tests.containers.conftest import until_ready
from tests.containers.crowd import a_gathering
from tests.containers.stack import DEPLOY, SERVICES, Stack, run
from tests.waiting import wait_until

PROMTOOL = ("docker", "run", "--rm", "--entrypoint", "promtool", "-v", f"{DEPLOY / 'prometheus'}:/etc/prometheus:ro")
PROMETHEUS = "prom/prometheus:v2.53.3"


async def test_the_demo_reaches_the_end_of_the_story_and_down_and_up_loses_nothing(stack: Stack) -> None:
    stack.up([*SERVICES, "demo"])
    (demo,) = stack.ids("demo")
    exit_code = await asyncio.to_thread(run, "docker", "wait", demo)
    said = stack.logs("demo")
    assert exit_code.strip() == "0", said
    assert "One of the introductions, as it arrived" in said
    mails, attendees = len(stack.mails()), stack.psql("rsvp", "SELECT count(*) FROM attendees")
    assert mails > 200
    stack.compose("down", "--timeout", "15")
    stack.up()
    await until_ready(stack)
    assert stack.psql("rsvp", "SELECT count(*) FROM attendees") == attendees
    assert len(stack.mails()) == mails
    assert stack.organiser("GET", "/api/v1/gatherings")["items"]


async def test_compose_says_that_everything_is_healthy(stack: Stack) -> None:
    def unwell() -> list[str]:
        listed = stack.compose("ps", "--format", "{{.Service}} {{.Health}}")
        return [line for line in listed.splitlines() if line.split()[-1] != "healthy"]

    await wait_until(lambda: not unwell(), timeout=60, what="health of every container", saw=unwell)


async def test_operators_paths_are_hidden_and_everything_else_has_its_owner(stack: Stack) -> None:
    for hidden in ("/metrics", "/healthz", "/readyz", "/metrics/", "/%6Detrics", "//readyz"):
        assert stack.get(hidden).status_code == 404, hidden
    for path, service in (("/i/no-token", "intro"), ("/u/no-token", "notify"), ("/my/no-token", "rsvp")):
        answer = stack.get(path)
        assert f'"{answer.headers["x-correlation-id"]}"' in stack.logs(service), path


async def test_every_answer_has_its_manners(stack: Stack) -> None:
    answer = stack.get("/organise")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] in {"no-referrer", "same-origin"}
    assert "default-src" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


async def test_a_body_that_is_too_large_is_refused_at_the_gateway(stack: Stack) -> None:
    for _ in range(10):  # a race between the answer and the body was lost only now and then
        answer = stack.post("/api/v1/gatherings/7/rsvps", b"x" * 3_000_000)
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


def test_only_the_gateway_publishes_ports_and_everything_is_confined() -> None:
    stack = Stack()
    services = json.loads(stack.compose("--profile", "tools", "config", "--format", "json"))["services"]
    assert [name for name, service in services.items() if service.get("ports")] == ["gateway"]
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["logging"]["options"]["max-size"], name
        assert not service.get("privileged"), name
        assert service["image"].partition(":")[2] not in {"", "latest"}, name
        if service.get("restart") == "unless-stopped":
            assert service["mem_limit"], name


async def test_no_service_is_root_or_a_superuser(stack: Stack) -> None:
    for service in SERVICES:
        identity = stack.compose("exec", "-T", service, "python", "-c", "import os; print(os.getuid(), os.getgid())")
        assert identity.split() == ["10001", "10001"]
    roles = stack.psql("postgres", "SELECT rolname FROM pg_roles WHERE rolsuper")
    connected = stack.psql("postgres", "SELECT DISTINCT usename FROM pg_stat_activity WHERE client_addr IS NOT NULL")
    assert not set(connected.split()) & set(roles.split())


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_cannot_open_anothers_database(stack: Stack, service: str) -> None:
    other = next(name for name in SERVICES if name != service)
    code = (
        "import psycopg, pathlib; url = pathlib.Path('/secrets/database_url').read_text().strip();"
        f" psycopg.connect(url.rpartition('/')[0] + '/{other}')"
    )
    assert "permission denied" in stack.compose("exec", "-T", service, "python", "-c", code, check=False)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_stops_in_order_and_in_time(stack: Stack, service: str) -> None:
    (container,) = stack.ids(service)
    run("docker", "stop", "--time", "15", container)
    assert run("docker", "inspect", "--format", "{{.State.ExitCode}}", container).strip() == "0"
    assert "service.stopped" in stack.logs(service)


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_carries_only_what_its_service_needs(started: Stack, service: str) -> None:
    there = "sorted(set(os.listdir('services')) - {{'__pycache__'}})"
    listing = f"import os, importlib.util as u; print({there}, [n for n in {{}} if u.find_spec(n)])"
    strangers = {"rsvp": ["aiosmtplib", "ortools", "typer"], "intro": ["aiosmtplib", "icalendar", "typer"]}
    names = strangers.get(service, ["ortools", "numba", "typer"])
    image = f"tablemates/{service}:0.1.0"
    said = run("docker", "run", "--rm", "--entrypoint", "python", image, "-c", listing.format(names))
    assert said.strip() == f"{['__init__.py', service]} []"


def test_alert_rules_pass_their_unit_tests() -> None:
    run(*PROMTOOL, PROMETHEUS, "check", "config", "/etc/prometheus/prometheus.yml")
    run(*PROMTOOL, PROMETHEUS, "test", "rules", "/etc/prometheus/tests/alerts.yml")


def test_each_alert_names_a_section_of_the_runbook() -> None:
    rules = (DEPLOY / "prometheus" / "rules" / "alerts.yml").read_text()
    sections = {
        line.strip("# ").lower().replace(" ", "-")
        for line in (DEPLOY / "README.md").read_text().splitlines()
        if line.startswith("#")
    }
    named = {line.rpartition("#")[2].strip() for line in rules.splitlines() if "runbook:" in line}
    assert named <= sections, named - sections


@pytest.mark.parametrize("site", [":80", "tablemates.example.org"])
def test_the_gateways_configuration_is_valid(site: str) -> None:
    mounted = f"{DEPLOY / 'gateway' / 'Caddyfile'}:/etc/caddy/Caddyfile:ro"
    validate = ("caddy", "validate", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile")
    run("docker", "run", "--rm", "-e", f"TABLEMATES_SITE={site}", "-v", mounted, "caddy:2", *validate)


async def test_prometheus_finds_every_service_and_has_no_alert(stack: Stack) -> None:
    stack.up(["prometheus", "redis-exporter", "watch"])
    await asyncio.to_thread(a_gathering, stack, "Something is said")

    def states() -> dict[str, str]:
        targets = (stack.prometheus("targets") or {}).get("activeTargets", [])
        return {target["scrapeUrl"]: target["lastError"] or target["health"] for target in targets}

    def all_up() -> bool:
        return len(states()) >= 7 and set(states().values()) == {"up"}

    def values(metric: str) -> Any:
        return (stack.prometheus("query", query=metric) or {}).get("result")

    await wait_until(all_up, timeout=90, what="all targets up", saw=states)
    for metric in ("tablemates_outbox_head", "tablemates_relay_caught_up_timestamp_seconds", "redis_up"):
        await wait_until(partial(values, metric), timeout=60, what=metric)
    firing = [
        alert["labels"]["alertname"] for alert in stack.prometheus("alerts")["alerts"] if alert["state"] == "firing"
    ]
    assert set(firing) <= {"DiskFilling", "DiskFull"}  # this machine's disk is this machine's
    stack.compose("rm", "-f", "-s", "prometheus", "redis-exporter", "watch")
