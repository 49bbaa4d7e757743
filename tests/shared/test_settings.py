"""A wrong setting stops the start with one line that names it, its value without secrets, and what would be right."""

import stat
from pathlib import Path

import pytest

from shared.errors import WrongSetting
from shared.settings import PREFIX, Settings, load, make_private, without_password

A_KEY = "a secret key that is long enough"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os  # noqa: PLC0415 - only to empty it

    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


WRONG = [
    ("BROKER_URL", "localhost:6379", "redis:"),
    ("BROKER_URL", "http://localhost", "redis:"),
    ("DATABASE_URL", "mysql://root:hunter2@db/rsvp", "postgresql:"),
    ("MAIL_URL", "imap://dana:hunter2@mail.example.org", "smtp:"),
    ("MAIL_FROM", "Tablemates", "Tablemates <hello@example.org>"),
    ("MAIL_FROM", "Tablemates <hello@example.org>\r\nBcc: all@example.org", "Tablemates <hello@example.org>"),
    ("PUBLIC_URL", "tablemates.example.org", "https:"),
    ("PUBLIC_URL", "https://", "https://tablemates.example.org"),
    ("SECRET_KEY", "hunter2", "at least 16 characters"),
    ("PARTITIONS", "0", "must be at least 1"),
    ("PARTITIONS", "many", "must be a whole number"),
    ("LOG", "loud", "console"),
]


@pytest.mark.parametrize(("name", "value", "right"), WRONG)
def test_a_wrong_value_is_one_line_that_says_what_would_be_right(
    name: str, value: str, right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(WrongSetting) as caught:
        load(Settings)
    said = caught.value.sentence
    assert "\n" not in said
    assert PREFIX + name in said
    assert right in said
    assert "hunter2" not in said


def test_the_value_that_was_found_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLEMATES_BROKER_URL", "localhost:6379")
    with pytest.raises(WrongSetting, match=r"^TABLEMATES_BROKER_URL=localhost:6379: "):
        load(Settings)


def test_nothing_needs_to_be_set() -> None:
    settings = load(Settings)
    assert settings.embedded
    assert settings.database_of("rsvp").endswith("/data/rsvp.sqlite3")


@pytest.mark.parametrize("name", ["BROKER_URL", "DATABASE_URL"])
def test_outside_embedded_mode_a_key_is_required(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = {"BROKER_URL": "redis://localhost", "DATABASE_URL": "postgresql://localhost"}[name]
    monkeypatch.setenv(PREFIX + name, url)
    with pytest.raises(WrongSetting, match="TABLEMATES_SECRET_KEY is required"):
        load(Settings)
    monkeypatch.setenv("TABLEMATES_SECRET_KEY", A_KEY)
    assert load(Settings).keys() == (A_KEY,)


def test_several_keys_allow_rotation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLEMATES_SECRET_KEY", f"the-newest-key-of-all, {A_KEY.replace(' ', '-')}")
    assert load(Settings).keys() == ("the-newest-key-of-all", A_KEY.replace(" ", "-"))


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    settings = load(Settings, data_dir=tmp_path / "data")
    made = settings.keys()
    assert load(Settings, data_dir=tmp_path / "data").keys() == made
    assert len(made[0]) >= 32
    assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600


def test_a_data_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file stands here")
    with pytest.raises(WrongSetting, match="TABLEMATES_DATA_DIR"):
        load(Settings, data_dir=tmp_path / "data").keys()


def test_a_folder_that_we_make_is_for_its_owner_alone_with_whatever_it_is_made_in(tmp_path: Path) -> None:
    make_private(tmp_path / "data" / "broker")
    rights = [(tmp_path / folder).stat().st_mode & 0o777 for folder in ("data", "data/broker")]
    assert rights == [0o700, 0o700]


def test_a_folder_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_private(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_secret_can_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(A_KEY + "\n")
    monkeypatch.setenv("TABLEMATES_SECRET_KEY_FILE", str(tmp_path / "key"))
    (tmp_path / "mail").write_text("smtp://dana:hunter2@mail.example.org")
    monkeypatch.setenv("TABLEMATES_MAIL_URL_FILE", str(tmp_path / "mail"))
    settings = load(Settings)
    assert settings.mail_url.get_secret_value() == "smtp://dana:hunter2@mail.example.org"
    assert "hunter2" not in repr(settings)


def test_a_secret_file_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLEMATES_SECRET_KEY_FILE", "/nowhere/key")
    with pytest.raises(WrongSetting, match=r"^TABLEMATES_SECRET_KEY_FILE=/nowhere/key: the file cannot be read"):
        load(Settings)


def test_a_wrong_value_in_a_secret_file_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mail").write_text("imap://dana:hunter2@mail.example.org")
    monkeypatch.setenv("TABLEMATES_MAIL_URL_FILE", str(tmp_path / "mail"))
    with pytest.raises(WrongSetting) as caught:
        load(Settings)
    assert "hunter2" not in caught.value.sentence


def test_settings_are_read_from_a_dot_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TABLEMATES_PARTITIONS=8\nSOMETHING_ELSE=1\n")
    assert load(Settings).partitions == 8


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://tm:hunter2@db/rsvp", "postgresql://tm:***@db/rsvp"),
        ("redis://:hunter2@redis:6379", "redis://:***@redis:6379"),
        ("redis://redis:6379", "redis://redis:6379"),
        ("redis://tm:p@ss:word@redis", "redis://tm:***@redis"),
    ],
)
def test_a_password_in_a_url_is_masked(url: str, shown: str) -> None:
    assert without_password(url) == shown


@pytest.mark.parametrize(
    ("url", "rsvp"),
    [
        ("postgresql://tm:pw@db:5432/", "postgresql://tm:pw@db:5432/rsvp"),
        ("postgresql://tm:pw@db:5432/rsvp", "postgresql://tm:pw@db:5432/rsvp"),
        ("postgresql://tm:pw@db/?sslmode=require", "postgresql://tm:pw@db/rsvp?sslmode=require"),
    ],
)
def test_each_service_has_its_own_database(url: str, rsvp: str) -> None:
    assert Settings(database_url=url, secret_key=A_KEY).database_of("rsvp") == rsvp  # type: ignore[arg-type]


def test_the_settings_hold_what_the_interfaces_promise() -> None:
    promised = "data_dir broker_url database_url mail_url mail_from public_url secret_key partitions log".split()
    assert set(promised) <= set(Settings.model_fields)
