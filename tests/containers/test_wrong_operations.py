"""What an operator gets wrong ends in one clear line in the right log and in readyz, and never in lost work."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.containers.conftest import until_ready
from tests.containers.crowd import a_gathering
from tests.containers.stack import Stack, run
from tests.waiting import wait_until


def an_rsvp(stack: Stack, gathering: str, email: str) -> httpx.Response:
    body = {"email": email, "name": "Dana Reyes", "response": "going", "introductions": False}
    return httpx.post(f"{stack.url}/api/v1/gatherings/{gathering}/rsvps", json=body, timeout=60)


async def says(stack: Stack, service: str, *words: str) -> None:
    """Waits until a service is not ready for a reason with these words, and its log has them in one line."""

    async def problem() -> bool:
        status, problems = stack.readyz(service)
        return status == 503 and any(all(word in problem for word in words) for problem in problems)

    await wait_until(problem, timeout=60, what=f"{words} in readyz", saw=lambda: stack.readyz(service))
    lines = [line for line in stack.logs(service).splitlines() if all(word in line for word in words)]
    assert lines
    assert not any("Traceback" in line for line in lines)


async def got_mail(stack: Stack, email: str) -> None:
    await wait_until(lambda: stack.mails(**{"to.address": email}), timeout=60, what=f"mail for {email}")


async def test_a_missing_secret_stops_the_start_with_one_line_that_names_it(stack: Stack) -> None:
    said = stack.compose("run", "--rm", "--no-deps", "-e", "TABLEMATES_SECRET_KEY_FILE=", "rsvp", check=False)
    lines = [line for line in said.splitlines() if "TABLEMATES_SECRET_KEY is required" in line]
    assert len(lines) == 1
    assert "Traceback" not in said


async def test_a_secret_file_that_is_not_there_is_named(stack: Stack) -> None:
    said = stack.compose(
        "run", "--rm", "--no-deps", "-e", "TABLEMATES_SECRET_KEY_FILE=/secrets/gone", "rsvp", check=False
    )
    assert "TABLEMATES_SECRET_KEY_FILE=/secrets/gone: the file cannot be read" in said


async def test_a_wrong_database_password_is_waited_out(stack: Stack) -> None:
    gathering = a_gathering(stack, "Wrong password")
    right = stack.compose("exec", "-T", "rsvp", "cat", "/secrets/database_url").strip()
    stack.psql("postgres", "ALTER ROLE rsvp PASSWORD 'another'")
    try:
        stack.compose("restart", "rsvp")
        await says(stack, "rsvp", "password authentication failed")
    finally:
        password = right.partition("rsvp:")[2].partition("@")[0]
        stack.psql("postgres", f"ALTER ROLE rsvp PASSWORD '{password}'")
    await until_ready(stack)
    assert an_rsvp(stack, gathering, "after.password@example.org").status_code == 201


async def test_mail_waits_for_a_mail_server_that_cannot_be_reached(stack: Stack) -> None:
    gathering = a_gathering(stack, "No mail server")
    stack.compose("stop", "maildev")
    try:
        assert an_rsvp(stack, gathering, "waits.for.mail@example.org").status_code == 201
        await says(stack, "notify", "mail host is in trouble")
    finally:
        stack.compose("start", "maildev")
    await got_mail(stack, "waits.for.mail@example.org")
    await until_ready(stack)


async def test_a_second_stack_on_the_same_database_is_told_so(stack: Stack) -> None:
    network, image = f"{stack.project}_back", "tablemates/rsvp:0.1.0"
    other = run(
        *("docker", "run", "-d", "--network", network, "--read-only", "--tmpfs", "/tmp"),
        *("-v", f"{stack.project}_secrets-rsvp:/secrets:ro", "-e", "TABLEMATES_SECRET_KEY_FILE=/secrets/secret_key"),
        *("-e", "TABLEMATES_DATABASE_URL_FILE=/secrets/database_url", "-e", "TABLEMATES_PARTITIONS=8"),
        *("-e", "TABLEMATES_BROKER_URL=redis://redis:6379/1", image, "services.rsvp", "serve"),
    ).strip()
    try:

        async def told() -> str:
            said = run("docker", "exec", other, "python", "deploy/operations/ready.py", check=False)
            return said if "Another stack" in said else ""

        await wait_until(told, timeout=60, what="complaint of the second stack")
        lines = [line for line in run("docker", "logs", other, check=False).splitlines() if "Another stack" in line]
        assert len(lines) == 1
        assert stack.readyz("rsvp") == (200, [])
    finally:
        run("docker", "rm", "-f", other)


async def test_a_disk_that_is_full_refuses_rsvps_and_loses_none(stack: Stack) -> None:
    gathering = a_gathering(stack, "Full disk")
    assert an_rsvp(stack, gathering, "before.full@example.org").status_code == 201
    with no_room_for_rsvps(stack):
        refused = an_rsvp(stack, gathering, "while.full@example.org")
        assert (refused.status_code, refused.json()["code"]) == (503, "store_unavailable")
        await says(stack, "rsvp", "cannot serve right now")
    assert an_rsvp(stack, gathering, "while.full@example.org").status_code == 201
    for email in ("before.full@example.org", "while.full@example.org"):
        await got_mail(stack, email)


@contextmanager
def no_room_for_rsvps(stack: Stack) -> Iterator[None]:
    """PostgreSQL says what it says on a full disk (53100), whenever an RSVP is to be written."""
    stack.psql(
        "rsvp",
        "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
        " 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;"
        " CREATE TRIGGER no_room BEFORE INSERT ON rsvps EXECUTE FUNCTION no_room()",
    )
    try:
        yield
    finally:
        stack.psql("rsvp", "DROP TRIGGER no_room ON rsvps; DROP FUNCTION no_room()")


async def test_an_old_image_against_a_schema_that_dropped_something_refuses_to_work(stack: Stack) -> None:
    present = stack.psql("rsvp", "SELECT version_num FROM alembic_version")
    stack.psql(
        "rsvp",
        "CREATE TABLE schema_floor (revision varchar(32) PRIMARY KEY); GRANT SELECT ON schema_floor TO rsvp;"
        " INSERT INTO schema_floor VALUES ('9998'); UPDATE alembic_version SET version_num = '9999'",
    )
    try:
        said = stack.compose("run", "--rm", "--no-deps", "migrate-rsvp", check=False)
        assert "start the newer version" in said
        assert "Traceback" not in said
        stack.compose("restart", "rsvp")
        await says(stack, "rsvp", "serves versions from schema 9998 on")
    finally:
        stack.psql("rsvp", f"DROP TABLE schema_floor; UPDATE alembic_version SET version_num = '{present}'")
    await until_ready(stack)


async def test_a_newer_schema_that_only_grew_serves_the_old_image_as_well(stack: Stack) -> None:
    present = stack.psql("rsvp", "SELECT version_num FROM alembic_version")
    gathering = a_gathering(stack, "Newer schema")
    stack.psql("rsvp", "UPDATE alembic_version SET version_num = '9999'")
    try:
        stack.compose("restart", "rsvp")
        await until_ready(stack)
        assert an_rsvp(stack, gathering, "old.image@example.org").status_code == 201
        assert "schema.newer" in stack.logs("rsvp")
    finally:
        stack.psql("rsvp", f"UPDATE alembic_version SET version_num = '{present}'")


@pytest.mark.parametrize("body", ["{", '{"email": "not an address"}'])
async def test_a_wrong_request_is_no_trouble_of_the_service(stack: Stack, body: str) -> None:
    gathering = a_gathering(stack, "Wrong request")
    assert stack.post(f"/api/v1/gatherings/{gathering}/rsvps", body).status_code == 422
    assert stack.readyz("rsvp") == (200, [])
