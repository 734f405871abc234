"""Imports without what a library brings along for uses that this process has not."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*names: str) -> Iterator[None]:
    """What is imported meanwhile finds these packages absent, and does without them; afterwards they can be imported.

    One that is imported already stays.
    """
    absent = [name for name in names if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # None is how a module is said to be absent
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
