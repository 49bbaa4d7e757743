"""The place for mails of which nobody knows whether they arrived: what is known of each, and what became of it."""

from deploy.cli import say
from deploy.cli.operate import opened
from services.notify.handlers.delivery import resolve_unknown
from services.notify.store.views import unknown_mails
from shared.settings import Settings


async def list_unknown(settings: Settings, *, as_json: bool) -> None:
    """Every mail in `unknown`, oldest first."""
    async with opened(settings) as parts:
        found = await parts["notify"].run.read(unknown_mails)
    if as_json:
        say.as_json(found)
        return
    for mail in found:
        since = f"{mail['created_at']:%Y-%m-%d %H:%M}"
        say.line(f"{mail['number']}  {mail['kind']}  attendee {mail['attendee_id']}  since {since}")
        say.line(f"    Message-ID {mail['key']}; {mail['error']}")
    say.line(f"{len(found)} mails" if found else "Of every mail it is known whether it was accepted.")


async def resolve(settings: Settings, number: int, *, arrived: bool, as_json: bool = False) -> None:
    """Settles one: it arrived, or it goes out again with the same bytes."""
    async with opened(settings) as parts:
        await parts["notify"].run(resolve_unknown, number, arrived)
    settled = f"Mail {number} {'counts as sent' if arrived else 'goes out again'}."
    say.done({"number": number, "arrived": arrived}, settled, in_json=as_json)
