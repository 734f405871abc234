"""A verdict in short: the word, and what lacks by its names."""

from parity.verdict_summary import Lack, VerdictSummary

COVERAGE = Lack("coverage", "1 of 3 required cells compared")
GROUPS = Lack("groups", "1 open difference group")


def test_one_line_says_what_lacks() -> None:
    ready = VerdictSummary("escrows", "ready")
    not_yet = VerdictSummary("escrows", "not yet", missing=(COVERAGE, Lack("self-test", "never run")))
    no = VerdictSummary("escrows", "no", missing=(COVERAGE,), wrong=(GROUPS,))

    assert [one.line for one in (ready, not_yet, no)] == [
        "ready",
        "not yet: coverage, self-test",
        "no: groups; missing: coverage",
    ]
    assert no.lacks == (GROUPS, COVERAGE)


def test_as_json_it_has_the_numbers_too() -> None:
    assert VerdictSummary("escrows", "not yet", 60.0, (COVERAGE,)).to_json() == {
        "domain": "escrows",
        "verdict": "not yet",
        "since": 60.0,
        "missing": ({"name": "coverage", "text": "1 of 3 required cells compared"},),
        "wrong": (),
    }
