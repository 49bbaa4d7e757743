"""The place for pages of a list: an opaque cursor that names the last item seen."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from shared.errors import InvalidInput

Item = TypeVar("Item")

MOST = 200


def cursor_after(key: str) -> str:
    """The cursor that goes on behind the item with this key."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def key_of(cursor: str | None) -> str:
    """The key in a cursor, empty for the first page. Raises InvalidInput."""
    if not cursor:
        return ""
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise InvalidInput(
            "The cursor is not one of ours; take `next` from the answer before, or leave it out."
        ) from None


def page(items: Sequence[Item], *, limit: int, key: Callable[[Item], str]) -> dict[str, Any]:
    """`{"items", "next"}` from up to `limit + 1` items that were read; `next` is null on the last page."""
    more = len(items) > limit
    shown = items[:limit]
    return {"items": shown, "next": cursor_after(key(shown[-1])) if more else None}
