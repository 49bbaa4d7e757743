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
from jinja2 import Environment, StrictUndefined, Template

FOLDER = Path(__file__).parent / "mails"
_CONTENT, _FOOTER = "@@CONTENT@@", "@@FOOTER@@"
_LINE_MOST = 160
_BEFORE_ATTRIBUTE = re.compile(r'(?<=[a-z"]) (?=[a-z:-]+=")')
_MARKUP = Environment(undefined=StrictUndefined, autoescape=True)
_PLAIN = Environment(
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 - this is the plain text part
)
_INCLUDE = re.compile(r"\[\[(\w+)\]\]\n?")


class Templates:
    """The text and HTML parts of every kind."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    def text(self, kind: str, words: Mapping[str, Any]) -> str:
        return _text_of(self._folder, kind).render(words)

    def html(self, kind: str, words: Mapping[str, Any]) -> str:
        return _html_of(self._folder, kind).render(words)


@cache
def _text_of(folder: Path, kind: str) -> Template:
    return _PLAIN.from_string(_whole(folder, f"{kind}.txt"))


@cache
def _html_of(folder: Path, kind: str) -> Template:
    """Layout and content of a kind, as a template in which only names are left to fill in."""
    content = _whole(folder, f"{kind}.html")
    footer = "" if kind == "erasure.done" else (folder / "_footer.html").read_text()
    whole = css_inline.inline(
        _layout(folder).replace(_CONTENT, content).replace(_FOOTER, footer),
        extra_css=(folder / "mail.css").read_text(),
        keep_at_rules=True,
        load_remote_stylesheets=False,
    )
    return _MARKUP.from_string(_in_lines(whole))


def _in_lines(html: str) -> str:
    """Lines that mail carries as they are: long ones are broken before an attribute, where a line's end is a space."""
    whole, *rest = _BEFORE_ATTRIBUTE.split(html)
    for part in rest:
        length = len(whole) - (whole.rfind("\n") + 1) + len(part)
        whole += ("\n" if length > _LINE_MOST else " ") + part
    return whole


@cache
def _layout(folder: Path) -> str:
    # left to itself MJML has a font of that name fetched from a stranger, who would hear of every mail that is opened
    nothing_fetched = mrml.RenderOptions(fonts={})
    return str(mrml.to_html((folder / "layout.mjml").read_text(), render_options=nothing_fetched).content)


def _whole(folder: Path, name: str) -> str:
    """A template with its fragments in place: `[[hello]]` is what `_hello` holds, with the same ending."""
    ending = Path(name).suffix
    return _INCLUDE.sub(lambda found: (folder / f"_{found.group(1)}{ending}").read_text(), (folder / name).read_text())
