"""The place for templates: MJML becomes HTML with its styles inlined once, and mails are filled in from then on.

What people wrote never meets MJML or the inliner: it is put in, escaped, when everything else is done.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import css_inline
import mrml
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

FOLDER = Path(__file__).parent / "mails"
_CONTENT, _FOOTER = "@@CONTENT@@", "@@FOOTER@@"
_INCLUDE = re.compile(r"\[\[(\w+)\]\]")


class Templates:
    """The text and HTML parts of every kind."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._plain = Environment(
            loader=FileSystemLoader(folder),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            autoescape=False,  # noqa: S701 - this is the plain text part
        )

    def text(self, kind: str, words: Mapping[str, Any]) -> str:
        return self._plain.get_template(f"{kind}.txt").render(words)

    def html(self, kind: str, words: Mapping[str, Any]) -> str:
        return _html_of(self._folder, kind).render(words)


@cache
def _html_of(folder: Path, kind: str) -> Template:
    """Layout and content of a kind, as a template in which only names are left to fill in."""
    content = _with_fragments(folder, (folder / f"{kind}.html").read_text())
    footer = "" if kind == "erasure.done" else (folder / "_footer.html").read_text()
    whole = css_inline.inline(
        _layout(folder).replace(_CONTENT, content).replace(_FOOTER, footer),
        extra_css=(folder / "mail.css").read_text(),
        keep_at_rules=True,
        load_remote_stylesheets=False,
    )
    return Environment(undefined=StrictUndefined, autoescape=True).from_string(whole)


@cache
def _layout(folder: Path) -> str:
    # left to itself MJML has a font of that name fetched from a stranger, who would hear of every mail that is opened
    nothing_fetched = mrml.RenderOptions(fonts={})
    return str(mrml.to_html((folder / "layout.mjml").read_text(), render_options=nothing_fetched).content)


def _with_fragments(folder: Path, source: str) -> str:
    return _INCLUDE.sub(lambda found: (folder / f"_{found.group(1)}.html").read_text(), source)
