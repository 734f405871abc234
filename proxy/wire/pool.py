"""Connections to one backend: idle ones are used again, the latest first; more than the bound are waited for."""

import asyncio
import socket
import ssl
from collections import deque
from typing import Protocol, cast

from proxy.refusals import Refusal
from proxy.wire.backend import BackendConnection
from proxy.wire.outgoing import AtOnce, Outgoing
from proxy.wire.target import Target
from proxy.wire.timeouts import NEVER, Timeouts


class Waiter(Protocol):
    """Who wants a connection; exactly one of the two is called, unless it was forgotten."""

    def granted(self, connection: BackendConnection) -> None: ...  # noqa: D102  a connection to use

    def not_granted(self, refusal: Refusal) -> None: ...  # noqa: D102  there is none


class _Place:
    """A waiter in the queue; `is_served` says that a connection is being made on its behalf."""

    def __init__(self, pool: "Pool", waiter: Waiter, deadline: float, *, is_served: bool) -> None:
        self._pool = pool
        self.waiter = waiter
        self.deadline = deadline
        self.is_served = is_served

    def expired(self) -> None:
        """No connection became free in time."""
        self._pool.give_up(self)


class Pool:
    """At most `limit` connections at a time. An idle one is closed after `idle_s`."""

    def __init__(
        self,
        target: Target,
        timeouts: Timeouts,
        *,
        limit: int,
        wait_s: float,
        connect_timeout_s: float,
        idle_s: float,
        buffer_bytes: int,
        outgoing: Outgoing | None = None,
    ) -> None:
        self.target = target
        self._timeouts = timeouts
        self._limit = limit
        self._wait_s = wait_s
        self._connect_timeout_s = connect_timeout_s
        self._idle_s = idle_s
        self._buffer_bytes = buffer_bytes
        self._outgoing = outgoing or AtOnce()
        self._idle: list[BackendConnection] = []
        self._open: set[BackendConnection] = set()
        self._waiting: deque[_Place] = deque()
        self._connecting: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def in_use(self) -> int:
        """How many connections carry a request."""
        return len(self._open) - len(self._idle)

    @property
    def idle(self) -> int:
        """How many wait for one."""
        return len(self._idle)

    def take(self) -> BackendConnection | None:
        """An idle connection, if there is one."""
        return self._idle.pop() if self._idle else None  # one that is lost is not among them

    def wait(self, waiter: Waiter) -> None:
        """Get in line for a connection, new or used."""
        place = _Place(self, waiter, self._timeouts.now + self._wait_s, is_served=False)
        self._waiting.append(place)
        self._timeouts.watch(place)
        self._serve(place)

    def forget(self, waiter: Waiter) -> None:
        """It wants none any more."""
        for place in self._waiting:
            if place.waiter is waiter:
                self._remove(place)
                return

    def give_up(self, place: _Place) -> None:
        """It has waited too long."""
        self._remove(place)
        place.waiter.not_granted(Refusal.BUSY)

    def put_back(self, connection: BackendConnection) -> None:
        """It can take another request."""
        if self._waiting:
            place = self._waiting[0]
            self._remove(place)
            place.waiter.granted(connection)
        elif self._closed:
            connection.abort()
        else:
            connection.deadline = self._timeouts.now + self._idle_s
            self._idle.append(connection)

    def lost(self, connection: BackendConnection) -> None:
        """It is closed; somebody else may have a new one."""
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._serve_next()

    async def close(self) -> None:
        """Close all connections; whoever waits is told that there is none."""
        self._closed = True
        connecting = list(self._connecting)
        for task in connecting:
            task.cancel()
        await asyncio.gather(*connecting, return_exceptions=True)
        self._connecting.clear()  # one that had not begun never discards itself
        while self._waiting:
            self.give_up(self._waiting[0])
        for connection in list(self._open):
            connection.connection_lost(None)  # whoever uses it is told

    def retire(self) -> None:
        """Take no new request: what is idle is closed now, the others when they are put back."""
        self._closed = True
        while self._idle:
            self._idle.pop().abort()

    def _serve_next(self) -> None:
        for place in self._waiting:
            if not place.is_served:
                self._serve(place)
                return

    def _serve(self, place: _Place) -> None:
        if len(self._open) + len(self._connecting) >= self._limit:
            return
        place.is_served = True
        place.deadline = NEVER  # it has the deadline of the attempt
        self._connecting.add(asyncio.get_running_loop().create_task(self._connect()))

    async def _connect(self) -> None:
        refusal: Refusal | None = None
        connection: BackendConnection | None = None
        try:
            _, protocol = await self.target.connect(self._made, self._connect_timeout_s)
            connection = protocol if isinstance(protocol, BackendConnection) else None
        except TimeoutError:
            refusal = Refusal.UNREACHED
        except ssl.SSLCertVerificationError:
            refusal = Refusal.UNTRUSTED
        except ssl.SSLError:
            refusal = Refusal.NO_TLS
        except socket.gaierror:
            refusal = Refusal.UNKNOWN
        except (OSError, ValueError):
            refusal = Refusal.REFUSED
        finally:
            self._connecting.discard(cast("asyncio.Task[None]", asyncio.current_task()))
        if connection is not None and connection.is_usable:
            self._open.add(connection)
            self.put_back(connection)
            return
        served = next((place for place in self._waiting if place.is_served), None)
        if served is not None:
            self._remove(served)
            served.waiter.not_granted(refusal or Refusal.BROKEN)
        self._serve_next()

    def _made(self) -> BackendConnection:
        return BackendConnection(self, self._timeouts, self._buffer_bytes, self._outgoing)

    def _remove(self, place: _Place) -> None:
        self._waiting.remove(place)
        self._timeouts.drop(place)
