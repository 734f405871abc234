"""Moments that both backends made during a replay."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from parity.recordings.moments import with_moments
from tests.parity.recordings.factories import answered

NOW = datetime(2026, 11, 23, 11, 0, 10, tzinfo=UTC)
SINCE = NOW - timedelta(seconds=10)
ONE, OTHER = "2026-11-23T11:00:05.123Z", "2026-11-23T11:00:05.131Z"


def of(legacy: Any, modern: Any) -> Any:
    return json.loads(with_moments(answered(legacy), answered(modern), SINCE, NOW).body)


def test_moments_of_both_sides_are_taken_as_one() -> None:
    assert of({"rows": [{"at": ONE}], "n": 1}, {"rows": [{"at": OTHER}], "n": 2}) == {
        "rows": [{"at": ONE}],
        "n": 2,
    }


@pytest.mark.parametrize(
    "modern",
    [
        "2026-11-23T12:00:05.131Z",  # an hour off, as by a time zone
        "2026-11-23T11:00:05.131",  # without one
        "2026-11-23T11:00:05Z",  # less precise
        "2026-11-22T11:00:05.131Z",
        "2026-11-23",
        "2026-13-23T11:00:05.131Z",
        "",
        None,
    ],
)
def test_another_moment_or_another_form_is_a_difference(modern: Any) -> None:
    assert of({"at": ONE}, {"at": modern}) == {"at": modern}


def test_an_old_moment_is_compared_by_value() -> None:
    old = "2025-01-01T00:00:00.000Z"

    assert of({"at": old}, {"at": OTHER}) == {"at": OTHER}


def test_lists_of_another_length_are_left_to_the_comparison() -> None:
    assert of([ONE], [OTHER, OTHER]) == [OTHER, OTHER]


def test_a_moment_without_a_zone_is_in_utc() -> None:
    assert of({"at": ONE.removesuffix("Z")}, {"at": OTHER.removesuffix("Z")}) == {"at": ONE.removesuffix("Z")}


def test_what_cannot_be_decoded_is_left_to_the_comparison() -> None:
    odd = msgspec.structs.replace(answered({"at": OTHER}), headers=(("content-encoding", "zip"),))

    assert with_moments(answered({"at": ONE}), odd, SINCE, NOW) is odd
