"""Operations, each one command and rehearsed: backup, rotation, upgrade, doctor, dead letters, replay, history."""

import asyncio
import json
import re
from pathlib import Path

import httpx

from tests.containers.conftest import until_ready
from tests.containers.crowd import a_crowd, a_gathering
from tests.containers.stack import Stack, run
from tests.containers.test_wrong_operations import an_rsvp, got_mail
from tests.waiting import wait_until

NEW_VERSION = """FROM tablemates/{service}:0.1.0
COPY next.py /app/services/{service}/migrations/versions/9000_next.py
"""
NEXT_SCHEMA = '''"""The place for a column that the next version adds."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "9000", "{present}"


def upgrade() -> None:
    op.add_column("{table}", sa.Column("of_the_next_version", sa.Text))
'''
GROWING = {"rsvp": "rsvps", "intro": "leases", "notify": "leases"}


async def test_a_backup_is_restored_and_everything_goes_on_from_there(stack: Stack) -> None:
    gathering = a_gathering(stack, "Backup")
    assert an_rsvp(stack, gathering, "before.backup@example.org").status_code == 201
    await got_mail(stack, "before.backup@example.org")
    made = stack.operate("backup")
    assert an_rsvp(stack, gathering, "after.backup@example.org").status_code == 201
    await got_mail(stack, "after.backup@example.org")

    stack.operate("restore", re.findall(r"tablemates-\S+\.tar", made)[0])
    await until_ready(stack)

    def emails() -> set[str]:
        listed = stack.organiser("GET", f"/api/v1/gatherings/{gathering}/rsvps")["items"]
        return {rsvp["email"] for rsvp in listed}

    assert emails() == {"before.backup@example.org"}
    assert an_rsvp(stack, gathering, "after.restore@example.org").status_code == 201
    await got_mail(stack, "after.restore@example.org")
    assert len(stack.mails(**{"to.address": "before.backup@example.org"})) == 1
    heads = stack.psql("rsvp", "SELECT max(sequence) FROM outbox")
    assert int(heads) > 1_000_000


async def test_a_backup_that_is_not_there_stops_nothing_for_good(stack: Stack) -> None:
    said = stack.operate("restore", "tablemates-19990101T000000Z.tar", check=False)
    assert "there is no such backup" in said
    await until_ready(stack)


async def test_links_that_are_out_outlive_a_new_key(stack: Stack) -> None:
    gathering = a_gathering(stack, "Key rotation")
    assert an_rsvp(stack, gathering, "old.link@example.org").status_code == 201
    await got_mail(stack, "old.link@example.org")
    stack.operate("rotate", "key")
    await until_ready(stack)
    assert an_rsvp(stack, gathering, "new.link@example.org").status_code == 201
    await got_mail(stack, "new.link@example.org")
    for email in ("old.link@example.org", "new.link@example.org"):
        (mail,) = stack.mails(**{"to.address": email})
        token = re.findall(r"/my/(\S+)", mail["text"])[0]
        answer = httpx_get(stack, "/api/v1/my/rsvp", token)
        assert answer.json()["status"] == "going"


def httpx_get(stack: Stack, path: str, token: str) -> httpx.Response:
    return httpx.get(stack.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=30)


async def test_new_passwords_cost_no_rsvp(stack: Stack) -> None:
    before = stack.compose("exec", "-T", "rsvp", "cat", "/secrets/database_url")
    async with a_crowd(stack, "Passwords", per_second=4) as crowd:
        await asyncio.to_thread(stack.operate, "rotate", "passwords")
        await asyncio.to_thread(lambda: asyncio.run(until_ready(stack)))
    count = await crowd.count()
    assert not count.lost
    assert not count.twice
    assert not count.without_mail
    assert not count.unknown
    assert stack.compose("exec", "-T", "rsvp", "cat", "/secrets/database_url") != before


async def test_old_and_new_serve_side_by_side_during_an_upgrade(stack: Stack, tmp_path: Path) -> None:
    for service, table in GROWING.items():
        present = stack.psql(service, "SELECT version_num FROM alembic_version")
        (tmp_path / "next.py").write_text(NEXT_SCHEMA.format(present=present, table=table))
        (tmp_path / "Dockerfile").write_text(NEW_VERSION.format(service=service))
        run("docker", "build", "-q", "-t", f"tablemates/{service}:9.0.0", str(tmp_path))
    old = {service: stack.ids(service) for service in GROWING}
    async with a_crowd(stack, "Upgrade", per_second=4) as crowd:
        stack.settings = {"TABLEMATES_VERSION": "9.0.0", "TABLEMATES_NO_BUILD": "yes"}
        await asyncio.to_thread(stack.operate, "upgrade")
    count = await crowd.count()
    try:
        for service in GROWING:
            (container,) = stack.ids(service)
            assert container not in old[service]
            assert run("docker", "inspect", "--format", "{{.Config.Image}}", container).strip().endswith(":9.0.0")
            assert stack.psql(service, "SELECT version_num FROM alembic_version") == "9000"
        assert not count.lost
        assert not count.twice
        assert not count.without_mail
        assert not count.unknown
    finally:
        stack.settings = {}
        stack.up()  # back to the old images, on the newer schema


async def test_the_doctor_finds_nothing_wrong_inside_the_stack(stack: Stack) -> None:
    said = stack.operate("doctor", check=False)
    assert "ok  database rsvp" in said
    assert "ok  broker" in said
    assert "ok  mail" in said
    assert "NOT" not in said


async def test_one_persons_history_spans_the_services_by_one_correlation_id(stack: Stack) -> None:
    gathering = a_gathering(stack, "History")
    answer = an_rsvp(stack, gathering, "one.person@example.org")
    await got_mail(stack, "one.person@example.org")
    correlation_id = answer.headers["x-correlation-id"]
    happened = json.loads(stack.operate("history", "one.person@example.org", "--json"))
    caused = [one for one in happened if one["correlation_id"] == correlation_id]
    assert {"rsvp", "notify"} <= {one["service"] for one in caused}
    assert any(one["what"].startswith("mail rsvp.confirmed sent") for one in caused)
    for service in ("rsvp", "notify"):
        assert correlation_id in stack.logs(service)


async def test_a_dead_letter_is_listed_and_dropped_and_others_were_never_held_up(stack: Stack) -> None:
    stream = stack.psql("rsvp", "SELECT stream FROM outbox_heads ORDER BY stream LIMIT 1")
    head = stack.psql("rsvp", f"SELECT top FROM outbox_heads WHERE stream = '{stream}'")
    stack.psql(
        "rsvp",
        f"UPDATE outbox_heads SET top = top + 1 WHERE stream = '{stream}';"
        " INSERT INTO outbox (stream, sequence, type, subject, body, created_at)"
        f" VALUES ('{stream}', {int(head) + 1}, 'x', 'poison', 'not json', now())",
    )

    def dead() -> list[dict[str, object]]:
        listed = json.loads(stack.operate("dead", "list", "--json"))
        return [entry for entry in listed if entry["stream"] == stream and entry["sequence"] == int(head) + 1]

    entries = await wait_until(dead, timeout=60, what="dead letter")
    assert {entry["service"] for entry in entries} == {"intro", "notify"}
    for entry in entries:
        where = (str(entry["service"]), stream, str(entry["sequence"]))
        stack.operate("dead", "drop", *where, "--note", "a rehearsal")
    assert not dead()
    gathering = a_gathering(stack, "After a dead letter")
    assert an_rsvp(stack, gathering, "after.poison@example.org").status_code == 201
    await got_mail(stack, "after.poison@example.org")


async def test_a_replay_rebuilds_a_projection_and_sends_nothing_again(stack: Stack) -> None:
    gathering = a_gathering(stack, "Replay")
    assert an_rsvp(stack, gathering, "replayed@example.org").status_code == 201
    await got_mail(stack, "replayed@example.org")
    stack.psql("notify", f"DELETE FROM rsvps WHERE gathering_id = '{gathering}'")
    stack.operate("replay", "notify")
    assert stack.psql("notify", f"SELECT count(*) FROM rsvps WHERE gathering_id = '{gathering}'") == "1"
    assert len(stack.mails(**{"to.address": "replayed@example.org"})) == 1
