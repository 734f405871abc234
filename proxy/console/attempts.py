"""How many wrong tokens may be tried, by address and by all together, in bounded memory."""

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from proxy.console.settings import ConsoleSettings

MAX_ADDRESSES = 10_000


class Attempts:
    """The failures of the last window. Who has too many is refused before anything is compared.

    The bound over all keeps a guess by many machines as slow as one by a single machine; it is wide, because it stops
    everybody. Whoever has a session is not concerned, nor is the command line.
    """

    def __init__(self, settings: ConsoleSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._window_s = settings.failure_window_s
        self._most = settings.failures_per_address
        self._clock = clock
        self._all: deque[float] = deque(maxlen=settings.failures)
        self._by_address: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """How long that address has to wait before a token of it is looked at; 0 for not at all."""
        now = self._clock()
        own = self._by_address.get(_network(address), deque(maxlen=self._most))
        return max(self._full_for(own, now), self._full_for(self._all, now))

    def failed(self, address: str) -> None:
        """A token of that address was wrong."""
        now = self._clock()
        network = _network(address)
        failures = self._by_address.setdefault(network, deque(maxlen=self._most))
        self._by_address.move_to_end(network)
        if len(self._by_address) > MAX_ADDRESSES:
            self._by_address.popitem(last=False)
        failures.append(now)
        self._all.append(now)

    def _full_for(self, failures: deque[float], now: float) -> float:
        """As long as the oldest of as many failures as are allowed lies within the window."""
        if len(failures) < (failures.maxlen or 0):
            return 0.0
        return max(0.0, failures[0] + self._window_s - now)


def _network(address: str) -> str:
    """What one client has: of IPv6 the whole /64 that a subscriber gets."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
