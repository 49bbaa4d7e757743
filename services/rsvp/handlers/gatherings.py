"""The place for what organisers do with gatherings: create, change, cancel."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog

from services.rsvp.domain import capacity, gatherings, slugs
from services.rsvp.domain.gatherings import Gathering
from services.rsvp.domain.profiles import TEXT_MAX, carried
from services.rsvp.handlers.facts import gathering_facts
from services.rsvp.handlers.seats import locked, promote
from services.rsvp.ports import Store
from shared.contracts.rsvp import GatheringCancelled, GatheringChanged, GatheringCreated
from shared.transaction import Transaction

log = structlog.get_logger()


def create_gathering(tx: Transaction[Store], fields: Mapping[str, Any], *, public_url: str) -> Gathering:
    """A new gathering from the fields in `CHANGEABLE`. Raises FieldRefused."""
    slug = slugs.slug_of(fields["title"])
    gathering = Gathering(id=tx.new_id(), slug=slug, created_at=tx.now, updated_at=tx.now, **fields)
    gatherings.check_upcoming(gathering, now=tx.now)
    while not tx.store.add_gathering(gathering):
        gathering = replace(gathering, slug=slugs.another(slug, tx.chance))
    tx.say(GatheringCreated(**gathering_facts(gathering, public_url=public_url)))
    log.info("gathering.created", gathering_id=gathering.id)
    return gathering


def change_gathering(
    tx: Transaction[Store], reference: str, changes: Mapping[str, Any], *, public_url: str
) -> Gathering:
    """Changes what is given; more places go to those who wait. What changes nothing is no news."""
    before = locked(tx, reference)
    after, changed = gatherings.changed(before, changes, now=tx.now)
    if not changed:
        return before
    capacity.resized(before.room, after.capacity)
    after = replace(after, version=before.version + 1, updated_at=tx.now)
    tx.store.save_gathering(after)
    tx.say(GatheringChanged(**gathering_facts(after, public_url=public_url), changed=changed))
    log.info("gathering.changed", gathering_id=after.id, changed=changed)
    return promote(tx, after) if "capacity" in changed else after


def cancel_gathering(tx: Transaction[Store], reference: str, *, reason: str, public_url: str) -> Gathering:
    """Cancels it, once: everything else follows from the one event. A repeated cancellation is no news."""
    before = locked(tx, reference)
    if before.is_off:
        return before
    carried(reason, field="reason", most=TEXT_MAX)
    after = replace(before, cancelled_at=tx.now, updated_at=tx.now, cancel_reason=reason, version=before.version + 1)
    tx.store.save_gathering(after)
    tx.say(GatheringCancelled(**gathering_facts(after, public_url=public_url), reason=reason))
    log.info("gathering.cancelled", gathering_id=after.id)
    return after
