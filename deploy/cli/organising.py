"""The place for organisers' work by command: keys, gatherings, rounds, erasure."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from deploy.cli import say
from deploy.cli.operate import opened
from deploy.cli.people import read_file
from services.rsvp.api.given import GatheringGiven
from services.rsvp.domain.addresses import read_address
from services.rsvp.handlers.gatherings import create_gathering
from services.rsvp.handlers.keys import create_key, revoke_key
from services.rsvp.handlers.my import erase_address
from services.rsvp.store.views import all_keys
from shared.errors import InvalidInput, NotFound
from shared.settings import Settings
from shared.wording import all_in_words


async def make_key(settings: Settings, label: str, *, as_json: bool) -> None:
    """Prints the key alone on the last line."""
    async with opened(settings) as parts:
        kept, key = await parts["rsvp"].run(create_key, label)
    if as_json:
        say.as_json({"id": kept.id, "key": key})
        return
    say.line(f"Key {kept.id} is made. It is shown only now; whoever has it can organise everything:")
    say.line(key)


async def list_keys(settings: Settings, *, as_json: bool) -> None:
    async with opened(settings) as parts:
        keys = await parts["rsvp"].run.read(all_keys)
    if as_json:
        say.as_json(
            [
                {"id": key.id, "label": key.label, "created_at": key.created_at, "revoked_at": key.revoked_at}
                for key in keys
            ]
        )
        return
    for key in keys:
        say.line(f"{key.id}  {key.created_at:%Y-%m-%d}  {'revoked' if key.revoked_at else 'in use '}  {key.label}")
    if not keys:
        say.line("There are no keys yet; `tablemates key create` makes one.")


async def revoke(settings: Settings, key_id: str, *, as_json: bool) -> None:
    async with opened(settings) as parts:
        await parts["rsvp"].run(revoke_key, key_id)
    say.done({"id": key_id, "revoked": True}, f"Key {key_id} does not open anything any more.", in_json=as_json)


async def erase(settings: Settings, email: str, *, as_json: bool) -> None:
    """Forgets a person by address, everywhere."""
    async with opened(settings) as parts:
        if not await parts["rsvp"].run(erase_address, read_address(email).key):
            raise NotFound("Nobody with that address is here.")
    gone = "The person is forgotten here; the other services follow as soon as they run."
    say.done({"erased": True}, gone, in_json=as_json)


async def create(settings: Settings, file: Path, *, as_json: bool) -> None:
    """Creates a gathering from JSON in the shape of the API; the id stands alone on the last line."""
    try:
        fields = json.loads(read_file(file))
    except ValueError as error:
        raise InvalidInput(f"{file} is not JSON: {error}.") from None
    async with opened(settings) as parts:
        gathering = await parts["rsvp"].run(create_gathering, checked(fields), public_url=settings.public_url)
    url = f"{settings.public_url}/g/{gathering.slug}"
    if as_json:
        say.as_json({"id": gathering.id, "slug": gathering.slug, "url": url})
        return
    say.line(f"{gathering.title}: {url}")
    say.line(gathering.id)


def checked(fields: Any) -> dict[str, Any]:
    """The fields as the API reads them. Raises InvalidInput, which names those that are wrong."""
    try:
        return GatheringGiven.model_validate(fields).fields()
    except ValidationError as error:
        raise InvalidInput(all_in_words(error.errors(include_url=False))) from None
