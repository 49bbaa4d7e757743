"""The place for which mail host is meant, and how it is talked to: read from TABLEMATES_MAIL_URL."""

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from shared.errors import WrongSetting


@dataclass(frozen=True, slots=True)
class Host:
    """A mail host, read from `smtp://user:pass@host:587?tls=starttls|none&ca=FILE` or `smtps://…`."""

    hostname: str
    port: int
    username: str | None = None
    password: str | None = None
    implicit_tls: bool = False
    starttls: bool | None = None
    ca: str | None = None

    @classmethod
    def from_url(cls, url: str) -> "Host":
        """Raises WrongSetting."""
        parts = urlsplit(url)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        tls = asked.get("tls", "")
        try:
            port = parts.port
        except ValueError:
            raise WrongSetting("TABLEMATES_MAIL_URL=***: the port must be a number up to 65535.") from None
        if not parts.hostname or tls not in ("", "starttls", "none") or set(asked) - {"tls", "ca"}:
            raise WrongSetting(
                "TABLEMATES_MAIL_URL=***: must be like smtp://user:password@host:587?tls=starttls (or tls=none)."
            )
        implicit = parts.scheme == "smtps"
        return cls(
            hostname=parts.hostname,
            port=port or (465 if implicit else 587 if parts.username else 25),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
            implicit_tls=implicit,
            starttls=False if implicit or tls == "none" else True if tls == "starttls" else None,
            ca=asked.get("ca"),
        )
