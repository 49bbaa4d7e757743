"""The place for saying in our words what pydantic finds wrong with somebody's input: what would be right, never how
we read it.
"""

from collections.abc import Callable, Mapping
from typing import Any

Context = Mapping[str, Any]

_WORDS: dict[str, str | Callable[[Context], str]] = {
    "missing": "is missing",
    "extra_forbidden": "is not a field that we know",
    "greater_than_equal": lambda said: f"must be at least {said['ge']}",
    "greater_than": lambda said: f"must be more than {said['gt']}",
    "less_than_equal": lambda said: f"must be at most {said['le']:,}",
    "less_than": lambda said: f"must be less than {said['lt']:,}",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be a text",
    "string_unicode": "holds half of a surrogate pair, which cannot be stored or mailed",
    "string_too_short": lambda said: (
        "must not be empty" if said["min_length"] == 1 else f"must have at least {said['min_length']} characters"
    ),
    "string_too_long": lambda said: f"must have at most {said['max_length']:,} characters",
    "list_type": "must be a list",
    "too_long": lambda said: f"must have at most {said['max_length']:,} entries",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "literal_error": lambda said: f"must be {said['expected']}",
    "enum": lambda said: f"must be {said['expected']}",
    "timezone_aware": "must say its offset, like 2027-03-01T18:00:00-05:00",
    "datetime_type": "must be a time with its offset, like 2027-03-01T18:00:00-05:00",
    "datetime_parsing": "must be a time with its offset, like 2027-03-01T18:00:00-05:00",
    "datetime_from_date_parsing": "must be a time with its offset, like 2027-03-01T18:00:00-05:00",
}


def wrong_in_words(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors; what we have no words for stays in its own."""
    words = _WORDS.get(error["type"])
    if words is None:
        return str(error["msg"]).removeprefix("Value error, ")
    return words if isinstance(words, str) else words(error.get("ctx", {}))


def all_in_words(errors: list[Any]) -> str:
    """The first few, each with its field, as one sentence."""
    return "; ".join(f"{'.'.join(map(str, error['loc']))}: {wrong_in_words(error)}" for error in errors[:5]) + "."
