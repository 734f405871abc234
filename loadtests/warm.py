"""Both sides warmed alike: before each block a side answers every read of the load once.

A block is shorter than it takes for the load itself to have asked everything; without this a cache would be measured
while it fills, and how well it does while it serves would be said by nothing.
"""

import contextlib

from loadtests.errors import BackendError
from loadtests.recording import Credentials
from loadtests.settings import TIMEOUT_S
from loadtests.turns import Side, is_reading
from loadtests.workload import Workload
from parity.exchange import Backend


def warm(
    side: Backend, url: str, workload: Workload, credentials: Credentials, timeout_s: float = TIMEOUT_S
) -> int:
    """Ask it every read, in the order of the recording; how many there were. Raises BackendError."""
    try:
        with contextlib.closing(Side(side, url, credentials, timeout_s=timeout_s)) as asked:
            return sum(len(asked.play(journey)) for journey in workload.journeys if is_reading(journey))
    except BackendError as error:
        raise BackendError(f"the {side} backend at {url} stopped answering") from error
