"""A pool with a target and a clock that the test moves, and whoever waits for its connections."""

from proxy.refusals import Refusal
from proxy.wire.backend import BackendConnection
from tests.proxy.wire.fakes import Clock, FakeTarget, Taker, a_pool, settle, timeouts_of

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Waiter:
    """Waits for a connection; uses it until the test ends that."""

    def __init__(self) -> None:
        self.connection: BackendConnection | None = None
        self.refusal: Refusal | None = None
        self.told = 0

    def granted(self, connection: BackendConnection) -> None:
        """Begin a request."""
        assert connection.is_usable
        self.told += 1
        self.connection = connection
        begin(connection)

    def not_granted(self, refusal: Refusal) -> None:
        """Note why."""
        self.told += 1
        self.refusal = refusal


def begin(connection: BackendConnection) -> Taker:
    taker = Taker()
    connection.begin(taker, b"GET", to_head=False, upgrades=False, is_whole=True, first_s=60, silence_s=60)
    return taker


class Bench:
    """A pool with a fake target, and a clock that the test moves."""

    def __init__(self, *, is_quick: bool = True, limit: int = 2) -> None:
        self.clock = Clock()
        self.target = FakeTarget(is_quick=is_quick)
        self.timeouts = timeouts_of(self.clock)
        self.pool = a_pool(self.target, self.timeouts, limit=limit)

    async def wait(self, count: int = 1) -> list[Waiter]:
        """Get in line."""
        waiters = [Waiter() for _ in range(count)]
        for waiter in waiters:
            self.pool.wait(waiter)
        await settle()
        return waiters

    async def granted(self) -> BackendConnection:
        """A connection in use."""
        connection = self.pool.take()
        if connection is not None:
            begin(connection)
            return connection
        (waiter,) = await self.wait()
        assert waiter.connection is not None
        return waiter.connection
