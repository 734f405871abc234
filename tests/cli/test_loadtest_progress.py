"""How a load test goes on, on a terminal and elsewhere."""

import io

import pytest
from rich.console import Console

from cli.loadtest_progress import LoadProgress
from loadtests.standing import Standing

STANDING = Standing(3, 24, "legacy", 80.0, "time 0.62 (0.58-0.66), queries 0.40")


def test_without_a_terminal_each_block_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with LoadProgress(Console(file=io.StringIO(), force_terminal=False)) as progress:
        progress.told("asking both sides every recorded request ...")
        progress.begins(STANDING)

    assert capsys.readouterr().err.splitlines() == [
        "asking both sides every recorded request ...",
        "block 3 of 24 on legacy, 1 min 20 s left; so far time 0.62 (0.58-0.66), queries 0.40",
    ]


def test_on_a_terminal_one_line_of_its_width_is_rewritten_and_gone_at_the_end() -> None:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=80, legacy_windows=False)

    with LoadProgress(console) as progress:
        progress.told("asking both sides ...")
        progress.begins(STANDING)
        assert progress._live is not None
        progress._live.refresh()
    written = shown.getvalue()

    assert "asking both sides ..." in written
    assert "block 3 of 24 on legacy, 1 min" in written
    assert written.rstrip().endswith(("\x1b[2K", "\x1b[?25h"))
    assert max(len(line) for line in written.replace("\x1b[2K", "\n").splitlines()) <= 100
