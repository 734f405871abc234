"""What may be kept of a path: the words of a programmer, nothing of anybody else."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.path_folding import MAX_SEGMENTS, Position, folded, read, thinned, written


def kept(target: str) -> str:
    path = folded(target)
    assert path is not None
    return written(path)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/", "/"),
        ("/v1/orders", "/v1/orders"),
        ("/v1/orders?email=a@b.example", "/v1/orders"),
        ("/v1/orders/", "/v1/orders/"),
        ("//v1/orders", "//v1/orders"),
        ("/v1/purchase-orders/export.csv", "/v1/purchase-orders/export.csv"),
        ("/v1/orders/17", "/v1/orders/{}"),
        ("/v1/orders/550e8400-e29b-41d4-a716-446655440000/items/3", "/v1/orders/{}/items/{}"),
        ("/v2.1/orders", "/v2.1/orders"),
        ("/v1/orders/ORD-17", "/v1/orders/{}"),
        ("/v1/files/Report", "/v1/files/{}"),
        ("/v1/files/a@b.example", "/v1/files/{}"),
        ("/v1/files/%61bc", "/v1/files/{}"),
        ("/v1/files/naïve", "/v1/files/{}"),
        ("/v1/files/thisisaverylongsinglewordofsomebody", "/v1/files/{}"),
        ("/v1/files/one-two-three-four-five", "/v1/files/{}"),
        ("/v1/files/xkcdqw", "/v1/files/{}"),
        ("/reset-password/abide", "/reset-password/{}"),
        ("/by-name/alice", "/by-name/{}"),
        ("/users/alice", "/users/{}"),
        ("/users/alice/posts", "/users/{}/posts"),
        ("/users/me/posts", "/users/me/posts"),
    ],
)
def test_what_could_be_somebodys_is_a_parameter(target: str, expected: str) -> None:
    assert kept(target) == expected


def test_what_is_too_long_to_be_an_endpoint_is_nothing() -> None:
    assert folded("/a" * MAX_SEGMENTS) is not None
    assert folded("/a" * (MAX_SEGMENTS + 1)) is None
    assert folded("*") is None


@given(st.lists(st.text(string.printable.replace("/", "").replace("?", ""), min_size=1), max_size=5))
def test_nothing_but_short_words_and_versions_is_kept(segments: list[str]) -> None:
    path = folded("/" + "/".join(segments))

    assert path is not None
    assert all(part == "{}" or len(part) <= 67 for part in path)
    assert all(set(part) <= set(string.ascii_lowercase + string.digits + "-_.{}") for part in path)
    assert read(written(path)) == path


def test_a_place_with_too_many_words_is_taken_for_a_parameter() -> None:
    names = [("v1", "pages", name, "text") for name in ("one", "two", "three", "four")]
    others = [("v1", "pages", "one", "text", "raw"), ("v1", "orders", "open", "text")]

    thin, crowded = thinned([*names, *others], max_siblings=3)

    assert {thin[path] for path in names} == {("v1", "pages", "{}", "text")}
    assert [thin[path] for path in others] == others
    assert crowded == {Position(("v1", "pages"), 4)}
    assert thinned(names, max_siblings=4) == ({path: path for path in names}, frozenset())


def test_a_place_stays_crowded() -> None:
    thin, crowded = thinned([("pages", "five"), ("pages",)], [Position(("pages",), 2)])

    assert thin == {("pages", "five"): ("pages", "{}"), ("pages",): ("pages",)}
    assert crowded == {Position(("pages",), 2)}


def test_what_stands_behind_such_a_place_comes_together() -> None:
    paths = [(a, b) for a in ("ab", "cd", "ef", "gh") for b in ("one", "two")]

    thin, _ = thinned(paths, max_siblings=3)

    assert set(thin.values()) == {("{}", "one"), ("{}", "two")}
