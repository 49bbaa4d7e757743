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
            autoescape=False,  # noqa: S701 - this is the plain text part
        )
        self._rich = Environment(loader=FileSystemLoader(folder), undefined=StrictUndefined, autoescape=True)
        self._html_of = cache(self._build)

    def text(self, kind: str, words: Mapping[str, Any]) -> str:
        return self._plain.get_template(f"{kind}.txt").render(words)

    def html(self, kind: str, words: Mapping[str, Any]) -> str:
        return self._html_of(kind).render(words)

    def _build(self, kind: str) -> Template:
        """Layout and content of a kind, as a template in which only names are left to fill in."""
        layout = mrml.to_html((self._folder / "layout.mjml").read_text()).content
        content = _INCLUDE.sub(lambda found: self._fragment(found.group(1)), self._source(f"{kind}.html"))
        footer = "" if kind == "erasure.done" else self._fragment("footer")
        whole = css_inline.inline(
            layout.replace(_CONTENT, content).replace(_FOOTER, footer),
            extra_css=self._source("mail.css"),
            keep_at_rules=True,
            load_remote_stylesheets=False,
        )
        return self._rich.from_string(whole)

    def _fragment(self, name: str) -> str:
        return _INCLUDE.sub(lambda found: self._fragment(found.group(1)), self._source(f"_{name}.html"))

    def _source(self, name: str) -> str:
        return (self._folder / name).read_text()
