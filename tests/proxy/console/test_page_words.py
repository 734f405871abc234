"""The words and figures of the pages."""

from typing import Any

import pytest

from parity.load_results import MISSED, UNDECIDED, LoadRatio
from parity.outcome import Outcome
from proxy.console import answers
from proxy.console.page_words import (
    STAGE_MEANS,
    accepted_words,
    bar_words,
    change_words,
    done_words,
    headline,
    interval_words,
    load_figure,
    load_line,
    load_shape,
    load_target,
    load_words,
    matrix,
    measured_words,
    outcome_bar,
    pilot_words,
    ratio_words,
    share_words,
    verdict_words,
    when,
)
from proxy.console.piloting import Pilot, PilotStep
from proxy.stages import Stage
from tests.parity.load_results_factory import judgement, small_test


def domain(name: str = "escrows", **changes: Any) -> answers.Domain:
    fields: dict[str, Any] = {
        "domain": name,
        "stage": "shadow",
        "next_stage": "canary",
        "canary_share": 0.05,
        "sample_rate": 1.0,
        "modern_share": 0.0,
        "requests": 0,
        "mirrored": 0,
        "compared": 0,
        "mismatches": 0,
        "not_compared": 0,
        "fallback": 0,
        "failed": 0,
        "outcomes": {},
        "latency": None,
        "queries": None,
        "verdict": "not yet",
        "missing": 0,
        "wrong": 0,
    }
    return answers.Domain(**(fields | changes))


def status(*domains: answers.Domain) -> answers.Status:
    return answers.Status(7, "2026-11-29T03:00:00+00:00", 3_600, list(domains), 1, 0)


def flag(stage: str, share: float = 0.05) -> answers.Flag:
    return answers.Flag("escrows", stage, share, 1.0)


@pytest.mark.parametrize(
    ("domains", "said"),
    [
        ((domain(),), "Legacy serves everything; nothing was compared in the last hour."),
        (
            (domain(compared=1_204),),
            "Legacy serves everything; all 1,204 comparisons of the last hour agree.",
        ),
        (
            (domain(modern_share=1.0, mismatches=2), domain("leads")),
            "Modern serves 1 domain of 2; escrows differs.",
        ),
        (
            (domain(mismatches=2), domain("leads", mismatches=1)),
            "Legacy serves everything; escrows, leads differ.",
        ),
    ],
)
def test_the_first_line_says_what_an_operator_wants_to_know(
    domains: tuple[answers.Domain, ...], said: str
) -> None:
    assert headline(status(*domains)) == said


def test_every_stage_has_its_meaning() -> None:
    assert set(STAGE_MEANS) == set(Stage)


def test_figures_are_short_and_a_missing_one_is_a_dash() -> None:
    found = answers.Ratio(1_204, 0.5678, 0.5, 0.61)

    assert (share_words(0.05), share_words(0.125), share_words(1.0)) == ("5%", "12.5%", "100%")
    assert (ratio_words(found), ratio_words(None)) == ("0.57x", "-")
    assert (interval_words(found), interval_words(None)) == (
        "0.50 to 0.61, 1,204 pairs",
        "fewer than ten pairs",
    )
    assert (when("2026-11-29T03:00:01+00:00"), when("")) == ("2026-11-29 03:00:01 UTC", "")
    assert (verdict_words(domain(wrong=1, missing=2)), verdict_words(domain())) == ("1 wrong, 2 missing", "")


def test_an_outcome_that_happened_at_all_is_seen_and_the_bar_is_full() -> None:
    outcomes = {Outcome.MATCH.value: 100_000, Outcome.MISMATCH.value: 1, Outcome.ERROR.value: 0}

    bar = outcome_bar(outcomes)

    assert [(name, n) for name, n, _, _ in bar] == [("match", 100_000), ("mismatch", 1)]
    assert bar[1][3] > 0.5
    assert round(sum(width for *_, width in bar), 2) == 100
    assert bar_words(outcomes) == "100,000 match, 1 mismatch"
    assert (outcome_bar({}), bar_words({})) == ([], "no outcome")


def test_what_came_of_a_change_names_who_serves_it_or_does_not() -> None:
    rows = [answers.RowChange("escrows", flag("canary", 0.1), flag("off"))]
    served = answers.Changed(8, rows, True, 31.4, [answers.Acknowledgement("proxy-1", 30.0)], [])
    behind = answers.Changed(8, rows, False, 5_000, [], ["proxy-2"])
    alone, nothing = answers.Changed(8, rows, True, 1, [], []), answers.Changed(8, [], True, 0, [], [])

    assert done_words(served) == "escrows: canary 10% → off. Version 8, served by 1 proxy worker after 31 ms."
    assert "but proxy-2 did not acknowledge it" in done_words(behind)
    assert "no proxy worker runs now" in done_words(alone)
    assert done_words(nothing).startswith("Nothing to roll back")


def test_many_rows_are_told_by_the_first_of_them() -> None:
    rows = [answers.RowChange(f"d{number}", None, flag("shadow")) for number in range(5)]

    assert change_words(rows) == "d0: off → shadow; d1: off → shadow; d2: off → shadow; and 2 more"


def test_the_matrix_has_a_row_for_each_endpoint_and_says_what_is_wanted() -> None:
    cells = [
        answers.Cell("GET /b", "2xx", "any", 0, required=True, met=False),
        answers.Cell("GET /a", "2xx", "any", 5, required=True, met=True),
        answers.Cell("GET /a", "2xx", "", 3, required=False, met=True),
        answers.Cell("GET /a", "2xx", "page", 2, required=False, met=True),
        answers.Cell("GET /a", "4xx", "", 1, required=False, met=True),
    ]

    found = matrix(cells)

    assert found["classes"] == ["2xx", "4xx"]
    assert [row["endpoint"] for row in found["rows"]] == ["GET /a", "GET /b"]
    assert found["rows"][0]["cells"]["2xx"] == {
        "n": 5,
        "shapes": ["no parameters: 3", "?page: 2"],
        "required": True,
        "met": True,
    }
    assert (found["rows"][1]["cells"]["2xx"]["n"], found["rows"][1]["cells"]["2xx"]["met"]) == (0, False)


def test_what_was_accepted_is_one_place_or_how_many() -> None:
    one = answers.AcceptedPlace("a-1", "rounded", "GET /v1/escrows", "$.a", "2027-01-31")
    other = answers.AcceptedPlace("a-2", "rounded", "GET /v1/escrows", "$.b", "2027-01-31")

    assert accepted_words(answers.Accepted(7, [one])) == "a-1: rounded (GET /v1/escrows $.a)."
    assert (
        accepted_words(answers.Accepted(8, [one, other]))
        == "2 differences of GET /v1/escrows: rounded (a-1, a-2)."
    )


def test_a_pilot_is_told_with_the_steps_that_are_made() -> None:
    steps = [PilotStep("shadow", "", made=True), PilotStep("canary 5%", "", made=False)]
    at = "2027-01-15T08:00:00+00:00"
    told = Pilot("escrows", "running", "", "canary", "mine", "", 1, steps, "", at, 7, "olivia", at, "", [])

    assert (
        pilot_words(told) == "The pilot of escrows is running: 1 of 2 steps to canary made, by policy mine."
    )


@pytest.mark.parametrize(
    ("measure", "measured", "words", "target"),
    [
        ("time", (0.571, 0.52, 0.609), "0.57x (0.52 to 0.61)", "wanted 0.8x at most"),
        ("cache", (0.8, 0.78, 0.82), "80% (78% to 82%)", "wanted 70% at least"),
        ("average", (88.04, 85.0, 91.0), "88.0 ms (85.0 ms to 91.0 ms)", "wanted 200 ms at most"),
        ("queries", (0.4, 0.4, 0.4), "0.40x", "wanted 0.7x at most"),
        ("time", None, "not known", "wanted 0.8x at most"),
    ],
)
def test_what_a_load_test_measured_is_told_by_its_measure(
    measure: str, measured: tuple[float, float, float] | None, words: str, target: str
) -> None:
    found = judgement(measure, measured)

    assert (load_words(found), load_target(found)) == (words, target)


@pytest.mark.parametrize(
    ("measure", "figure", "words"),
    [
        ("time", (1.234, 1.2, 1.3), "1.23x (1.20 to 1.30)"),
        ("time", (0.25, 0.0, 232032836.5), "0.25x (0.00 to over 99)"),
        ("cache", (-0.2, -0.25, -0.15), "-20% (-25% to -15%)"),
        ("errors", (0.0012, 0.0012, 0.0012), "0.12%"),
    ],
)
def test_a_figure_of_a_comparison_is_told_by_its_measure(
    measure: str, figure: tuple[float, float, float], words: str
) -> None:
    assert load_figure(LoadRatio(*figure), measure) == words
    assert load_figure(None, measure) == "not known"


def test_what_was_not_measured_is_told_so() -> None:
    assert load_words(None) == "not known"
    assert measured_words(None, 1) == "not measured"
    assert measured_words(1234.56, 1) == "1,234.6"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "escrows met its targets"),
        ({"domains": ["escrows", "leads"]}, "escrows, leads met their targets"),
        ({"judgement": UNDECIDED}, "escrows may have met its targets or not: it is undecided"),
        ({"judgement": MISSED}, "escrows missed a target"),
        ({"judgement": MISSED, "problem": "modern stopped"}, "escrows: ended early, so nothing is decided"),
    ],
)
def test_a_load_test_is_one_line(changes: dict[str, Any], line: str) -> None:
    assert load_line(small_test(**changes)) == line


def test_a_load_test_says_what_it_sent_and_where() -> None:
    assert load_shape(small_test()) == "steady, 20 users, 20 s, direct"
    spike = small_test(scenario="spike", users=1, rate_rps=50.0, through="shadow")
    assert load_shape(spike) == "spike, 1 user, 50 a second, 20 s, shadow"
