"""What a caller may send."""

import pytest

from proxy.console.bodies import AcceptanceWish, Advance, ReportQuery, Rollback, checked, seconds_of
from proxy.console.errors import InvalidError
from proxy.stages import Stage


def test_words_are_words_and_a_rollback_needs_none() -> None:
    assert checked(Advance, {"reason": "  all \n agree "}).reason == "all agree"
    assert checked(Rollback, {"reason": "  "}) == Rollback(to=Stage.OFF, reason="")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "a\x00b", None, 7])
def test_what_is_no_reason_is_refused(reason: object) -> None:
    with pytest.raises(InvalidError, match="reason"):
        checked(Advance, {"reason": reason})


@pytest.mark.parametrize("share", [-0.1, 1.1, "0.5", True, float("nan")])
def test_a_share_is_a_number_from_0_to_1(share: object) -> None:
    with pytest.raises(InvalidError, match="share"):
        checked(Advance, {"reason": "x", "share": share})


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        (
            {"quirk": "Q-1", "ticket": "https://t.test/1"},
            "ticket",
            "expected either a ticket or a quirk, not both",
        ),
        ({"cause": "c-12345678"}, "group", "expected either a group or a cause"),
        ({"group": None}, "group", "expected either a group or a cause"),
        (
            {"group": None, "cause": "c-12345678", "kind": "any"},
            "kind",
            "expected with one group alone, whose place it widens",
        ),
        (
            {"group": None, "cause": "c-12345678", "path": "$.**"},
            "path",
            "expected with one group alone, whose place it widens",
        ),
    ],
)
def test_a_fault_of_two_fields_together_is_named_by_one(
    changes: dict[str, object], field: str, message: str
) -> None:
    wish = {"group": "abcdef", "reason": "x", "owner": "y", "expires": "2027-01-31"}

    with pytest.raises(InvalidError) as told:
        checked(AcceptanceWish, wish | changes)

    assert [(one.field, one.message) for one in told.value.fields] == [(field, message)]


@pytest.mark.parametrize(("span", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7_200), ("7d", 604_800)])
def test_spans_are_seconds(span: str, seconds: float) -> None:
    assert seconds_of(span) == seconds
    assert checked(ReportQuery, {"since": span}).since_s == seconds


def test_a_span_is_bounded_and_none_is_ever_since() -> None:
    assert seconds_of("9999999d") == 400 * 86_400
    assert checked(ReportQuery, {}).since_s is None
