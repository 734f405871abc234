"""Keys of the terminal as they are pressed, without the return key."""

import os
import select
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

Wait = Callable[[float], str]
"""Waits so many seconds at most for a key; empty: there was none."""


@contextmanager
def pressed(stdin: TextIO) -> Iterator[Wait]:
    """While it is open, keys come at once and are not shown; Ctrl-C stays what it is. Without a terminal none comes."""
    if not stdin.isatty():
        yield _nothing
        return
    descriptor = stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield lambda seconds: _key(descriptor, seconds)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _nothing(seconds: float) -> str:
    select.select([], [], [], seconds)
    return ""


def _key(descriptor: int, seconds: float) -> str:
    ready, _, _ = select.select([descriptor], [], [], seconds)
    # the bytes of a key that sends several are no key of ours
    return os.read(descriptor, 64).decode("utf-8", "replace") if ready else ""
