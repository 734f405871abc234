"""The second of two JSON bodies is read as if there were no first one, and holds its values where the bytes are the same."""

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import BodyError
from parity.json_body import BOUNDS, Bounds, parse
from parity.json_sharing import LEAST_BYTES, parse_sharing

Change = Callable[[Any, random.Random], None]


def document(count: int = 30) -> dict[str, Any]:
    """A list of items within an envelope, some of them larger than what is read as a whole."""
    items = [
        {
            "id": f"5f0c2d9e-{number:04}",
            "n": number,
            "rate": number / 4,
            "open": True,
            "owner": {"id": number % 3, "tags": ["a", "b", 1, None]},
            "note": "ä" * 150,
        }
        for number in range(count)
    ]
    items[7]["history"] = [{"at": place, "what": "x" * 300} for place in range(20)]
    return {"success": True, "data": {"items": items, "total": count}, "timestamp": "2026-11-23T10:00:00Z"}


def written(value: Any, *, spaced: bool = False) -> bytes:
    return json.dumps(value, ensure_ascii=spaced, separators=None if spaced else (",", ":")).encode()


def sharing(body: bytes, other: bytes, bounds: Bounds = BOUNDS) -> Any:
    return parse_sharing(body, bounds, other=other, value=parse(other))


def told(read: Callable[[], Any]) -> str:
    """The value with its types and the order of its keys, or why there is none."""
    try:
        return repr(read())
    except BodyError as error:
        return error.reason
    except ValueError:
        return "no JSON"


def _change(body: Any, chance: random.Random) -> None:
    chance.choice(body["data"]["items"])["n"] = chance.choice([1.0, True, 10**30, "1", None, 0.1, [], {}])


def _change_below(body: Any, chance: random.Random) -> None:
    item = next(item for item in body["data"]["items"] if "history" in item)
    chance.choice(item["history"])["what"] = chance.choice(["", 1, {"a": [1.0]}])


def _drop(body: Any, chance: random.Random) -> None:
    body["data"]["items"].pop(chance.randrange(10, 20))


def _repeat(body: Any, chance: random.Random) -> None:
    items = body["data"]["items"]
    items.insert(chance.randrange(len(items)), copy.deepcopy(chance.choice(items)))


def _move(body: Any, chance: random.Random) -> None:
    items = body["data"]["items"]
    items.append(items.pop(chance.randrange(10, 20)))


def _turn_keys(body: Any, chance: random.Random) -> None:
    items = body["data"]["items"]
    place = chance.randrange(10, 20)
    items[place] = dict(reversed(items[place].items()))


def _reshape(body: Any, chance: random.Random) -> None:
    body["data"][chance.choice(["items", "total", "more"])] = chance.choice([{"a": 1}, [], "x" * 9_000, 1.5])


CHANGES: list[Change] = [_change, _change_below, _drop, _repeat, _move, _turn_keys]


@given(st.lists(st.sampled_from(CHANGES), max_size=6), st.booleans(), st.booleans(), st.randoms())
def test_a_changed_body_is_read_as_it_is_read_alone(
    changes: list[Change],
    spaced: bool,  # noqa: FBT001 - drawn
    reshaped: bool,  # noqa: FBT001 - drawn
    chance: random.Random,
) -> None:
    value = document()
    for change in changes:
        change(value, chance)
    if reshaped:
        _reshape(value, chance)
    other, body = written(document(), spaced=spaced), written(value, spaced=spaced)

    assert told(lambda: sharing(body, other)) == told(lambda: parse(body))


PIECES = st.sampled_from(
    [
        b'"n":1,"n":2,',
        b'"data":1,',
        b"1.50",
        b"1e-400",
        b"NaN",
        rb'"\ud800"',
        b"\xff",
        b" ",
        b"]",
        b"},{",
        b'"',
        b"",
    ]
) | st.binary(max_size=4)


@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 3), PIECES), max_size=3))
def test_any_bytes_in_any_place_are_what_the_plain_way_says(splices: list[tuple[int, int, bytes]]) -> None:
    other = body = written(document())
    for place, cut, piece in splices:
        at = place % len(body)
        body = body[:at] + piece + body[at + cut :]

    assert told(lambda: sharing(body, other)) == told(lambda: parse(body))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b'"total":30', b'"total":30,"total":30', "duplicate_keys"),
        (b'"n":5,', b'"n":5,"n":5,', "duplicate_keys"),
        (b'{"success":true', b'{"success":true,"success":true', "duplicate_keys"),
        (b'"n":5,', b'"n":NaN,', "not_a_number"),
        (b'"n":5,', b'"n":1e999,', "number_too_large"),
        (b'"n":5,', rb'"n":"\ud800",', "lone_surrogate"),
        (b'"n":5,', b'"n":,', "no JSON"),
        (b'"timestamp"', b'"timestamp', "no JSON"),
    ],
)
def test_what_cannot_be_compared_is_found_beside_what_is_known(old: bytes, new: bytes, expected: str) -> None:
    other = written(document())
    body = other.replace(old, new, 1)

    assert body != other
    assert told(lambda: sharing(body, other)) == expected


def test_parts_with_the_same_bytes_are_one_value_wherever_they_stand() -> None:
    one, changed = document(), document()
    items = changed["data"]["items"]
    items[3]["n"] = -1
    items.insert(12, items.pop(20))
    del items[25]
    other = written(one)
    value = parse(other)

    found = parse_sharing(written(changed), other=other, value=value)

    known = {id(item): place for place, item in enumerate(value["data"]["items"])}
    places = [known.get(id(item)) for item in found["data"]["items"]]
    assert found == changed
    assert places == [0, 1, 2, None, *range(4, 12), 20, *range(12, 20), *range(21, 25), *range(26, 30)]


def test_a_large_part_that_differs_is_told_apart_in_its_turn() -> None:
    one, changed = document(), document()
    changed["data"]["items"][7]["history"][4]["what"] = ""
    other = written(one)
    value = parse(other)

    found = parse_sharing(written(changed), other=other, value=value)

    histories = [side["data"]["items"][7]["history"] for side in (value, found)]
    assert found == changed
    assert [mine is known for known, mine in zip(*histories, strict=True)] == [
        place != 4 for place in range(20)
    ]


def test_too_many_values_are_refused_before_any_is_made() -> None:
    other = written(document())
    body = other.replace(b'"total":30', b'"total":[' + b"1," * 200 + b"1]")

    assert told(lambda: sharing(body, other, Bounds(max_values=500))) == "too_many_values"


def test_what_is_nested_beyond_the_stack_is_a_reason() -> None:
    other = written(document())
    body = other.replace(b'"total":30', b'"total":' + b"[" * 40_000 + b"]" * 40_000)

    assert told(lambda: sharing(body, other)) == "too_deep"


def test_a_small_body_is_read_as_a_whole() -> None:
    other = written([["x" * (LEAST_BYTES // 3)], 1])
    value = parse(other)

    found = parse_sharing(other.replace(b"1]", b"2]"), other=other, value=value)

    assert (found[0], found[1]) == (value[0], 2)
    assert found[0] is not value[0]
