"""What counts as a path on which legacy differs from itself, and what is kept of its values: nothing but the shape."""

import pytest

from parity.bodies import Text
from parity.legacy_twice import Noted, legacy_twice, same_shape
from parity.outcome import ABSENT, Difference, Kind
from tests.parity.factories import LIST

UUIDS = ("5f0c2d9e-0000-4000-8000-000000000001", "5f0c2d9e-0000-4000-8000-000000000002")
PATH = ("$", "rows", 3, "ref")


def difference(legacy: object, modern: object, kind: Kind = Kind.VALUE) -> Difference:
    """At one path."""
    return Difference(PATH, kind, legacy, modern)


def test_a_path_counts_where_modern_differs_again() -> None:
    itself, sides = [difference(*UUIDS)], [difference(*UUIDS)]

    assert legacy_twice(LIST, itself, sides).paths == {"$.rows[*].ref": Noted("string (uuid)", False)}


def test_where_modern_agrees_again_the_data_moved() -> None:
    assert legacy_twice(LIST, [difference(*UUIDS)], []).paths == {}


def test_one_item_of_another_shape_is_what_its_path_is_noted_as() -> None:
    itself = [difference(None, UUIDS[0], Kind.TYPE), difference(*UUIDS)]

    assert legacy_twice(LIST, itself, itself).paths == {
        "$.rows[*].ref": Noted("null / string (uuid)", is_other_shape=True)
    }


@pytest.mark.parametrize(
    ("legacy", "modern", "kind", "shape"),
    [
        (1, 2, Kind.VALUE, "integer"),
        ("Nettle Brindlefox", "Otter Brindlefox", Kind.VALUE, "string (text)"),
        ("Nettle", "x" * 90, Kind.VALUE, "string (text) of another shape"),
        (Text("<p>Nettle</p>"), Text("<p>Otter1</p>"), Kind.VALUE, "text"),
        ({"a": 1}, ABSENT, Kind.MISSING, "object / nothing"),
        (["Nettle"], ["Otter"], Kind.ORDER, "another order"),
        (3, 4, Kind.LENGTH, "another length"),
        (200, 404, Kind.STATUS, "another status"),
        ("/users/nettle", "/users/otterr", Kind.HEADER, "string (reference) of another shape"),
    ],
)
def test_a_shape_names_the_kind_of_value_and_quotes_nothing(
    legacy: object, modern: object, kind: Kind, shape: str
) -> None:
    found = difference(legacy, modern, kind)

    noted = legacy_twice(LIST, [found], [found]).paths["$.rows[*].ref"]

    assert noted == Noted(shape, is_other_shape=not same_shape(found))
    assert "ettle" not in noted.shape
