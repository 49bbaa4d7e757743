"""The place for the step after a restore: numbering goes on far above anything that a reader may have passed."""

import asyncio
import sys
from collections.abc import Sequence

import sqlalchemy as sa

from shared.db import open_engine
from shared.errors import TablematesError
from shared.redis_bus import RedisBus
from shared.settings import Settings, load
from shared.tables import outbox_heads

FAR = 1_000_000


def jump(engine: sa.Engine, *, by: int = FAR) -> list[str]:
    """Moves every stream's head on; answers the streams. An entry names the one before it, so the gap is no hole."""
    with engine.begin() as sql:
        sql.execute(sa.update(outbox_heads).values(top=outbox_heads.c.top + by))
        return list(sql.execute(sa.select(outbox_heads.c.stream).order_by(outbox_heads.c.stream)).scalars())


async def forget(url: str, streams: Sequence[str]) -> None:
    """Deletes what the broker has of them: it holds entries that the restored database never said."""
    bus = RedisBus(url)
    await bus.connect()
    try:
        for stream in streams:
            await bus.forget(stream)
    finally:
        await bus.close()


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m deploy.operations.jump rsvp|intro|notify   (while the service is stopped)\n")
        return 2
    service = arguments[0]
    try:
        settings = load(Settings)
        engine = open_engine(settings.database_of(service), pool_size=1)
        streams = jump(engine)
        engine.dispose()
        asyncio.run(forget(settings.broker_url, streams))
    except (TablematesError, sa.exc.SQLAlchemyError) as error:
        sys.stderr.write(f"jump: {service}: {str(error).splitlines()[0]}\n")
        return 1
    sys.stdout.write(f"jump: {service}: {len(streams)} streams go on {FAR:,} further\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
