"""What operators run inside the images: secrets, the numbers of the machine, the jump after a restore."""

import io
import os
import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from deploy.operations import secrets
from deploy.operations.jump import FAR, jump
from deploy.operations.watch import Machine, last_backup, not_after
from shared import migrate
from shared.db import open_engine
from shared.settings import Settings, load
from shared.tables import outbox_heads

BACKUP = Path(secrets.__file__).with_name("backup.sh")


@pytest.fixture
def given(tmp_path: Path) -> Path:
    folder = tmp_path / "given"
    folder.mkdir()
    return folder


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    return tmp_path / "vault"


def prepared(vault: Path, given: Path, *arguments: str) -> dict[str, str]:
    secrets.main(["--vault", str(vault), "--given", str(given), *(arguments or ("prepare",))])
    return {str(path.relative_to(vault)): path.read_text().strip() for path in vault.rglob("*") if path.is_file()}


def test_secrets_are_made_once_and_stay(vault: Path, given: Path) -> None:
    assert prepared(vault, given) == prepared(vault, given)


def test_each_service_sees_only_its_own_password(vault: Path, given: Path) -> None:
    made = prepared(vault, given)
    passwords = {name: made[f"postgres/{name}_password"] for name in ("rsvp", "intro", "notify", "postgres")}
    assert len(set(passwords.values())) == 4
    for service in ("rsvp", "intro", "notify"):
        seen = " ".join(text for path, text in made.items() if path.startswith(f"{service}/"))
        assert [name for name, password in passwords.items() if password in seen] == [service]


def test_what_the_operator_brings_wins(vault: Path, given: Path) -> None:
    prepared(vault, given)
    (given / "mail_url").write_text("smtps://me:pw@mail.example.org\n")
    assert prepared(vault, given)["notify/mail_url"] == "smtps://me:pw@mail.example.org"


def test_a_new_link_key_is_accepted_everywhere_before_it_signs(vault: Path, given: Path) -> None:
    (before,) = prepared(vault, given)["rsvp/secret_key"].split(",")
    first, second = prepared(vault, given, "rotate", "key")["intro/secret_key"].split(",")
    assert first == before
    assert prepared(vault, given, "sign")["notify/secret_key"].split(",") == [second, before]


def test_new_passwords_leave_the_link_keys_alone(vault: Path, given: Path) -> None:
    before, after = prepared(vault, given), prepared(vault, given, "rotate", "passwords")
    changed = {path for path in before if before[path] != after[path]}
    assert "postgres/rsvp_password" in changed
    assert not [path for path in changed if "key" in path]


def test_the_keys_of_a_backup_are_accepted_as_well(vault: Path, given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own,) = prepared(vault, given)["rsvp/secret_key"].split(",")
    monkeypatch.setattr("sys.stdin", io.StringIO("a-key-from-another-machine\n"))
    assert prepared(vault, given, "accept")["rsvp/secret_key"] == f"{own},a-key-from-another-machine"


def test_the_command_line_finds_each_services_database(vault: Path, given: Path) -> None:
    made = prepared(vault, given)
    settings = load(Settings, {}, database_url=made["tools/database_url"], secret_key="k" * 16)
    assert settings.database_of("intro") == "postgresql://intro@postgres:5432/intro"
    assert f"postgres:5432:intro:intro:{made['postgres/intro_password']}" in made["tools/pgpass"].splitlines()
    assert (vault / "tools" / "pgpass").stat().st_mode & 0o777 == 0o600


def test_after_a_restore_numbering_goes_on_far_above(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'rsvp.sqlite'}"
    migrate.upgrade("rsvp", url)
    engine = open_engine(url)
    with engine.begin() as sql:
        sql.execute(sa.insert(outbox_heads).values(stream="rsvp.events.3", top=41))
    assert jump(engine) == ["rsvp.events.3"]
    with engine.connect() as sql:
        assert sql.execute(sa.select(outbox_heads.c.top)).scalar() == 41 + FAR


def test_the_age_of_the_newest_backup_is_known(tmp_path: Path) -> None:
    assert last_backup(tmp_path) is None
    (tmp_path / "tablemates-20260504T180000Z.tar").touch()
    assert last_backup(tmp_path) == (tmp_path / "tablemates-20260504T180000Z.tar").stat().st_mtime


def test_room_on_the_disks_is_measured(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    size, free = list(Machine(tmp_path, "").collect())
    assert size.samples[0].labels == {"volume": "postgres"}
    assert 0 < free.samples[0].value <= size.samples[0].value


def test_the_end_of_a_certificate_is_read(tmp_path: Path) -> None:
    made = tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", "/dev/null", "-out", str(made), "-subj", "/CN=example.org", "-days", "30"]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no openssl to make a certificate with")
    ends = datetime.fromtimestamp(not_after(ssl.PEM_cert_to_DER_cert(made.read_text())), UTC)
    assert 29 <= (ends - datetime.now(UTC)).days <= 30


def test_a_backup_is_for_its_maker_alone(tmp_path: Path) -> None:
    backups, keys, programs = (tmp_path / name for name in ("backups", "keys", "programs"))
    for folder in (backups, keys / "rsvp", programs):
        folder.mkdir(parents=True)
    (keys / "rsvp" / "secret_key").write_text("a key that signs links")
    dump = programs / "pg_dump"
    dump.write_text('#!/bin/sh\nfor o in "$@"; do case $o in --file=*) echo all > "${o#--file=}";; esac; done\n')
    dump.chmod(0o755)
    script = BACKUP.read_text().replace("/backups", str(backups)).replace("/secrets", str(keys))
    environment = {"PATH": f"{programs}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-c", f"umask 022\n{script}"], env=environment, check=True, capture_output=True)
    (made,) = backups.glob("*.tar")
    assert made.stat().st_mode & 0o777 == 0o600
