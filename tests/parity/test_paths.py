"""Paths to a place in an answer, and the globs that rules are written in."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import ParityError
from parity.paths import TextGlob, covers, fold, header, is_word, path_glob, render, takes_any
from tests.parity.factories import takes

STEPS = st.lists(st.text(max_size=6) | st.integers(0, 99), max_size=6)


def test_a_path_is_written_with_its_indices() -> None:
    assert render(("$", "data", "escrows", 0, "a b")) == '$.data.escrows[0]["a b"]'


def test_a_folded_path_hides_indices_and_keys_that_are_values() -> None:
    steps = ("$", "by_id", "e5c00000-0000-4000-8000-000000000054", 3, "ann@example.test", "name")

    assert fold(steps) == "$.by_id.*[*].*.name"


@pytest.mark.parametrize(
    "key",
    [
        "id",
        "purchase_price",
        "escrowStatus",
        "x-total",
        "_links",
        "abcdef",
        "line2",
        "oauth2Token",
        "q3_total",
    ],
)
def test_a_name_from_a_program_is_a_word(key: str) -> None:
    assert is_word(key)


@pytest.mark.parametrize(
    "key", ["", "555-070-0001", "ann@example.test", "Ann Agent", "deadbeef00", "u123456", "Aa0aaa", "x" * 60]
)
def test_a_key_that_is_a_value_is_no_word(key: str) -> None:
    assert not is_word(key)


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("$", ("$",)),
        ("$.data.id", ("$", "data", "id")),
        ("$.data[*].id", ("$", "data", 7, "id")),
        ("$.data[7].id", ("$", "data", 7, "id")),
        ("$.data.*_at", ("$", "data", "created_at")),
        ("$.*", ("$", "data")),
        ("$.**.id", ("$", "data", 0, "owner", "id")),
        ("$.**.id", ("$", "id")),
        ("**", ("$status",)),
        ("**", ("$", "a", 1, "b")),
        ("**.id", ("$", "a", "id")),
        ("$status", ("$status",)),
        ("header:Location", header("Location")),
        ("header:*", header("vary")),
        ("header:set-cookie.refresh.*", (*header("set-cookie"), "refresh", "path")),
        ("header:Set-Cookie.**", (*header("set-cookie"), "refresh")),
        ('$["a b"].c', ("$", "a b", "c")),
    ],
)
def test_a_glob_takes_its_paths(glob: str, path: tuple[str | int, ...]) -> None:
    assert takes(glob, *path)


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("$.data.id", ("$", "data", "id", "x")),
        ("$.data.id", ("$", "data")),
        ("$.data[*]", ("$", "data", "0")),
        ("$.data.*", ("$", "data", 0)),
        ("$.**.id", ("$", "data", "name")),
        ("$.**", ("$status",)),
        ("$status", ("$",)),
        ("$.*_at", ("$", "data_at_x")),
    ],
)
def test_a_glob_leaves_other_paths_alone(glob: str, path: tuple[str | int, ...]) -> None:
    assert not takes(glob, *path)


@pytest.mark.parametrize(
    "text", ["", "data.id", "$data", "$.data[", "$.data[x]", "$..id", "$.a b", '$["\\x"]', "header:"]
)
def test_a_broken_glob_is_refused_with_the_place(text: str) -> None:
    with pytest.raises(ParityError, match="path "):
        path_glob(text)


@given(STEPS)
def test_a_path_written_out_is_a_glob_that_takes_it(tail: list[str | int]) -> None:
    steps = ("$", *tail)
    plain = all(isinstance(step, int) or "*" not in step for step in tail)

    assert path_glob(render(steps)).matches(steps) or not plain


@given(STEPS)
def test_a_folded_path_is_a_glob_that_takes_the_path(tail: list[str | int]) -> None:
    steps = ("$", *tail)

    assert path_glob(fold(steps)).matches(steps)


def test_a_glob_cannot_be_made_slow() -> None:
    glob = TextGlob.of("*a" * 40 + "*b*")
    deep = path_glob("$" + ".**.a" * 30 + ".z")
    started_s = time.perf_counter()

    assert not glob.matches("a" * 5_000)
    assert not deep.matches(("$", *["a"] * 64))
    assert time.perf_counter() - started_s < 0.5


def test_the_ends_of_a_text_glob_do_not_overlap() -> None:
    assert not TextGlob.of("ab*ba").matches("aba")
    assert TextGlob.of("ab*ba").matches("abba")


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("$.a", "$.a"),
        ("$.a", "$.a.b[*]"),
        ("$.*", "$.a_at"),
        ("$.*_at", "$.b_at"),
        ("$.a[*]", "$.a[3].b"),
        ("**", "$.a.**.b"),
        ("$.**.id", "$.a[*].id"),
        ("$.**", "$.**.a"),
    ],
)
def test_a_wide_glob_covers_a_narrow_one_and_what_is_below(wide: str, narrow: str) -> None:
    assert covers(path_glob(wide), path_glob(narrow), below=True)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("$.a.b", "$.a"),
        ("$.a[0]", "$.a[*]"),
        ("$.a", "$.*"),
        ("$.a_*", "$.*_a"),
        ("$.**.id", "$.**"),
        ("$.*", "$[*]"),
        ("$", "$status"),
    ],
)
def test_a_glob_does_not_cover_what_it_may_leave(wide: str, narrow: str) -> None:
    assert not covers(path_glob(wide), path_glob(narrow), below=True)


def test_a_glob_that_covers_only_at_its_place_covers_nothing_below() -> None:
    assert not covers(path_glob("$.a"), path_glob("$.a.b"), below=False)
    assert covers(path_glob("$.**"), path_glob("$.a[*]"), below=False)


@given(
    st.lists(st.sampled_from(["a", "b", "[*]", "[0]", "*", "**"]), max_size=4),
    st.lists(st.sampled_from(["a", "b", "[*]", "[0]", "*", "**"]), max_size=4),
    st.lists(st.sampled_from(["a", "b", 0, 1]), max_size=4),
)
def test_what_a_covered_glob_takes_the_wide_one_takes(
    wide: list[str], narrow: list[str], path: list[str | int]
) -> None:
    one, other = (
        path_glob("$" + "".join(step if step[0] == "[" else f".{step}" for step in steps))
        for steps in (wide, narrow)
    )

    if covers(one, other, below=False) and other.matches(("$", *path)):
        assert one.matches(("$", *path))


def test_a_glob_takes_any_of_several_texts_or_none() -> None:
    names = ["GET /v1/escrows", "PUT /v1/escrows/{id}"]

    assert takes_any("* /v1/escrows/*", names)
    assert takes_any("GET /v1/escrows", names)
    assert not takes_any("GET /v1/leads*", names)
    assert not takes_any("*", [])


def test_rows_of_a_rehearsed_write_have_a_root_of_their_own() -> None:
    assert takes("$rows.escrows[*].city", "$rows", "escrows", 0, "city")
    assert takes("$rows.**", "$rows", "escrows", 3)
    assert not takes("$.**", "$rows", "escrows", 0)
    with pytest.raises(ParityError, match="starts with none of"):
        path_glob("$rowset.escrows")
