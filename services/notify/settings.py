"""The place for what can be configured: what every service has, and what only mail needs."""

import os
from typing import Annotated, Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from services.notify.domain.kinds import KINDS
from shared import settings as shared_settings


class Settings(shared_settings.Settings):
    """Beside the shared settings: the secret of bounce reports, and which kinds may rather double than wait."""

    bounce_secret: SecretStr | None = Field(
        default=None, description="Signs POST /api/v1/bounces (Standard Webhooks): whsec_… or base64."
    )
    mail_resend: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Kinds of mail that go out again when nobody knows whether they arrived; all others are held.",
    )

    @field_validator("mail_resend", mode="before")
    @classmethod
    def _known_kinds(cls, value: Any) -> Any:
        kinds = tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
        if unknown := [kind for kind in kinds if kind not in KINDS]:
            raise ValueError(f"{', '.join(unknown)} is no kind of mail; there are {', '.join(KINDS)}")
        return kinds


def complete(settings: shared_settings.Settings) -> Settings:
    """The shared settings and, from the same environment, what only this service has. Raises WrongSetting."""
    if isinstance(settings, Settings):
        return settings
    given = {name: getattr(settings, name) for name in shared_settings.Settings.model_fields}
    given["secret_key"] = tuple(key.get_secret_value() for key in settings.secret_key)
    ours = shared_settings.secrets_from_files(os.environ)
    extra = {name: ours[name] for name in ("bounce_secret", "mail_resend") if name in ours}
    return shared_settings.load(Settings, {}, **(given | extra))
