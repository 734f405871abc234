"""Keys come as they are pressed, and the terminal is left as it was."""

import os
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import pytest

from cli.keys import pressed

LOCAL_FLAGS = 3


@pytest.fixture
def terminal() -> Iterator[tuple[int, TextIO]]:
    """Whoever types, and the terminal as a program has it."""
    typist, descriptor = os.openpty()
    with os.fdopen(descriptor) as stdin:
        yield typist, stdin
    os.close(typist)


def test_a_key_comes_without_the_return_key(terminal: tuple[int, TextIO]) -> None:
    typist, stdin = terminal

    with pressed(stdin) as key:
        os.write(typist, b"q")
        assert key(10) == "q"
        assert key(0) == ""


def test_the_terminal_is_as_it_was_whatever_happens(terminal: tuple[int, TextIO]) -> None:
    _, stdin = terminal
    before = termios.tcgetattr(stdin)

    inside: list[list[Any]] = []

    def fail() -> None:
        with pressed(stdin):
            inside.append(termios.tcgetattr(stdin))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()

    (flags,) = [attributes[LOCAL_FLAGS] for attributes in inside]
    assert not flags & (termios.ICANON | termios.ECHO)
    assert flags & termios.ISIG
    assert termios.tcgetattr(stdin) == before


def test_without_a_terminal_it_waits_and_no_key_comes(tmp_path: Path) -> None:
    (tmp_path / "typed").write_text("q")

    with (tmp_path / "typed").open() as stdin, pressed(stdin) as key:
        began = time.monotonic()
        assert key(0.02) == ""
        assert time.monotonic() - began >= 0.02
