"""What workers served lately: counted by who was to answer, told each second, gone when nobody looks any more."""

import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from parity.exchange import Endpoint
from proxy.counters import Counters
from proxy.figures import (
    KEPT_S,
    Figures,
    FiguresTeller,
    Served,
    figures_of,
    forget_figures,
    mirrored_up_to,
    read_served,
    told_at,
)
from proxy.flag_rows import Registration
from proxy.flag_store import FlagStore
from proxy.metrics import Metrics
from proxy.stages import Stage
from tests.proxy.rig import QUICK_CLIENT, Rig, running, until
from tests.support.backends import answering, closing

ENDPOINTS = (Endpoint("escrows", "GET", "/v1/escrows"), Endpoint("clients", "GET", "/v1/clients"))
NOW = 1_795_000_000.0


@pytest.fixture
def engine(engine: sa.Engine) -> sa.Engine:
    """One that has the tables."""
    FlagStore(engine, ENDPOINTS).prepare()
    return engine


def tell(engine: sa.Engine, teller: FiguresTeller, at: float, **domains: Served) -> None:
    figures = Figures(at, domains)
    with engine.begin() as connection:
        teller.tell(figures, connection)
    teller.told(figures)


def served(engine: sa.Engine, since: float, domain: str | None = None) -> dict[str, Served]:
    with engine.connect() as connection:
        return read_served(connection, since, domain)


def test_a_domains_figures_are_the_sum_over_its_endpoints_by_backend() -> None:
    counters = Counters()
    metrics = Metrics(counters, {})
    for status in (200, 404, 500, 0):
        metrics.served("GET /v1/escrows", "modern", "canary", status, 0.1)
    metrics.served("GET /v1/escrows", "legacy", "canary", 503, 0.1)
    metrics.served("(unlisted)", "legacy", "off", 500, 0.1)
    metrics.broke("GET /v1/escrows", "modern", began=False)
    metrics.broke("GET /v1/escrows", "modern", began=True)
    counters.mirrored("GET /v1/clients")
    counters.shed("GET /v1/clients", "parity_queue")

    found = figures_of(metrics, counters, ENDPOINTS, clock=lambda: NOW)

    assert found == Figures(
        NOW,
        {
            "escrows": Served(modern=4, modern_errors=3, legacy=1, legacy_errors=1),
            "clients": Served(mirrored=1, shed=1),
        },
    )


def test_a_window_holds_what_was_served_within_it_by_all_workers(engine: sa.Engine) -> None:
    one, other = (FiguresTeller(name, clock=lambda: NOW) for name in ("one", "other"))
    tell(engine, one, NOW + 1, escrows=Served(modern=5))
    tell(engine, one, NOW + 2, escrows=Served(modern=8, modern_errors=1), clients=Served(legacy=1))
    tell(engine, other, NOW + 2, escrows=Served(modern=10))

    assert served(engine, NOW) == {
        "escrows": Served(modern=18, modern_errors=1),
        "clients": Served(legacy=1),
    }
    assert served(engine, NOW + 1, "escrows") == {"escrows": Served(modern=3, modern_errors=1)}
    assert served(engine, NOW + 2) == {}


def test_what_was_not_written_is_told_the_next_time(engine: sa.Engine) -> None:
    teller = FiguresTeller("one", clock=lambda: NOW)
    with engine.begin() as connection:
        teller.tell(Figures(NOW + 1, {"escrows": Served(modern=5)}), connection)
        connection.rollback()

    tell(engine, teller, NOW + 2, escrows=Served(modern=7))

    assert served(engine, NOW)["escrows"] == Served(modern=7)


def test_what_took_longer_than_anybody_waits_is_not_told_as_if_it_were_new(engine: sa.Engine) -> None:
    teller = FiguresTeller("one", clock=lambda: NOW)
    tell(engine, teller, NOW + 60, escrows=Served(modern=500, modern_errors=500))
    tell(engine, teller, NOW + 61, escrows=Served(modern=510, modern_errors=500))

    assert served(engine, NOW) == {"escrows": Served(modern=10)}


def test_rows_are_bounded_by_time(engine: sa.Engine) -> None:
    one = FiguresTeller("one", clock=lambda: NOW)
    tell(engine, one, NOW + 1, escrows=Served(modern=1))
    tell(engine, FiguresTeller("gone", clock=lambda: NOW), NOW + 2, escrows=Served(modern=1))
    tell(engine, one, NOW + 2 + KEPT_S, escrows=Served(modern=1))

    assert served(engine, NOW) == {"escrows": Served(modern=1)}
    with engine.begin() as connection:
        forget_figures(connection, NOW + 3 + KEPT_S)
    assert served(engine, NOW) == {}


def test_a_silent_worker_is_seen_by_when_it_told_its_figures(engine: sa.Engine) -> None:
    store = FlagStore(engine, ENDPOINTS)
    started = Registration("one", "proxy-1", "elsewhere", 1)
    store.register(started)
    with engine.connect() as connection:
        before = told_at(connection)

    tell(engine, FiguresTeller("one"), NOW + 9)

    with engine.connect() as connection:
        assert before == {"one": started.started_at.timestamp()}
        assert told_at(connection) == {"one": NOW + 9}


def test_when_a_domain_was_mirrored_last_is_known(engine: sa.Engine) -> None:
    teller = FiguresTeller("one", clock=lambda: NOW)
    tell(engine, teller, NOW + 1, escrows=Served(legacy=1, mirrored=1), clients=Served(legacy=1))
    tell(engine, teller, NOW + 2, escrows=Served(legacy=2, mirrored=1))
    tell(engine, teller, NOW + 3, escrows=Served(legacy=2, mirrored=2))
    tell(engine, teller, NOW + 4, escrows=Served(legacy=2, mirrored=3, shed=1))

    with engine.connect() as connection:
        assert mirrored_up_to(connection, NOW + 9) == {"escrows": NOW + 2}
        assert mirrored_up_to(connection, NOW + 2) == {"escrows": NOW}


def of_escrows(rig: Rig) -> Served:
    with rig.engine.connect() as connection:
        return read_served(connection, time.time() - 300).get("escrows", Served())


async def test_a_worker_tells_of_answers_of_fallbacks_and_of_failures(tmp_path: Path) -> None:
    async with running(tmp_path, stage=Stage.LIVE, client=QUICK_CLIENT) as rig:
        await rig.ask()
        rig.modern.behaviour = answering(b"{}", status="500 Internal Server Error")
        await rig.ask()
        rig.modern.behaviour = closing()
        assert (await rig.ask()).header("X-Served-By") == "legacy"
        assert (await rig.ask("POST", data=b"{}")).status == 502
        await rig.raw(b"POST /v1/escrows HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n")
        await until(lambda: of_escrows(rig).mirrored >= 3 and of_escrows(rig).modern >= 4)
        found = of_escrows(rig)

    assert (found.modern, found.modern_errors, found.legacy_errors) == (4, 3, 0)


async def test_a_worker_whose_loop_is_busy_beats_on_without_figures(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        busy_since = time.time()
        enough = busy_since + 1.0  # nobody who heard of the loop before writes so late

        deadline = time.monotonic() + 30
        while rig.store.workers()[0].seen_at.timestamp() < enough and time.monotonic() < deadline:
            time.sleep(0.02)  # noqa: ASYNC251  -- the loop of the worker is this one, and is to be busy

        assert rig.store.workers()[0].seen_at.timestamp() >= enough
        with rig.engine.connect() as connection:
            assert max(told_at(connection).values()) <= busy_since
