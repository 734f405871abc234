"""One measured request, as the Locust process writes it and the judge reads it: a JSON array a line.

Every value is kept, so that percentiles come from all of them and are never averaged.
"""

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

import msgspec

from loadtests.errors import LoadTestError


class Timing(msgspec.Struct, frozen=True, array_like=True):
    """What one request of the load took.

    `started_s` counts from the begin of the block. `status` is 0 when there was no whole answer. `refused`
    says that the recorded status is not a 2xx; `as_recorded` that this one is the recorded one. `query_count`, `db_ms`
    and `cache` (`hit`, `miss`, …) are what the answer says of itself: None and "" where it says nothing.

    `late_ms` is how much later than planned it was sent: because the user still waited for the answer before, or, in
    an open workload, because the generator was busy. There `duration_ms` counts from when it was due, and so holds it, and
    `started_s` is when it was due.

    `served_by` is the backend that the proxy names (`X-Served-By`), "" without a proxy; `sent_at` is in Unix seconds, so
    that another process can say whether it was sent before or after what that did; 0: it was due and never sent.
    """

    endpoint: str
    exchange: str
    started_s: float
    duration_ms: float
    status: int
    as_recorded: bool
    refused: bool
    query_count: int | None
    db_ms: float | None
    cache: str
    late_ms: float
    domain: str
    served_by: str = ""
    sent_at: float = 0.0

    @property
    def not_sent(self) -> bool:
        """Whether an arrival found no room (see `loadtests/users/arriving.py`)."""
        return not self.status and not self.duration_ms


def server_timing(text: str | None) -> tuple[float | None, str]:
    """What a `Server-Timing` header says of the database (`db;dur=`, ms) and of the cache (`cache;desc=`)."""
    db_ms, cache = None, ""
    for metric in (text or "").split(","):
        name, *parameters = (part.strip() for part in metric.split(";"))
        values = {
            key.strip(): value.strip(' "') for key, _, value in (one.partition("=") for one in parameters)
        }
        if name == "db":
            with contextlib.suppress(ValueError):
                db_ms = float(values.get("dur", ""))
        elif name == "cache":
            cache = values.get("desc", "")
    return db_ms, cache


def writer(file: BinaryIO) -> Callable[[Timing], None]:
    """A function that appends one timing to the (buffered) file."""
    encode = msgspec.json.Encoder().encode

    def write(timing: Timing) -> None:
        file.write(encode(timing) + b"\n")

    return write


def read_timings(file: Path) -> list[Timing]:
    """All timings of a file; a last line that was cut off by a killed process is left out.

    Raises LoadTestError for a file that is not there or broken elsewhere.
    """
    try:
        lines = file.read_bytes().split(b"\n")
    except OSError as error:
        raise LoadTestError(f"no timings in {file}: {error.strerror}") from error
    try:
        return msgspec.json.decode(b"[" + b",".join(lines[:-1]) + b"]", type=list[Timing])
    except msgspec.MsgspecError as error:
        raise LoadTestError(f"{file} holds something else than timings: {error}") from error


def within(timings: Iterable[Timing], *, after_s: float, until_s: float) -> list[Timing]:
    """Those sent within the window, however long their answers took (the slow ones must not drop out).

    With them those sent before it that it found waiting and that never got an answer: a side that hangs from
    the warm-up on has no other.
    """
    return [
        timing
        for timing in timings
        if after_s <= timing.started_s < until_s
        or (not timing.status and timing.started_s < after_s < timing.started_s + timing.duration_ms / 1_000)
    ]
