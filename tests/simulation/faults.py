"""The place for what goes wrong in a world: how often each thing does is drawn from the seed."""

import random
from dataclasses import dataclass, fields


@dataclass(slots=True)
class Faults:
    """Chances a step, or how often in a world. All of them end when the world heals."""

    network_error: float = 0.0
    network_stall: float = 0.0
    store_lost: float = 0.0
    store_uncertain: float = 0.0
    die_at_network: float = 0.0
    die_before_commit: float = 0.0
    die_in_commit: float = 0.0
    die_after_commit: float = 0.0
    die_at_mail: float = 0.0
    handler_fails: float = 0.0
    mail_busy: float = 0.0
    mail_refused: float = 0.0
    mail_lost_accepted: float = 0.0
    mail_lost_unaccepted: float = 0.0
    mail_slow: float = 0.0
    broker_troubles: int = 0
    mail_host_outages: int = 0
    graceful_stops: int = 0
    kills: int = 0
    stalls: int = 0
    clock_jumps: int = 0
    dead_addresses: int = 0
    answer_lost: float = 0.0
    replays: int = 0

    def end(self) -> None:
        """Heals everything."""
        for name in (field.name for field in fields(self)):
            setattr(self, name, 0)


def drawn(chance: random.Random) -> Faults:
    """A mix: many worlds have few kinds of trouble, some have all of them."""

    def sometimes(*values: float) -> float:
        return chance.choice((0.0, 0.0, *values))

    deadly = chance.choice((0.0, 0.3, 1.0, 3.0))
    return Faults(
        network_error=sometimes(0.01, 0.05),
        network_stall=sometimes(0.002, 0.01),
        store_lost=sometimes(0.005, 0.03),
        store_uncertain=sometimes(0.005, 0.03),
        die_at_network=0.002 * deadly,
        die_before_commit=0.003 * deadly,
        die_in_commit=0.003 * deadly,
        die_after_commit=0.004 * deadly,
        die_at_mail=0.02 * deadly,
        handler_fails=sometimes(0.02, 0.1),
        mail_busy=sometimes(0.05, 0.3),
        mail_refused=sometimes(0.02),
        mail_lost_accepted=sometimes(0.05),
        mail_lost_unaccepted=sometimes(0.05),
        mail_slow=sometimes(0.1),
        broker_troubles=chance.choice((0, 1, 3, 6)),
        mail_host_outages=chance.choice((0, 1, 2)),
        graceful_stops=chance.choice((0, 0, 1, 3)),
        kills=chance.choice((0, 0, 1, 2)),
        stalls=chance.choice((0, 0, 1, 2)),
        clock_jumps=chance.choice((0, 0, 1, 2)),
        dead_addresses=chance.choice((0, 0, 0, 1)),
        answer_lost=sometimes(0.05, 0.2),
        replays=chance.choice((0, 0, 0, 0, 1, 2)),
    )
