"""What can go wrong in parity.

ParityError
├── FrameError       what came over the socket is no frame of ours, or too large
├── RulesError       a rules file is wrong; `problems` holds every fault of every file
├── AcceptanceError  a difference cannot be accepted so, or no acceptance is there
├── BaselineError    a load test cannot be kept as a baseline, or compared with one
├── BodyError        a body cannot be compared; `reason` is the word that the outcome `skipped` shows
├── StoreError       the store cannot be opened, read or written
├── SocketError      the parity worker cannot own its socket
└── RecordingError   a recording, or one line of it, is not in the form that was expected
"""

import traceback
from collections.abc import Sequence
from pathlib import Path


class ParityError(Exception):
    """Anything that parity reports to its caller; the message is one sentence for the user."""


class FrameError(ParityError):
    """What came over the socket is no frame of ours, or too large."""


class RulesError(ParityError):
    """A rules file is wrong; `problems` holds every fault of every file."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{len(self.problems)} fault(s) in the parity rules: {'; '.join(self.problems)}")


class AcceptanceError(ParityError):
    """A difference cannot be accepted as asked, or the group or acceptance is not there."""


class BaselineError(ParityError):
    """A load test cannot be kept under a name, or be compared with the one that is."""


class BodyError(ParityError):
    """A body cannot be compared; `reason` is the word that the outcome `skipped` shows."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class StoreError(ParityError):
    """The store cannot be opened, read or written."""


class SocketError(ParityError):
    """The parity worker cannot own its socket."""


class RecordingError(ParityError):
    """A recording, or one line of it, is not in the form that was expected, or cannot be sent again."""


def fault_of(error: BaseException) -> str:
    """The kind of a fault of our own and its place, for the log: its message could quote a body."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"
