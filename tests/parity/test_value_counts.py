"""Bodies of too many values are told by their bytes, and no body of fewer is."""

import json
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import BodyError
from parity.value_counts import check_json, check_table

VALUES = st.recursive(
    st.none() | st.integers() | st.text('ab,[{}]"\\\n', max_size=4),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4)
        | st.dictionaries(st.text('ab,[{"\\', max_size=3), inner, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


def values_of(value: object) -> int:
    """The value and all in it."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(values_of(one) for one in inner)


def is_refused(body: bytes, most: int) -> bool:
    try:
        check_json(body, most)
    except BodyError as error:
        return error.reason == "too_many_values"
    return False


@given(VALUES)
def test_json_is_refused_from_one_value_too_many_on(value: object) -> None:
    body, n = json.dumps(value).encode(), values_of(value)

    assert not is_refused(body, n)
    assert n == 1 or is_refused(body, n - 1) or len(body) <= 2 * (n - 1)


def test_what_stands_in_texts_is_no_value() -> None:
    text = msgspec.json.encode(["," * 1_000, '"[{' * 300, "\\" * 999])

    assert not is_refused(text, 4)
    assert is_refused(text, 3)


@pytest.mark.parametrize("part", [b'"', b'\\"', b'"\\', b"[", b'",', b"\\"])
def test_whatever_it_is_counting_takes_time_that_grows_with_it(part: bytes) -> None:
    body = b'"' + part * (2_000_000 // len(part))
    began_s = time.process_time()

    is_refused(body, 900_000)

    assert time.process_time() - began_s < 4


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("a,b\n1,2\n3,4", 8),
        ('a,b\n"1,1,1,1,1,1,1\n\n\n",2\n3,4', 8),
        ("a\n" * 10, 20),
        ("a," * 10, 10),
    ],
)
def test_a_table_is_refused_by_its_rows_and_cells(text: str, n: int) -> None:
    check_table(text, ",", n + 1)
    with pytest.raises(BodyError, match="too_many_values"):
        check_table(text, ",", n // 2)
