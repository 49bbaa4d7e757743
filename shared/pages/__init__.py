"""The place for pages as every service shows them: one look, no script, and headers that keep a page to itself."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE = Path(__file__).parent
NBSP = "\u00a0"
STYLE = (HERE / "style.css").read_text()
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    # No script runs, nothing is loaded, only the one style sheet by its hash is used, and nobody frames us.
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


class Pages:
    """Renders a service's templates. They extend `base.html`, and see `when` and what `words` adds."""

    def __init__(self, folder: Path, words: Mapping[str, Callable[..., Any]] | None = None) -> None:
        self._templates = Environment(
            loader=FileSystemLoader([folder, HERE]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # The style is ours and is not escaped: its hash stands in the header.
        self._templates.globals |= {"style": Markup(STYLE), "when": when, **(words or {})}  # noqa: S704

    def page(
        self, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **shown: Any
    ) -> HTMLResponse:
        """A page. Whatever `shown` holds is escaped; `headers` add to those that every page has."""
        body = self._templates.get_template(template).render(shown)
        return HTMLResponse(body, status, headers={**HEADERS, **(headers or {})})

    def problem(self, _request: Request, status: int, document: Mapping[str, Any]) -> Response:
        """A problem for somebody in a browser, with the status that a program would get: `create_app(page=…)`."""
        return self.page("problem.html", status=status, headers=PRIVATE, problem=document)


def when(starts_at: datetime, ends_at: datetime, timezone: str) -> str:
    """`Monday, 8 March 2027, 18:00 – 21:00 (New York time)`, or with both days when they differ."""
    zone = ZoneInfo(timezone)
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    place = "UTC" if timezone in ("UTC", "Etc/UTC") else f"{timezone.rpartition('/')[2].replace('_', NBSP)}{NBSP}time"
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%A}, {end.day} {end:%B} {end.year}, {end:%H:%M}"
    return f"{start:%A}, {start.day} {start:%B} {start.year}, {start:%H:%M} – {until} ({place})"
