"""The place for what can be configured of the rsvp service, beyond what every service has."""

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.rsvp.adapters.limits import RSVPS_PER_MINUTE
from shared.errors import WrongSetting
from shared.settings import PREFIX, Settings

__all__ = ["Measure", "Settings", "measure"]


class Measure(BaseSettings):
    """`TABLEMATES_RSVPS_PER_MINUTE`: how many RSVPs one client address may send in a minute."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    rsvps_per_minute: int = Field(default=RSVPS_PER_MINUTE, ge=1)


def measure() -> Measure:
    """Raises WrongSetting."""
    try:
        return Measure()
    except ValidationError as error:
        raise WrongSetting(
            f"{PREFIX}RSVPS_PER_MINUTE={error.errors()[0]['input']}: must be a whole number from 1."
        ) from None
