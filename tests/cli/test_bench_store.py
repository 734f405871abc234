"""How soon a full store answers, with one that is hardly full."""

import json
from pathlib import Path

from tests.support.command import InProcess


def test_every_question_is_asked_of_a_filled_store(crossfade: InProcess) -> None:
    crossfade("bench-store", "--hours", "1", "--only", "sqlite", "--build-dir", "build")

    figures = json.loads((Path(crossfade.state_dir) / "build" / "bench-store.json").read_text())["figures"]
    assert {figure["name"].split(":")[0] for figure in figures} == {"sqlite"}
    assert len(figures) == 7
    assert all(figure["value"] > 0 for figure in figures)
