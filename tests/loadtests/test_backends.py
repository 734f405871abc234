"""Modern measured beside legacy: what counts as passed, and how it is printed."""

import pytest
from rich.console import Console

from loadtests.backends import (
    LEGACY,
    MODERN,
    BackendsResult,
    EndpointRow,
    ExchangeFloor,
    measurements_of,
    render_backends,
)


def result(*rows: EndpointRow, statements: float = 0.5, hit_rate: float = 0.9) -> BackendsResult:
    return BackendsResult(
        rows=rows,
        statements={LEGACY: 2.0, MODERN: 2.0 * statements},
        hit_rate=hit_rate,
        hit_rates={"escrows": hit_rate},
        not_compared=("DELETE /v1/escrows/{id}",),
    )


def row(endpoint: str = "GET /v1/escrows/{id}", modern_ms: float = 1.0, cold_ms: float = 1.5) -> EndpointRow:
    return EndpointRow(endpoint, 3, 2.0, modern_ms, cold_ms, modern_ms / 2, modern_ms / 2)


@pytest.mark.parametrize(
    ("endpoint", "modern_ms", "passed"),
    [
        ("GET /v1/escrows/{id}", 1.6, True),
        ("GET /v1/escrows/{id}", 1.7, False),
        ("GET /v1/escrows", 1.2, True),
        ("GET /v1/escrows", 1.3, False),
    ],
)
def test_an_endpoint_passes_at_its_target_and_no_slower(
    endpoint: str, modern_ms: float, *, passed: bool
) -> None:
    one = measurements_of(result(row(endpoint, modern_ms)))[0]

    assert one.passed is passed


def test_where_a_password_is_hashed_the_target_is_another() -> None:
    slow = EndpointRow("POST /v1/auth/login", 1, 100.0, 101.0, 101.0, 1.01, 1.01)

    assert slow.target == 1.02


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("statements per request, modern / legacy", result(row(), statements=0.8)),
        ("cache hit rate of reads, 5 % writes", result(row(), hit_rate=0.7)),
        ("cold median over endpoints, modern / legacy", result(row(cold_ms=2.2))),
    ],
)
def test_a_missed_measurement_is_not_hidden(name: str, bad: BackendsResult) -> None:
    good = {one.name: one.passed for one in measurements_of(result(row()))}
    missed = {one.name: one.passed for one in measurements_of(bad)}

    assert good[name]
    assert not missed[name]


def test_a_target_within_the_interval_of_a_ratio_is_still_open() -> None:
    near = EndpointRow("PUT /v1/escrows/{id}", 1, 2.0, 1.7, 1.7, 0.75, 0.95)
    console = Console(width=80, record=True)

    render_backends(result(near, row("PUT /v1/leads/{id}", 1.8)), console)

    text = console.export_text()
    assert (near.is_open, "0.85?" in text, "0.90!" in text) == (True, True, True)


def test_what_a_bare_answer_takes_is_told_beside_the_endpoint_that_sends_no_statement() -> None:
    floor = ExchangeFloor("google_no_token", 0.3, 0.21, 0.15, commits=False)
    told = EndpointRow("POST /v1/auth/google", 1, 0.3, 0.21, 0.27, 0.65, 0.75, (floor,))
    console = Console(width=120, record=True)

    render_backends(result(told, row()), console)

    lines = [line for line in console.export_text().splitlines() if "loor" in line]
    assert lines == [
        "Floor of POST /v1/auth/google, google_no_token: a bare answer 0.15 ms, 0.50 of legacy; modern 0.70"
    ]


def test_a_target_that_a_backend_without_logic_would_miss_is_said_to_be_out_of_reach_and_stays_missed() -> (
    None
):
    floor = ExchangeFloor("logout", 0.75, 0.72, 0.66, commits=True)
    told = EndpointRow("POST /v1/auth/logout", 1, 0.75, 0.72, 0.75, 0.9, 1.0, (floor,))
    console = Console(width=120, record=True)

    render_backends(result(told), console)

    text = console.export_text()
    assert "logout: a bare answer and a commit 0.66 ms, 0.88 of legacy; modern 0.96" in text
    assert "POST /v1/auth/logout misses 0.80; a backend without any logic is at 0.88" in text
    assert not measurements_of(result(told))[0].passed


def test_the_table_fits_eighty_columns_and_says_what_was_not_compared() -> None:
    console = Console(width=80, record=True)

    render_backends(result(row("PUT /v1/teams/{id}/members/{userId}/permissions")), console)

    text = console.export_text()
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "Not compared" in text
