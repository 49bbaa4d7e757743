"""The place for what journeys ask of a town again and again."""

from datetime import timedelta
from typing import Any

from deploy.story.mailboxes import Letter
from deploy.story.town import Town


async def a_gathering(town: Town, *, starts_in: timedelta = timedelta(days=10), **fields: Any) -> dict[str, Any]:
    """A gathering in the future; fields as the API takes them."""
    starts = (town.now() + starts_in).replace(microsecond=0)
    body = {
        "title": "Catalogue and conversation",
        "kind": "meeting",
        "format": "in_person",
        "timezone": "America/New_York",
        "place": {"name": "The Old Depot", "city": "Asheville", "region": "NC", "country": "US"},
        "introductions": {"mode": "ask", "per_person": 3, "rounds_before": ["P3D"]},
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=2)).isoformat(),
    } | fields
    answer: dict[str, Any] = await town.organiser("POST", "/api/v1/gatherings", json=body)
    return answer


async def rsvps(town: Town, gathering: dict[str, Any], name: str, **fields: Any) -> dict[str, Any]:
    """An organiser enters somebody, who is going at once; the profile is made of the fields left over."""
    about = {key: fields.pop(key) for key in ("introductions", "guests", "response", "email") if key in fields}
    body = {
        "email": address_of(name),
        "name": name,
        "response": "going",
        "introductions": True,
        "profile": fields,
    } | about
    answer: dict[str, Any] = await town.organiser("POST", f"/api/v1/gatherings/{gathering['id']}/rsvps", json=body)
    return answer


async def the_letter(town: Town, name: str, kind: str) -> Letter:
    """The newest letter of a kind to somebody; fails with what they did get."""
    received = await town.letters(to=address_of(name))
    fitting = [letter for letter in received if letter.kind == kind]
    assert fitting, f"{name} got no {kind}, but {[letter.kind for letter in received]}"
    return fitting[-1]


async def kinds_to(town: Town, name: str) -> list[str]:
    """The kinds of all letters to somebody, in the order in which they came."""
    return [letter.kind for letter in await town.letters(to=address_of(name))]


async def introductions_of(town: Town, gathering: dict[str, Any]) -> list[dict[str, Any]]:
    """All introductions of a gathering as the organiser sees them."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        path = f"/api/v1/gatherings/{gathering['id']}/introductions?limit=200&cursor={cursor}"
        page = await town.organiser("GET", path)
        found += page["items"]
        cursor = page["next"]
    return found


def address_of(name: str) -> str:
    return f"{name.split(maxsplit=1)[0].lower()}@example.org"
