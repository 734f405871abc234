"""What the data plane raises: `WireError` over `HeadError` (a head that is refused) and `FramingError` (a body)."""

from proxy.refusals import Refusal


class WireError(Exception):
    """What came over the wire is not taken."""


class HeadError(WireError):
    """A head is not taken; `refusal` is what a client is told."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value[2])
        self.refusal = refusal


class FramingError(WireError):
    """Where a body ends is in doubt."""
