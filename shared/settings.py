"""The place for settings: environment, `.env`, or `NAME_FILE` for secrets; a wrong one stops the start in one line."""

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.errors import WrongSetting
from shared.wording import wrong_in_words

PREFIX = "TABLEMATES_"
BROKER_SCHEMES = ("embedded", "redis", "rediss", "unix", "redis+cluster", "redis+sentinel")
MAIL_SCHEMES = ("maildir", "smtp", "smtps")
DATABASE_SCHEMES = ("sqlite", "postgresql")
KEY_AT_LEAST = 16

AnySettings = TypeVar("AnySettings", bound="Settings")


class Settings(BaseSettings):
    """Every setting of every service; the names are `TABLEMATES_` and the field's name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Field(default=Path("data"), description="Everything embedded lives here.")
    broker_url: str = Field(default="embedded:", description="embedded:, redis://, rediss://, redis+cluster://, …")
    database_url: str = Field(default="sqlite:", description="sqlite: under the data folder, or postgresql://…")
    mail_url: SecretStr = Field(default=SecretStr("maildir:"), description="maildir:[PATH], smtp:// or smtps://")
    mail_from: str = Field(default="Tablemates <hello@localhost>", description="The sender of every mail.")
    public_url: str = Field(default="http://localhost:8000", description="Links in e-mails begin with it.")
    secret_key: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="Signs links; several, separated by commas, allow rotation: the first signs."
    )
    partitions: int = Field(default=1, ge=1, le=256, description="Stream partitions, 8 or more on a cluster.")
    log: Literal["console", "json", ""] = Field(default="", description="console on a terminal, else json")

    @field_validator("secret_key", mode="before")
    @classmethod
    def _several_keys(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = [part.strip() for part in re.split(r"[,\n]", value) if part.strip()]
        if any(len(str(key)) < KEY_AT_LEAST for key in value):
            raise ValueError(f"every key must have at least {KEY_AT_LEAST} characters")
        return tuple(value)

    @field_validator("broker_url")
    @classmethod
    def _known_broker(cls, value: str) -> str:
        return _one_of(value, BROKER_SCHEMES)

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        return _one_of(value, DATABASE_SCHEMES)

    @field_validator("mail_url")
    @classmethod
    def _known_mail(cls, value: SecretStr) -> SecretStr:
        _one_of(value.get_secret_value(), MAIL_SCHEMES)
        return value

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        _one_of(value, ("http", "https"))
        if not urlsplit(value).hostname:
            raise ValueError("must name a host, like https://tablemates.example.org")
        return value.rstrip("/")

    @field_validator("mail_from")
    @classmethod
    def _has_an_address(cls, value: str) -> str:
        if not re.fullmatch(r"[^\r\n]*[^\s@<>]+@[^\s@<>]+>?", value):
            raise ValueError("must be an address, like Tablemates <hello@example.org>")
        return value

    @model_validator(mode="after")
    def _a_key_outside_embedded_mode(self) -> Self:
        if not self.secret_key and not self.embedded:
            raise ValueError(
                "TABLEMATES_SECRET_KEY is required when the broker or the database is not embedded; "
                "make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
            )
        return self

    @property
    def embedded(self) -> bool:
        return self.broker_url.startswith("embedded:") and self.database_url.startswith("sqlite")

    def database_of(self, service: str) -> str:
        """The URL of one service's own database; `{service}` in it is the service's name, for a role of its own."""
        if self.database_url.startswith("sqlite"):
            return f"sqlite:///{self.data_dir.absolute()}/{service}.sqlite3"
        url = self.database_url.replace("{service}", service)
        parts = urlsplit(url)
        path = parts.path.strip("/")
        return url if path == service else parts._replace(path=f"/{path or service}").geturl()

    def keys(self) -> tuple[str, ...]:
        """The keys that sign links, made once and kept in the data folder where none is set."""
        if self.secret_key:
            return tuple(key.get_secret_value() for key in self.secret_key)
        return (_kept_key(self.data_dir / "secret.key"),)


def load(kind: type[AnySettings], environment: Mapping[str, str] | None = None, **overrides: Any) -> AnySettings:
    """Reads the settings. Raises WrongSetting, one line that names the setting and what would be right."""
    from_files: dict[str, Any] = secrets_from_files(os.environ if environment is None else environment)
    try:
        return kind(**from_files, **overrides)
    except ValidationError as error:
        raise WrongSetting(_in_one_line(error)) from None


def secrets_from_files(environment: Mapping[str, str]) -> dict[str, str]:
    """`TABLEMATES_X_FILE` names a file whose content is the value of `TABLEMATES_X`."""
    found = {}
    for name, path in environment.items():
        if name.startswith(PREFIX) and name.endswith("_FILE") and path:
            try:
                found[name.removeprefix(PREFIX).removesuffix("_FILE").lower()] = Path(path).read_text().strip()
            except OSError as error:
                raise WrongSetting(f"{name}={path}: the file cannot be read ({error.strerror}).") from None
    return found


def _one_of(value: str, schemes: tuple[str, ...]) -> str:
    if value.partition(":")[0] not in schemes or ":" not in value:
        raise ValueError("must begin with " + ", ".join(f"{scheme}:" for scheme in schemes))
    return value


def _in_one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    said = wrong_in_words(first)
    if not first["loc"]:
        return said
    name = PREFIX + str(first["loc"][0]).upper()
    secret = any(word in name for word in ("KEY", "MAIL_URL", "PASSWORD"))
    shown = "***" if secret else " ".join(without_password(str(first["input"])).split())
    return f"{name}={shown}: {said}"


def without_password(url: str) -> str:
    """A URL that may be shown: its password is masked."""
    return re.sub(r"(://[^:@/]*):[^/\s]*@", r"\1:***@", url)


def make_private(folder: Path) -> None:
    """Makes the folder, for its owner alone, where there is none. One that is there keeps the rights it was given."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _kept_key(path: Path) -> str:
    try:
        if not path.exists():
            make_private(path.parent)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(32))
        return path.read_text().strip()
    except OSError as error:
        why = error.strerror
        raise WrongSetting(f"{PREFIX}DATA_DIR={path.parent}: must be a folder that can be written ({why}).") from None
