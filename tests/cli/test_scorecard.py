"""`crossfade scorecard`: what it prints and writes, and how it ends."""

import json
from pathlib import Path

from parity.database import open_database
from parity.load_tests import LoadTests
from tests.parity.load_results_factory import load_test
from tests.support.command import InProcess

ONE_ENDPOINT = """
[[endpoints]]
domain = "books"
method = "GET"
path = "/books"
"""


def test_without_evidence_it_says_how_to_have_it_and_ends_well(crossfade: InProcess) -> None:
    ran = crossfade("scorecard")

    assert ran.code == 0
    assert "16 goals: 3 met, 13 no evidence." in ran.out
    assert "no evidence; to have it: crossfade loadtest --scenario 100-concurrent" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_strict_wants_every_goal_met(crossfade: InProcess) -> None:
    assert crossfade("scorecard", "--strict").code == 1


def test_a_goal_that_is_missed_ends_with_1_and_names_the_load_test(crossfade: InProcess) -> None:
    engine = open_database(f"sqlite:///{crossfade.state_dir}/store.sqlite3")
    kept = LoadTests(engine).add(load_test({"GET /v1/clients": (0.9, 0.05)}), "olivia")
    engine.dispose()

    ran = crossfade("scorecard", "--json")

    (row,) = [one for one in json.loads(ran.out)["rows"] if one["key"] == "time GET /v1/clients"]
    assert ran.code == 1
    assert (row["judgement"], row["by"]) == ("missed", f"load test {kept} (steady)")


def test_files_are_written_whole_and_nothing_is_printed_then(crossfade: InProcess) -> None:
    ran = crossfade("scorecard", "--html", "card.html", "--markdown", "card.md")

    assert (ran.code, ran.out) == (0, "")
    assert ran.err.endswith("wrote card.html\nwrote card.md\n")
    assert (crossfade.state_dir / "card.html").read_text().startswith("<!doctype html>")
    assert (crossfade.state_dir / "card.md").read_text().startswith("# Scorecard\n")


def test_it_ends_with_3_when_nothing_could_be_read(crossfade: InProcess, tmp_path: Path) -> None:
    (tmp_path / "crossfade.toml").write_text(
        f'[store]\nurl = "sqlite:///{tmp_path}/nowhere/store.sqlite3"\n{ONE_ENDPOINT}'
    )

    ran = crossfade("scorecard")

    assert ran.code == 3
    assert "could not be read: the store: cannot " in ran.out
    assert "Traceback" not in ran.err


def test_it_needs_the_store_itself(crossfade: InProcess) -> None:
    ran = crossfade("--server", "http://127.0.0.1:1", "scorecard", CROSSFADE_TOKEN="cf_0a1b2c3d_" + "A" * 43)

    assert ran.code == 2
    assert ran.err.startswith("crossfade: this needs the store itself, and cannot be done by the server")
