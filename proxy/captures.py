"""Bodies kept for comparing, within a bound for each and a bound for all."""

TOO_LARGE = "body_too_large"
NO_ROOM = "no_room"
SHED_REASON = "parity_queue"
"""Why a capture is shed for which there is no room, here or in the queue to the parity workers."""
SHADOW_DOWN = "shadow_down"
"""Why one is shed whose copy would go to a shadow that is left alone, here or in the parity worker."""


class Budget:
    """How many bytes a worker may hold for comparing, over all requests."""

    __slots__ = ("held", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0

    def take(self, size: int) -> bool:
        """Whether there was room."""
        if self.held + size > self.limit:
            return False
        self.held += size
        return True

    def give_back(self, size: int) -> None:
        """Those bytes are held no longer."""
        self.held -= size


class KeptBody:
    """One body, as long as it is within its bounds; `overflow` says why it is not, else it is empty.

    A body that overflows is forgotten at once. Whoever made it releases it.
    """

    __slots__ = ("_budget", "_chunks", "_limit", "overflow", "size")

    def __init__(self, budget: Budget, limit: int) -> None:
        self._budget = budget
        self._limit = limit
        self._chunks: list[bytes | memoryview] = []
        self.size = 0
        self.overflow = ""

    def add(self, chunk: bytes | memoryview) -> bool:
        """Keep a piece; False from the first piece on that did not fit."""
        if self.overflow:
            return False
        if self.size + len(chunk) > self._limit:
            return self._refuse(TOO_LARGE)
        if not self._budget.take(len(chunk)):
            return self._refuse(NO_ROOM)
        self.size += len(chunk)
        self._chunks.append(chunk)
        return True

    @property
    def content(self) -> bytes:
        """What was kept."""
        content = b"".join(self._chunks)
        self._chunks = [content]
        return content

    def release(self) -> None:
        """Give the room back."""
        self._budget.give_back(self.size)
        self.size = 0
        self._chunks = []

    def _refuse(self, why: str) -> bool:
        self.release()
        self.overflow = why
        return False
