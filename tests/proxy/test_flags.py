"""The flag table and the plans that it gives."""

import dataclasses
import math

import pytest

from parity.exchange import Backend, Endpoint
from proxy.errors import ConflictError, ShareError
from proxy.flags import DEFAULT_FLAG, Flag, FlagTable, check_share, check_version, plan_for
from proxy.stages import Plan, Stage

READ = Endpoint("escrows", "GET", "/v1/escrows/{id}")
WRITE = Endpoint("escrows", "PUT", "/v1/escrows/{id}")


def test_an_endpoint_without_any_row_is_off() -> None:
    assert FlagTable().flag_for(READ) == DEFAULT_FLAG
    assert DEFAULT_FLAG.stage is Stage.OFF


def test_an_endpoint_row_wins_over_its_domain_row() -> None:
    table = FlagTable(3, {"escrows": Flag(Stage.LIVE), READ.name: Flag(Stage.SHADOW)})

    assert table.flag_for(READ) == Flag(Stage.SHADOW)
    assert table.flag_for(WRITE) == Flag(Stage.LIVE)


def test_a_table_does_not_change_with_the_dict_it_was_made_of() -> None:
    rows = {"escrows": Flag(Stage.LIVE)}
    table = FlagTable(1, rows)

    rows["escrows"] = Flag(Stage.OFF)

    assert table.flag_for(READ).stage is Stage.LIVE


def test_a_flag_cannot_be_changed_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Flag().stage = Stage.LIVE  # type: ignore[misc]  # the assignment is the attack


@pytest.mark.parametrize(
    ("bucket", "authoritative"),
    [(0.0, Backend.MODERN), (0.249, Backend.MODERN), (0.25, Backend.LEGACY), (0.99, Backend.LEGACY)],
)
@pytest.mark.parametrize("endpoint", [READ, WRITE])
def test_at_canary_the_share_decides_for_reads_and_writes_alike(
    endpoint: Endpoint, bucket: float, authoritative: Backend
) -> None:
    plan = plan_for(Flag(Stage.CANARY, canary_share=0.25), endpoint, bucket)

    assert plan.authoritative is authoritative
    assert plan.shadow is (authoritative.other if endpoint.is_read else None)


@pytest.mark.parametrize("bucket", [0.0, 0.999])
def test_at_the_other_stages_the_bucket_does_not_matter(bucket: float) -> None:
    assert plan_for(Flag(Stage.SHADOW, canary_share=0.5), READ, bucket) == Plan(
        Backend.LEGACY, Backend.MODERN
    )


@pytest.mark.parametrize("share", [0.0, 0.5, 1])
def test_a_share_from_0_to_1_is_taken(share: float) -> None:
    assert check_share("the canary share", share) == share


@pytest.mark.parametrize("share", [-0.01, 1.01, math.nan, math.inf, 50])
def test_any_other_share_is_refused(share: float) -> None:
    with pytest.raises(ShareError, match="the canary share must be a number from 0 to 1, not"):
        check_share("the canary share", share)


@pytest.mark.parametrize("expected", [7, None])
def test_a_change_goes_on_where_the_version_is_the_one_it_was_decided_on(expected: int | None) -> None:
    check_version(7, expected)


def test_a_change_that_was_decided_on_another_version_is_refused() -> None:
    with pytest.raises(ConflictError, match="at version 7, not at 6: somebody else changed it"):
        check_version(7, 6)
