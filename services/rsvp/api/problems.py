"""The place for what OpenAPI says of errors."""

from typing import Any

from pydantic import BaseModel, Field

from shared.web import PROBLEM

MEANINGS = {
    400: "The request could not be read.",
    401: "A key or a personal link is missing, or it is not known.",
    403: "This may not be done from there.",
    404: "There is nothing by that name.",
    409: "It cannot be done as things are: full, closed, over or cancelled.",
    410: "The link has expired.",
    413: "The body is too large.",
    422: "A field is missing, unknown, or holds something that cannot be taken; the sentence names it.",
    429: "Too many requests from this address.",
    503: "The database does not answer right now; nothing was changed.",
}


class Problem(BaseModel):
    """RFC 9457: `type` and `code` are stable, `detail` is one sentence that says what would be right."""

    type: str
    title: str
    status: int
    code: str
    detail: str = Field(examples=["This gathering is over, so nobody can RSVP to it any more."])


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"model": Problem, "description": MEANINGS[status], "content": {PROBLEM: schema}}
        for status in (*statuses, 503)
    }
