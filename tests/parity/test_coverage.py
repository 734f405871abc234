"""The coverage matrix: what a cell is, that no value becomes one, and what must have been seen."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.coverage import (
    MAX_SHAPE,
    OTHER_SHAPES,
    Cell,
    Requirement,
    cells_of,
    cover,
    query_shape,
    requirements,
    within,
)
from parity.exchange import NO_READ_BACK, Endpoint
from parity.outcome import Comparison, Difference, Kind, Outcome
from tests.parity.factories import DETAIL, LIST, acceptance, exchange, observation

MATCH = Comparison(Outcome.MATCH)


@pytest.mark.parametrize(
    ("target", "shape"),
    [
        ("/v1/escrows", ""),
        ("/v1/escrows?", ""),
        ("/v1/escrows?page=2&limit=10", "limit&page"),
        ("/v1/escrows?page=2&limit=10&page=3&", "limit&page"),
        ("/v1/escrows?sort%42y=price&active", "active&sortBy"),
        ("/v1/escrows?ids[]=1&filter[status]=open", "filter[*]&ids[*]"),
        ("/v1/escrows?e7c2f0aa91b3=1&nettle@brindlefox.test=2", "*"),
        ("/v1/escrows?=1&%00=2", "*"),
    ],
)
def test_a_query_shape_is_the_names_of_the_parameters_without_a_value(target: str, shape: str) -> None:
    assert query_shape(target) == shape


@given(st.text(max_size=500))
def test_whatever_a_client_sends_a_query_shape_is_short_and_of_words(query: str) -> None:
    shape = query_shape(f"/v1/escrows?{query}")

    assert len(shape) <= MAX_SHAPE
    assert shape.replace("[*]", "").replace("&", "").replace("*", "a").isascii()


def test_too_many_parameters_have_one_shape() -> None:
    query = "&".join(f"parameter{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")

    assert query_shape(f"/v1/escrows?{query}") == OTHER_SHAPES


def test_the_status_class_is_that_of_legacy() -> None:
    found = exchange(
        observation(status=404), observation(status=200), endpoint=DETAIL, target="/v1/escrows/7?full=1"
    )

    odd = [exchange(observation(status=status)) for status in (700, 999)]

    assert cells_of((one, MATCH) for one in (found, *odd, found)) == {
        Cell(DETAIL, "4xx", "full"): 2,
        Cell(LIST, "other"): 2,
    }


def test_where_another_status_is_accepted_the_class_is_that_of_modern() -> None:
    found = exchange(
        observation(status=500), observation(status=200), endpoint=DETAIL, target="/v1/escrows/7"
    )
    status = Difference(("status",), Kind.STATUS, 500, 200)
    body = msgspec.structs.replace(status, kind=Kind.VALUE, acceptance=acceptance())

    outcomes = [
        Comparison(
            Outcome.ACCEPTED, differences=(msgspec.structs.replace(status, acceptance=acceptance()), body)
        ),
        Comparison(Outcome.MISMATCH, differences=(status, body)),
    ]

    assert [list(cells_of([(found, one)])) for one in outcomes] == [
        [Cell(DETAIL, "2xx")],
        [Cell(DETAIL, "5xx")],
    ]


def test_a_write_check_covers_the_write_and_not_the_read_that_showed_it() -> None:
    gone = exchange(
        observation(status=404),
        observation(status=404),
        endpoint=DETAIL,
        check="read_back",
        write="DELETE /v1/escrows/{id}",
    )

    assert cells_of([(gone, MATCH)]) == {Cell("DELETE /v1/escrows/{id}", "2xx"): 1}


def test_cells_over_the_bound_share_one_for_each_status_class() -> None:
    known_cell = Cell(LIST, "2xx", "page")
    seen = {Cell(LIST, "2xx", shape): 2 for shape in ("a", "b", "c")} | {
        known_cell: 1,
        Cell(LIST, "4xx", "z"): 1,
    }

    bounded = within(seen, {LIST: {known_cell.id}}, max_cells=2)

    assert bounded == {
        known_cell: 1,
        Cell(LIST, "2xx", "a"): 2,
        Cell(LIST, "2xx", OTHER_SHAPES): 4,
        Cell(LIST, "4xx", OTHER_SHAPES): 1,
    }


def test_every_endpoint_that_may_be_mirrored_is_required_with_its_success() -> None:
    endpoints = [
        Endpoint("escrows", "GET", "/v1/escrows"),
        Endpoint("escrows", "POST", "/v1/escrows"),
        Endpoint("escrows", "POST", "/v1/escrows/login", mirrorable=False),
        Endpoint("escrows", "POST", "/v1/escrows/tidy", read_back=NO_READ_BACK),
        Endpoint("escrows", "POST", "/v1/escrows/broken", required=False),
    ]
    extra = Requirement(LIST, "4xx"), Requirement(LIST)

    assert [one.name for one in requirements(endpoints, extra)] == [
        "GET /v1/escrows 2xx",
        "POST /v1/escrows 2xx",
        "GET /v1/escrows 4xx",
    ]
    assert [one.name for one in requirements(endpoints, writes=False)] == ["GET /v1/escrows 2xx"]


def test_a_requirement_is_met_by_any_query_shape_unless_it_names_one() -> None:
    counts = {Cell(LIST, "2xx", "page"): 3, Cell(LIST, "2xx", ""): 1, Cell(LIST, "4xx"): 9}
    required = [
        Requirement(LIST),
        Requirement(LIST, "2xx", "page"),
        Requirement(LIST, "2xx", "limit"),
        Requirement(DETAIL),
    ]

    found = cover(counts, required, least=4)

    assert [n for _, n in found.required] == [4, 3, 0, 0]
    assert [(one.name, n) for one, n in found.missing] == [
        ("GET /v1/escrows 2xx ?page", 3),
        ("GET /v1/escrows 2xx ?limit", 0),
        ("GET /v1/escrows/{id} 2xx", 0),
    ]
    assert found.of(DETAIL) == cover({}, [Requirement(DETAIL)], least=4)


def test_a_rehearsed_write_covers_its_write_in_the_class_of_legacys_status() -> None:
    write = "POST /v1/escrows"
    found = [
        exchange(observation(status=status), endpoint=write, check="rehearse", write=write)
        for status in (201, 404)
    ]

    assert cells_of((one, MATCH) for one in found) == {Cell(write, "2xx"): 1, Cell(write, "4xx"): 1}
