"""Questions: asked on stderr, and not at all with `--no-input`."""

import io
import sys

import pytest

from tests.support.command import InProcess

QUESTION = "Every row in the CRM's tables is replaced by the seed. Go on?"


def test_with_no_input_a_command_that_has_to_ask_says_what_to_give(crossfade: InProcess) -> None:
    ran = crossfade("--no-input", "db", "reset", "--seed", "nowhere")

    assert ran.code == 2
    assert ran.err == f"crossfade: {QUESTION} With --no-input nobody is asked: give --yes\n"


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_anything_but_a_yes_ends_the_command(
    crossfade: InProcess, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))

    ran = crossfade("db", "reset", "--seed", "nowhere")

    assert ran.code == 130
    assert QUESTION in ran.err
    assert ran.out == ""


def test_after_a_yes_it_goes_on(crossfade: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))

    ran = crossfade("db", "reset", "--seed", "nowhere", "--database-url", "postgresql://127.0.0.1:1/x")

    assert ran.code == 3
    assert "the database refuses" in ran.err
