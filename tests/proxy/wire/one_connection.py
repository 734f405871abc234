"""A connection to a backend on a fake transport, with everything around it."""

from tests.proxy.wire.fakes import Clock, Keeper, Taker, connection_of, timeouts_of

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"


class Bench:
    """A connection with everything around it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.keeper = Keeper()
        self.timeouts = timeouts_of(self.clock)
        self.connection, self.transport = connection_of(self.keeper, self.timeouts)

    def ask(
        self, *, to_head: bool = False, upgrades: bool = False, is_whole: bool = True, first_s: float = 1.0
    ) -> Taker:
        """Send a request."""
        taker = Taker()
        self.connection.begin(
            taker,
            b"HEAD",
            to_head=to_head,
            upgrades=upgrades,
            is_whole=is_whole,
            first_s=first_s,
            silence_s=2.0,
        )
        return taker

    def used(self) -> "Bench":
        """After a first request that went well."""
        self.ask()
        self.connection.data_received(OK)
        self.keeper.events.clear()
        return self

    def pieces(self, wire: bytes, size: int) -> None:
        """Bytes of the backend, cut."""
        for at in range(0, len(wire), size):
            self.connection.data_received(wire[at : at + size])
