"""What can go wrong in a load test.

LoadTestError
├── RecordingError     the recorded traffic is not there or cannot be resolved
└── BackendError       a side could not be started, or died in mid-run
"""


class LoadTestError(Exception):
    """Anything that keeps a load test from deciding; the message is one sentence for the user."""


class RecordingError(LoadTestError):
    """The recorded traffic is not there or cannot be resolved."""


class BackendError(LoadTestError):
    """A side could not be started, or died in mid-run."""
