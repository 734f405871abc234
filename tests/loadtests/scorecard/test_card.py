"""What is said of the whole scorecard."""

from dataclasses import replace

from loadtests.scorecard.card import Found, Row, some
from loadtests.scorecard.goals import COVERAGE, FAILED, ROLLBACK
from parity.load_results import MET
from tests.loadtests.scorecard.cards import PARTIAL, card


def test_the_headline_counts_each_judgement() -> None:
    assert card().headline == "5 goals: 2 met, 1 missed, 1 undecided, 1 no evidence."


def test_rows_are_together_by_their_source_and_what_is_said_of_all_is_said_once() -> None:
    by_source = card().by_source

    assert [(one.source, len(one.rows), one.shared) for one in by_source] == [
        ("load test l-1 (steady), 2026-11-30 00:53:20 UTC", 2, [PARTIAL]),
        ("build/coverage.json, 2026-11-30 00:53:20 UTC", 1, []),
        ("verdicts, now", 1, []),
        ("no evidence; to have it: make bench-flags", 1, []),
    ]
    assert [by_source[0].remarks(row) for row in by_source[0].rows] == [
        [],
        ["slower: PUT /v1/escrows/{id}"],
    ]


def test_what_is_remarked_of_some_rows_of_a_source_is_said_once_with_their_names() -> None:
    found = Found(MET, by="ledger", remarks=("old",))
    rows = (
        Row(FAILED, found),
        Row(COVERAGE, replace(found, remarks=("new", "old"))),
        Row(ROLLBACK, replace(found, remarks=())),
    )

    (sourced,) = card(rows=rows).by_source

    assert sourced.shared == ["failed requests, test coverage: old"]
    assert [sourced.remarks(row) for row in rows] == [[], ["new"], []]


def test_what_is_left_out_is_a_line_a_reason() -> None:
    left_out = (("GET /a", "no such endpoint"), ("coverage", "not ours"), ("GET /b", "no such endpoint"))

    assert card(left_out=left_out).left_out_words == [
        "left out: GET /a, GET /b: no such endpoint",
        "left out: coverage: not ours",
    ]


def test_a_scorecard_is_blind_when_a_source_is_away_and_there_is_no_other() -> None:
    nothing = (Row(FAILED, Found()), Row(COVERAGE, Found()))

    assert card(rows=nothing, unread=("the store: no",)).is_blind
    assert not card(rows=nothing).is_blind
    assert not card(unread=("the store: no",)).is_blind


def test_as_json_it_leaves_nothing_out() -> None:
    values = card(left_out=(("test coverage", "not ours"),)).to_json()

    assert [values[name] for name in ("met", "missed", "undecided", "no_evidence")] == [2, 1, 1, 1]
    assert values["left_out"] == {"test coverage": "not ours"}
    assert values["rows"][0] == {
        "key": "time",
        "name": "response time",
        "baseline": "about 200 ms",
        "target": "-20 %",
        "limit": 0.8,
        "judgement": "met",
        "measured": "-41 % (-43 to -39)",
        "detail": "16.9 → 9.9 ms at the median",
        "figures": {"value": 0.59},
        "by": "load test l-1 (steady)",
        "at": 1_796_000_000.0,
        "remarks": [PARTIAL],
        "command": "crossfade loadtest",
    }


def test_of_many_names_some_are_shown() -> None:
    assert some(["a", "b", "c"]) == "a, b, c"
    assert some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
