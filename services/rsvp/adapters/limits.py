"""The place for how often one client may ask something of the public: in memory, a window a client address."""

from functools import lru_cache
from ipaddress import ip_address

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from shared.errors import TablematesError

RSVPS_PER_MINUTE = 60


class TooManyRequests(TablematesError):
    """Too many requests came from your address; please wait a minute and try again."""

    code = "too_many_requests"
    status = 429


class ClientLimit:
    """Counts requests by client address. Programs on this machine itself are the operator's, and go uncounted."""

    def __init__(self, per_minute: int = RSVPS_PER_MINUTE) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._most = RateLimitItemPerMinute(per_minute)

    def check(self, client: str | None) -> None:
        """Counts one request. Raises TooManyRequests."""
        who = _counted_as(client or "")
        if who and not self._limiter.hit(self._most, who):
            raise TooManyRequests


@lru_cache(maxsize=4096)
def _counted_as(client: str) -> str:
    """The address, or for IPv6 the /64 that one household has; empty for this machine itself."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if address.is_loopback:
        return ""
    return str(address) if address.version == 4 else address.exploded[:19]
