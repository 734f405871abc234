"""How much a parity worker holds: what does not fit is not read, so that its sender's bound is reached."""

import asyncio
from collections import deque


class Room:
    """A bound in items and in bytes; whoever finds no room waits in line."""

    def __init__(self, items: int, size: int) -> None:
        self._items = items
        self._size = size
        self._line: deque[tuple[int, asyncio.Future[None]]] = deque()
        self.held_items = 0
        self.held_bytes = 0

    async def take(self, size: int) -> None:
        """Room for one item; one that is larger than all of the room is let in alone."""
        if not self._line and self._fits(size):
            self._enter(size)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._line = deque(one for one in self._line if one[1] is not turn)
                self._let_in()
            else:
                self.give_back(size)
            raise

    def give_back(self, size: int) -> None:
        """That item is held no longer."""
        self.held_items -= 1
        self.held_bytes -= size
        self._let_in()

    def _fits(self, size: int) -> bool:
        return not self.held_items or (self.held_items < self._items and self.held_bytes + size <= self._size)

    def _enter(self, size: int) -> None:
        self.held_items += 1
        self.held_bytes += size

    def _let_in(self) -> None:
        while self._line and self._fits(self._line[0][0]):
            size, turn = self._line.popleft()
            if not turn.done():
                self._enter(size)
                turn.set_result(None)
