"""Groups that are in the same exchanges are told as one cause, others are not."""

from parity.causes import Cause, Place, causes
from parity.members import Members
from tests.parity.factories import DETAIL, LIST


def spread(number: int) -> str:
    return f"{number * 2654435761 % 2**48:012x}"


def place(path: str, numbers: range, *, kind: str = "value", endpoint: str = LIST) -> Place:
    members = Members().with_exchanges((spread(number), "") for number in numbers)
    return Place(path, endpoint, path, kind, members)


def test_groups_in_the_same_exchanges_are_one_cause_whose_root_is_looked_at_first() -> None:
    found = causes(
        [
            place("$.data.items[*].price", range(12)),
            place("$.data.total", range(12)),
            place("$.data.items[*].tax", range(1, 12)),
        ]
    )

    ids = ("$.data.total", "$.data.items[*].price", "$.data.items[*].tax")
    assert found == (Cause(LIST, ids, "$.data.total", 11, 12, exact=True),)


def test_another_status_explains_what_is_in_the_body() -> None:
    (found,) = causes([place("$.data", range(9), kind="missing"), place("$status", range(9), kind="status")])

    assert found.look_at == "$status"


def test_of_many_exchanges_a_random_sample_is_looked_at() -> None:
    (found,) = causes([place("$.a", range(5_000)), place("$.b", range(4_900))])

    assert not found.exact
    assert found.of == 64
    assert found.together / found.of > 0.9


def test_groups_that_share_half_of_their_exchanges_are_apart() -> None:
    assert causes([place("$.a", range(200)), place("$.b", range(100, 300))]) == ()


def test_a_rare_group_within_a_common_one_is_apart() -> None:
    assert causes([place("$.a", range(1_000)), place("$.b", range(5))]) == ()


def test_two_exchanges_in_common_may_be_chance() -> None:
    assert causes([place("$.a", range(2)), place("$.b", range(2))]) == ()


def test_groups_of_different_endpoints_are_never_one() -> None:
    assert causes([place("$.a", range(9)), place("$.b", range(9), endpoint=DETAIL)]) == ()


def test_several_causes_of_an_endpoint_are_told_apart() -> None:
    found = causes(
        [
            place("$.a", range(9)),
            place("$.c", range(20, 40)),
            place("$.b", range(9)),
            place("$.d", range(20, 40)),
        ]
    )

    assert [cause.groups for cause in found] == [("$.a", "$.b"), ("$.c", "$.d")]


def test_a_cause_has_another_id_when_its_groups_have_changed() -> None:
    two = [place("$.a", range(9)), place("$.b", range(9))]
    (before,) = causes(two)
    (more_exchanges,) = causes([place("$.a", range(12)), place("$.b", range(12))])
    (third,) = causes([*two, place("$.c", range(9))])

    assert before.id.startswith("c-")
    assert more_exchanges.id == before.id
    assert third.id != before.id
    assert before.to_json()["id"] == before.id
