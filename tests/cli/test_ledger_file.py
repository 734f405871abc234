"""An exported ledger is read as it was, or every bad line is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.errors import UsageError
from cli.ledger_file import read_ledger
from tests.support.command import InProcess

ENTRY: dict[str, Any] = {
    "schema": "crossfade.ledger/1",
    "version": 1,
    "at": "2026-11-27T12:00:00+00:00",
    "action": "flip",
    "key": "escrows",
    "actor": "ada",
    "reason": "first look",
    "forced": False,
    "changed": [
        {
            "key": "escrows",
            "before": None,
            "after": {"stage": "shadow", "canary_share": 0.05, "sample_rate": 1.0},
        }
    ],
    "verdict": {"word": "not yet", "lines": ["coverage: 0"], "figures": {"comparisons": 0}},
}


def written(directory: Path, *entries: Any) -> Path:
    file = directory / "ledger.jsonl"
    text = "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in entries)
    file.write_text(text)
    return file


def refused(file: Path) -> list[str]:
    with pytest.raises(UsageError) as caught:
        read_ledger(file)
    return str(caught.value).replace(str(file), "FILE").splitlines()


def test_what_history_exports_is_what_the_store_has(crossfade: InProcess) -> None:
    crossfade("flip", "escrows", "shadow", "--reason", "first look")
    crossfade("rollback", "escrows", "--reason", "enough")
    crossfade("history", "--export", "ledger.jsonl")

    entries = read_ledger(crossfade.state_dir / "ledger.jsonl")

    told = json.loads(crossfade("history", "--json").out)["changes"]
    assert [(one.version, one.changed_at.isoformat(), one.action, one.reason) for one in entries] == [
        (one["version"], one["at"], one["action"], one["reason"]) for one in reversed(told)
    ]
    assert [[row.after.stage.value for row in one.rows] for one in entries] == [["shadow"], ["off"]]


def test_entries_come_in_the_order_of_their_versions(tmp_path: Path) -> None:
    file = written(tmp_path, ENTRY | {"version": 2}, ENTRY)

    assert [one.version for one in read_ledger(file)] == [1, 2]


def test_every_bad_line_is_told_with_field_and_value(tmp_path: Path) -> None:
    late = {**ENTRY["changed"][0], "after": {"stage": "later", "canary_share": 0.05, "sample_rate": 1.0}}
    file = written(
        tmp_path,
        ENTRY,
        ENTRY | {"version": "one", "at": "2026-11-27T12:00:00"},
        {name: value for name, value in ENTRY.items() if name != "actor"},
        ENTRY | {"schema": "crossfade.history/1", "changed": [late]},
        "[" * 100_000,
    )

    lines = refused(file)

    assert lines[0] == "FILE:"
    assert [line.strip().partition(" ")[2].split(": ")[:3] for line in lines[1:6]] == [
        ["2", "version", "'one'"],
        ["2", "at", "'2026-11-27T12:00:00'"],
        ["3", "actor", "not there"],
        ["4", "schema", "'crossfade.history/1'"],
        ["4", "changed.0.after.stage", "'later'"],
    ]
    assert [line.strip()[:16] for line in lines[6:]] == ["line 5: not JSON"]


def test_what_is_in_a_text_ends_no_line_and_empty_lines_are_none(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    line = json.dumps(ENTRY | {"reason": "a\u2028b"}, ensure_ascii=False)
    file.write_text(f"\n{line}\r\n\n")

    assert [one.reason for one in read_ledger(file)] == ["a\u2028b"]


def test_of_very_many_bad_lines_ten_are_told(tmp_path: Path) -> None:
    lines = refused(written(tmp_path, *["no"] * 30))

    assert (len(lines), lines[-1]) == (12, "  and 20 more")


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00"])
def test_a_moment_that_cannot_be_reckoned_with_is_refused(tmp_path: Path, moment: str) -> None:
    assert "line 1: at:" in refused(written(tmp_path, ENTRY | {"at": moment}))[1]


def test_another_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "ledger.csv").write_text("version\n1\n")

    assert "expected a .jsonl file" in refused(tmp_path / "ledger.csv")[0]
    assert refused(tmp_path / "none.jsonl") == ["FILE: cannot be read: No such file or directory"]
