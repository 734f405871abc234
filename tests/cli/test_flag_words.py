"""How commands say what a flag is and what was changed."""

from datetime import UTC, datetime

import pytest

from cli.flag_words import change_json, step_words, verdict_words, words_of
from proxy.flag_rows import Change, Judged, RowChange
from proxy.flags import Flag
from proxy.stages import Stage


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        (None, "off"),
        (Flag(Stage.SHADOW, sample_rate=0.5), "shadow, 50% sampled"),
        (Flag(Stage.CANARY, 0.05), "canary 5%"),
        (Flag(Stage.CANARY, 0.001), "canary 0.1%"),
        (Flag(Stage.LIVE, 0.05), "live"),
    ],
)
def test_a_flag_says_what_is_in_force_and_nothing_else(flag: Flag | None, words: str) -> None:
    assert words_of(flag) == words


def test_a_step_says_both_ends() -> None:
    assert step_words("escrows", Flag(Stage.CANARY, 0.1), Flag(Stage.LIVE)) == "escrows: canary 10% → live"


@pytest.mark.parametrize(
    ("verdict", "forced", "words"),
    [
        (
            Judged("ready", (), {"comparisons": 4_000, "mismatches": 0}),
            False,
            "ready (4,000 comparisons, 0 differ)",
        ),
        (Judged("no", (), {}), True, "no, forced"),
    ],
)
def test_a_verdict_says_what_it_stood_on_and_whether_it_was_overridden(
    verdict: Judged, words: str, *, forced: bool
) -> None:
    assert verdict_words(verdict, forced=forced) == f"verdict: {words}"


def test_an_entry_of_the_ledger_as_json_leaves_nothing_out() -> None:
    change = Change(
        3,
        datetime(2026, 11, 29, tzinfo=UTC),
        "advance",
        "escrows",
        "ada",
        "clean",
        (RowChange("escrows", None, Flag(Stage.SHADOW)),),
        Judged("not yet", ("coverage: 0 of 1",), {"comparisons": 0}),
        forced=True,
        served_ms=38.5,
    )

    assert change_json(change) == {
        "version": 3,
        "at": "2026-11-29T00:00:00+00:00",
        "action": "advance",
        "key": "escrows",
        "actor": "ada",
        "reason": "clean",
        "forced": True,
        "changed": [
            {
                "key": "escrows",
                "before": None,
                "after": {"stage": "shadow", "canary_share": 0.05, "sample_rate": 1.0},
            }
        ],
        "verdict": {"word": "not yet", "lines": ["coverage: 0 of 1"], "figures": {"comparisons": 0}},
        "served_ms": 38.5,
    }
