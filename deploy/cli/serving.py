"""The place for `tablemates up`: the house on one port until a signal says stop."""

from deploy.cli.say import line
from deploy.embedded.house import open_house
from deploy.embedded.memory import share_one_pool
from shared.listening import claim_port
from shared.serving import serve_until_told
from shared.settings import Settings


async def up(settings: Settings, port: int, operators_port: int | None = None) -> None:
    """Runs everything until told to stop."""
    share_one_pool()
    listener = claim_port(port)
    operators = claim_port(operators_port) if operators_port is not None else None
    async with open_house(settings) as house:
        announce(settings, listener.getsockname()[1])
        if operators:
            address = f"http://localhost:{operators.getsockname()[1]}/rsvp/operate/dead"
            line(f"  operators       {address}   (this machine only)")
        await serve_until_told(house.app, listener, *([(house.operators, operators)] if operators else []))
    line("Stopped. Everything is kept; `tablemates up` goes on from here.")


def announce(settings: Settings, port: int) -> None:
    """Tells the person at the terminal where to look."""
    address = f"http://localhost:{port}"
    line(f"Tablemates is up at {address}")
    line(f"  gatherings      {address}/")
    line(f"  organisers      {address}/organise   (make a key with: tablemates key create)")
    line(f"  everything is   {settings.data_dir.absolute()}")
    line("  stop with       Ctrl-C; nothing is lost")
