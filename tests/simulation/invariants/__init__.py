"""The place for what must be so: at every commit, and after everything has healed. The numbers are delivery.md's."""

from typing import Any

from tests.simulation.invariants.always import check_always
from tests.simulation.invariants.delivery import (
    check_addresses,
    check_gatherings,
    check_heard,
    check_pictures,
    check_promise,
    check_promises,
    check_streams,
)
from tests.simulation.invariants.erasure import check_erasure
from tests.simulation.invariants.introductions import check_introductions
from tests.simulation.invariants.known import Known
from tests.simulation.invariants.mails import (
    check_called_off,
    check_causes,
    check_mails,
    check_order,
    check_other_causes,
)
from tests.simulation.invariants.quiet import all_quiet
from tests.simulation.invariants.reminders import check_reminders

IN_THE_END = (
    check_promises,
    check_streams,
    check_heard,
    check_mails,
    check_causes,
    check_other_causes,
    check_called_off,
    check_order,
    check_pictures,
    check_gatherings,
    check_addresses,
    check_introductions,
    check_reminders,
)


def check_in_the_end(world: Any) -> None:
    """After everything healed and came to its end."""
    for check in IN_THE_END:
        check(world)


__all__ = ["Known", "all_quiet", "check_always", "check_erasure", "check_in_the_end", "check_promise"]
