"""The place for which gathering is near somebody: the same town before the same region, the sooner of two."""

from collections.abc import Iterable

from services.notify.domain.facts import Gathering, Place

FAR = 3


def distance(one: Place, other: Place) -> int:
    """0 in the same town, 1 in the same region, 2 in the same country, 3 further or not known."""
    for steps, names in enumerate((("city", "region"), ("region",), ("country",))):
        pairs = [(getattr(one, name), getattr(other, name)) for name in names]
        if pairs[0][0] and all(_same(mine, theirs) for mine, theirs in pairs) and _same(one.country, other.country):
            return steps
    return FAR


def nearest(gatherings: Iterable[Gathering], home: Place) -> Gathering | None:
    """The nearest gathering to come; one online is as near as one in the same region, one too far is none."""
    ranked = [
        (_away(gathering, home), gathering.starts_at, gathering.gathering_id, gathering) for gathering in gatherings
    ]
    near = [entry for entry in ranked if entry[0] < FAR]
    return min(near, key=lambda entry: entry[:3])[3] if near else None


def _away(gathering: Gathering, home: Place) -> int:
    away = distance(gathering.place, home)
    return min(away, 1) if gathering.format in ("virtual", "hybrid") else away


def _same(one: str | None, other: str | None) -> bool:
    return (one or "").strip().casefold() == (other or "").strip().casefold()
