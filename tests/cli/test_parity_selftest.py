"""`crossfade parity selftest`: recorded and live answers, what it prints and what it ends with."""

import json
from pathlib import Path
from typing import Any

import pytest

from domains.rooms import ROOMS
from parity.database import open_database
from parity.edits import MutationKind
from parity.selftest import Fate, ShapeShare, Trial
from parity.selftest_results import record
from tests.support.command import InProcess

LIST = "GET /v1/escrows"
JSON = {"content-type": "application/json; charset=utf-8"}
RULES = """
[[acceptances]]
endpoint = "*"
path = "**"
reason = "whatever it is"
owner = "nobody"
expires = 2999-01-01
"""


def recording(path: Path, target: str = "/v1/escrows") -> str:
    rows: list[dict[str, Any]] = [
        {
            "id": f"escrows-{number}", "domain": "escrows", "name": "list", "user": None,
            "request": {"method": "GET", "path": target, "query": {}, "headers": {}, "body": None},
            "response": {"status": 200, "headers": JSON, "body": {"data": [1, 2], "total": 2}},
            "sql_count": 1,
        }
        for number in range(3)
    ]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    return str(path)


def store(crossfade: InProcess, *trials: Trial) -> None:
    engine = open_database(f"sqlite:///{crossfade.state_dir}/store.sqlite3")
    record(engine, trials, [ShapeShare(LIST, "escrows", 4, 1)], {LIST: "1"}, now=10.0)
    engine.dispose()


def test_recorded_answers_are_tried_and_all_caught(crossfade: InProcess, tmp_path: Path) -> None:
    ran = crossfade("parity", "selftest", "--recording", recording(tmp_path / "a.jsonl"))

    assert ran.code == 0
    assert "GET /v1/escrows  3 pairs, 0% of 9 values by shape alone" in ran.out
    assert ran.out.rstrip().endswith("none missed")


def test_what_a_rule_lets_pass_is_exit_code_1_and_names_it(crossfade: InProcess, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(RULES)
    (tmp_path / "crossfade.toml").write_text('[parity]\nrules = ["rules.toml"]\n')

    ran = crossfade("parity", "selftest", "--recording", recording(tmp_path / "a.jsonl"))

    assert ran.code == 1
    assert "to blame: acceptance ** of * (whatever it is)" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_live_and_recorded_trials_are_added_up(crossfade: InProcess, tmp_path: Path) -> None:
    store(crossfade, Trial(LIST, "escrows", MutationKind.DROP, Fate.CAUGHT))

    live = json.loads(crossfade("parity", "selftest", "--json").out)
    both = json.loads(
        crossfade("parity", "selftest", "--json", "--recording", recording(tmp_path / "a.jsonl")).out
    )

    assert live["schema"] == "crossfade.parity-selftest/1"
    assert (live["tried"], live["caught"], live["missed"]) == (1, 1, 0)
    assert both["tried"] > live["tried"]
    assert both["shape_shares"] == [
        {"endpoint": LIST, "domain": "escrows", "pairs": 4, "leaves": 13, "by_shape": 1}
    ]


def test_only_endpoints_of_the_glob_are_shown(crossfade: InProcess) -> None:
    store(crossfade, Trial(LIST, "escrows", MutationKind.DROP, Fate.CAUGHT))

    shown = crossfade("parity", "selftest", "--endpoint", "GET /v1/esc*")
    others = crossfade("parity", "selftest", "--endpoint", "POST *")

    assert (shown.code, others.code) == (0, 1)
    assert others.err.startswith("nothing was tried yet")
    assert "the endpoints were to match 'POST *'" in others.err


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (None, 2, "no recording in "),
        ("[1]\n", 2, "is not a recording: line 1"),
        ("", 2, "has 0 exchanges, none of them of an endpoint that matches '*'"),
    ],
)
def test_a_recording_that_is_none_is_one_sentence(
    crossfade: InProcess, tmp_path: Path, content: str | None, code: int, message: str
) -> None:
    file = tmp_path / "a.jsonl"
    if content is not None:
        file.write_text(content)

    ran = crossfade("parity", "selftest", "--recording", str(file))

    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("domain", ROOMS)
def test_the_rules_of_the_reference_crm_let_nothing_pass_that_they_should_not(
    crossfade: InProcess, contract: Path, domain: str
) -> None:
    ran = crossfade("parity", "selftest", "--recording", str(contract / "exchanges" / f"{domain}.jsonl"))

    assert [line for line in ran.out.splitlines() if "not caught" in line or "to blame" in line] == []
    assert ran.code == 0
