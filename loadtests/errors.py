"""What can go wrong in a load test or a benchmark.

LoadTestError
├── RecordingError     the recorded traffic is not there or cannot be resolved
├── TargetsError       a file of targets is not there or has something wrong in it
├── BackendError       a side does not answer, could not be started, or died in mid-run
└── BenchError         a benchmark could not run (a missed target is no error)
"""


class LoadTestError(Exception):
    """Anything that keeps a load test from deciding; the message is one sentence for the user."""


class RecordingError(LoadTestError):
    """The recorded traffic is not there or cannot be resolved."""


class TargetsError(LoadTestError):
    """A file of targets is not there or has something wrong in it; one line for each problem."""


class BackendError(LoadTestError):
    """A side does not answer, could not be started, or died in mid-run."""


class BenchError(LoadTestError):
    """A benchmark could not run; a missed target is no error."""
