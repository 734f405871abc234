"""The recorded exchanges of the seven endpoints, replayed against modern: only declared deviations, each needed."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path

import aiohttp
import psycopg
import pytest
from aiohttp.test_utils import TestServer
from yarl import URL

import legacy_bridge.app
from domains.routes import ROUTES
from legacy_bridge.seed import reset
from loadtests.recording import Recorded, endpoint_of, load_recording
from parity.exchange import Backend, Exchange, Observation
from parity.outcome import Acceptance, Outcome
from parity.rules import RuleBook
from tests.domains.support import Modern, serving
from tests.support.replay import JWT_SECRET, Before, Replayed, differences, leave_sub_resource_writes, replay

DECLARED = Path(__file__).parent.parent / "parity.toml"
BOOK = RuleBook.load([DECLARED])

# modern commits the update with a version that legacy refuses; what follows starts from the recorded row again
AFTER_A_DEVIATION = "update_status_escaped"
RECORDED_ROW = """
    UPDATE escrows SET city = 'Sampleville', version = 1, last_modified_by = NULL
    WHERE id = 'e5c00000-0000-4000-8000-000000000009'
"""


def leave_recorded_state(database_url: str, recording: list[Recorded]) -> Before:
    sub_resources = leave_sub_resource_writes(database_url, recording)

    def before(recorded: Recorded) -> Awaitable[None] | None:
        if recorded.name == AFTER_A_DEVIATION:
            with psycopg.connect(database_url) as connection:
                connection.execute(RECORDED_ROW)
        return sub_resources(recorded)

    return before


# what the recording does not show is asked of legacy_bridge, on the same database
UNRECORDED = (
    ("admin_ada", "get_number_too_large", "GET", "/v1/escrows/99999999999"),
    ("admin_ada", "get_nul", "GET", "/v1/escrows/%00"),
    ("agent_ann", "get_own", "GET", "/v1/escrows/e5c00000-0000-4000-8000-000000000009"),
    ("admin_ada", "list_sort_bogus", "GET", "/v1/escrows?sort=bogus"),
    ("admin_ada", "list_sort_ties", "GET", "/v1/escrows?sort=escrow_status&limit=50"),
    ("admin_ada", "list_price_invalid", "GET", "/v1/escrows?minPrice=x"),
    ("broker_bea", "list_scope_all", "GET", "/v1/escrows?scope=all"),
    ("broker_bea", "list_scope_team", "GET", "/v1/escrows?scope=team"),
    ("owner_otto", "list_scope_brokerage", "GET", "/v1/escrows?scope=brokerage"),
    ("ghost", "list_ghost", "GET", "/v1/escrows"),
    ("expired:agent_ann", "list_expired", "GET", "/v1/escrows"),
    ("agent_ann", "no_endpoint", "GET", "/v1/escrows/5/bogus"),
    ("agent_ann", "archive_unknown", "PUT", "/v1/escrows/deadbeef-0000-4000-8000-000000000000/archive"),
    ("agent_ann", "restore_unknown", "PUT", "/v1/escrows/deadbeef-0000-4000-8000-000000000000/restore"),
)
ENDPOINTS = [(route.method, route.path) for route in ROUTES if route.domain == "escrows"]


async def ask_both(modern: Modern, legacy_url: str) -> list[Replayed]:
    asked = []
    async with aiohttp.ClientSession() as session:
        for user, name, method, target in UNRECORDED:
            seen = {}
            for backend, base in (
                (Backend.LEGACY, legacy_url),
                (Backend.MODERN, str(modern.client.make_url("/"))),
            ):
                url = URL(base.rstrip("/") + target, encoded=True)
                async with session.request(method, url, headers=modern.credentials.headers(user)) as answer:
                    headers = tuple((key.lower(), value) for key, value in answer.headers.items())
                    counted = int(answer.headers["X-Query-Count"])
                    seen[backend] = Observation(
                        answer.status, headers, await answer.read(), query_count=counted
                    )
            legacy, new = seen[Backend.LEGACY], seen[Backend.MODERN]
            recorded = Recorded(
                *("unrecorded", name, "escrows", user, method, target.partition("?")[0], {}, {}, None),
                *(legacy.status, {}, None, legacy.query_count or 0, ()),
            )
            exchange = Exchange(
                id=name,
                endpoint=" ".join(endpoint_of(recorded, ENDPOINTS) or ("GET", "/v1/escrows")),
                domain="escrows",
                method=method,
                target=target,
                client=user,
                stage="shadow",
                authoritative=Backend.LEGACY,
                legacy=legacy,
                modern=new,
                at=0.0,
            )
            asked.append(Replayed(recorded, exchange, new.query_count))
    return asked


@pytest.fixture(scope="module")
def replayed(database_url: str, contract: Path) -> list[Replayed]:
    """Every exchange of the seven endpoints in recorded order, then the others: made once, judged by many tests."""
    reset(database_url, contract / "seed")
    recording = load_recording(contract, "escrows")
    before = leave_recorded_state(database_url, recording)
    legacy_app = legacy_bridge.app.create_app(database_url=database_url, jwt_secret=JWT_SECRET)

    async def run() -> list[Replayed]:
        async with serving(database_url, contract) as modern, TestServer(legacy_app) as legacy:
            base_url = str(modern.client.make_url("/"))
            recorded = await replay(base_url, recording, ENDPOINTS, modern.credentials, before=before)
            return recorded + await ask_both(modern, str(legacy.make_url("/")))

    return asyncio.run(run())


def test_modern_differs_from_the_recording_only_where_it_is_declared(replayed: list[Replayed]) -> None:
    found = differences(replayed, BOOK)

    assert found == []
    assert len(replayed) > 100


def test_every_recorded_exchange_matches_or_is_accepted(replayed: list[Replayed]) -> None:
    outcomes = {one.comparison(BOOK).outcome for one in replayed}

    assert outcomes == {Outcome.MATCH, Outcome.ACCEPTED}


@pytest.mark.parametrize(
    "without",
    BOOK.acceptances,
    ids=lambda row: f"{row.quirk} {row.endpoint} {row.legacy_status}-{row.modern_status}",
)
def test_the_run_fails_without_any_one_of_the_declarations(
    replayed: list[Replayed], without: Acceptance
) -> None:
    fewer = replace(BOOK, acceptances=tuple(row for row in BOOK.acceptances if row is not without))

    assert differences(replayed, fewer) != []


def test_every_declaration_names_its_quirk_and_is_declared_once() -> None:
    keys = [
        (row.quirk, row.endpoint, row.path, row.legacy_status, row.modern_status) for row in BOOK.acceptances
    ]

    assert len(set(keys)) == len(keys)
    assert all(row.quirk.startswith("Q-") and row.reason.startswith(row.quirk) for row in BOOK.acceptances)


def test_the_recorded_headers_are_all_there(replayed: list[Replayed]) -> None:
    recorded = [one for one in replayed if one.recorded.id != "unrecorded"]

    wrong = {one.label: headers for one in recorded if (headers := one.wrong_headers())}

    assert wrong == {}


def test_no_exchange_that_is_answered_alike_needs_more_statements(replayed: list[Replayed]) -> None:
    alike = [one for one in replayed if one.recorded.status == one.exchange.modern.status]

    more = {
        one.label: (one.recorded.sql_count, one.query_count)
        for one in alike
        if one.query_count is None or one.query_count > one.recorded.sql_count
    }

    assert more == {}
