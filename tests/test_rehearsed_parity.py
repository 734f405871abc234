"""Rehearsed writes of the reference CRM from end to end: what both backends did is compared, answers and rows.

Both are on one database: modern rehearses, legacy commits, and what legacy left is read from there.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domains.routes import ROUTES
from domains.shared.caching import CacheSettings
from domains.shared.faults.of_writes import OF_WRITES
from parity.exchange import Endpoint
from parity.outcome import Comparison, Outcome
from parity.paths import path_glob
from parity.write_sets import NO_DATABASE
from tests.domains.recording import Ear
from tests.domains.requests import MANY, Asked, asked_of, prepare, renew, tables_of
from tests.domains.support import serving
from tests.legacy_bridge.support import running
from tests.support.rehearsed import ENDPOINTS, RULES, Rehearsing, rehearsing

BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}
FAULTS = {fault.name: fault for fault in OF_WRITES}
LABELLED = [{"label": "Signed"}]
FAILS = {"POST /v1/contacts/{id}/roles", "PUT /v1/contacts/{id}/roles/primary"}
"""Where legacy always answers 500 (Q-12)."""
ACCEPTED = {"PUT /v1/escrows/{id}/timeline", "PUT /v1/profiles/me"}
NOT_FOUND = {"PUT /v1/api-keys/{id}/revoke"}
"""What it notes besides, no answer names."""
WRITES: list[tuple[Endpoint, Asked]] = [
    (
        BY_NAME[f"{route.method} {route.path}"],
        replace(asked, body=LABELLED) if route.path.endswith("/timeline") else asked,
    )
    for route, asked in asked_of(ROUTES)
    if asked.method != "GET" and route.mirrorable
]
CONTACT = "/v1/contacts/0c000000-0000-4000-8000-000000000003"
NEW_CONTACT = Asked(
    "POST", "/v1/contacts", {"first_name": "Wren", "last_name": "Twicewell", "contact_type": "lender"}
)
PHONES = Asked("PUT", CONTACT, {"phone": "555-093-0001", "phone_secondary": "555-093-0002"})
ALONE = Asked("POST", "/v1/clients", {"lastName": "Alone"}, "admin_ada")


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
async def both(seeded_database: str, contract: Path, tmp_path: Path, ear: Ear) -> AsyncIterator[Rehearsing]:
    cache = CacheSettings(ttl_s=3_600)
    async with (
        serving(
            seeded_database, contract, rate_limits=MANY, faults=True, event_sink=ear, cache=cache
        ) as modern,
        running(seeded_database, contract) as legacy,
        rehearsing(legacy, modern, tmp_path) as found,
    ):
        prepare(modern)
        yield found


def shown(comparison: Comparison) -> list[tuple[str, str]]:
    return [(one.folded, one.kind.value) for one in comparison.mismatches]


async def test_every_write_of_a_correct_modern_matches_but_for_what_is_declared(
    both: Rehearsing, ear: Ear
) -> None:
    found: dict[str, tuple[Outcome, str]] = {}
    wrong: dict[str, Any] = {}
    rows: dict[str, Mapping[str, int]] = {}
    needed = set()

    for endpoint, asked in WRITES:
        renew(both.modern)
        exchange, comparison = await both.check(endpoint, asked)
        found[endpoint.name] = comparison.outcome, comparison.reason
        rows[endpoint.name] = exchange.row_counts
        wrong |= {endpoint.name: shown(comparison)} if comparison.mismatches else {}
        needed |= {one.acceptance.path for one in comparison.differences if one.acceptance}

    expected = {
        name: (Outcome.SKIPPED, "unknown_commit")
        if name in FAILS
        else (Outcome.ACCEPTED if name in ACCEPTED else Outcome.MATCH, "")
        for name in found
    }
    assert wrong == {}
    assert found == expected
    assert len(found) >= 59
    assert {name for name, counts in rows.items() if not counts.get("compared")} == FAILS
    assert {name for name, counts in rows.items() if set(counts) - {"compared"}} == NOT_FOUND
    assert {row.path for row in RULES.acceptances if path_glob(row.path).steps[0] == "$rows"} <= needed
    assert ear.heard() == ()


@pytest.mark.parametrize(
    ("name", "asked", "groups"),
    [
        ("lost-write", NEW_CONTACT, [("$rows.contacts[*]", "missing")]),
        ("duplicate-write", NEW_CONTACT, [("$rows.contacts[*]", "extra")]),
        (
            *("wrong-column", PHONES),
            [("$rows.contacts[*].phone", "value"), ("$rows.contacts[*].phone_secondary", "value")],
        ),
        ("status-200-for-201", NEW_CONTACT, [("$status", "status")]),
        ("error-details-lost", ALONE, [("$.error.details", "missing")]),
    ],
)
async def test_a_fault_of_a_write_is_a_mismatch_in_its_group_and_is_written_once(
    both: Rehearsing, ear: Ear, name: str, asked: Asked, groups: list[tuple[str, str]]
) -> None:
    endpoint = BY_NAME[FAULTS[name].acts_at or FAULTS[name].endpoint]
    before = tables_of(both.modern)
    _, right = await both.check(endpoint, asked)
    async with both.modern.client.put(f"/__faults/{name}") as switched:
        assert switched.status < 300

    exchange, wrong = await both.check(endpoint, asked)

    after = tables_of(both.modern)
    assert (right.mismatches, wrong.outcome) == ((), Outcome.MISMATCH)
    assert sorted(shown(wrong)) == groups
    assert (exchange.check, exchange.write, exchange.endpoint) == ("rehearse", endpoint.name, endpoint.name)
    made = 2 if exchange.legacy.status == 201 else 0
    assert len(after["contacts"]) == len(before["contacts"]) + made
    assert ear.heard() == ()


async def test_refused_writes_are_compared_by_their_answers(both: Rehearsing) -> None:
    asked = Asked("PUT", "/v1/escrows/e5c00000-0000-4000-8000-000000009999", {"city": "Nowhere"})

    exchange, comparison = await both.check(BY_NAME["PUT /v1/escrows/{id}"], asked)

    assert (exchange.legacy.status, comparison.outcome) == (403, Outcome.MATCH)
    assert exchange.row_counts == {}


async def test_without_legacys_database_answers_alone_are_compared_and_every_row_is_counted(
    both: Rehearsing, tmp_path: Path
) -> None:
    async with both.modern.client.put("/__faults/wrong-column") as switched:
        assert switched.status < 300

    async with rehearsing(both.legacy, both.modern, tmp_path, legacy_rows=None) as blind:
        exchange, comparison = await blind.check(BY_NAME["PUT /v1/contacts/{id}"], PHONES)

    assert (comparison.outcome, exchange.rows) == (Outcome.MATCH, ())
    assert exchange.row_counts == {NO_DATABASE: 1}


async def test_what_legacy_stores_otherwise_is_found_in_the_row(both: Rehearsing) -> None:
    both.modern.execute(
        """
        CREATE FUNCTION spoil() RETURNS trigger AS $$ BEGIN
          IF current_setting('application_name') <> 'crossfade-modern' THEN NEW.city := 'Oldtown'; END IF;
          RETURN NEW;
        END $$ LANGUAGE plpgsql;
        CREATE TRIGGER spoil BEFORE UPDATE ON escrows FOR EACH ROW EXECUTE FUNCTION spoil();
        """
    )
    try:
        endpoint, asked = next(pair for pair in WRITES if pair[0].name == "PUT /v1/escrows/{id}/details")
        _, comparison = await both.check(endpoint, asked)
    finally:
        both.modern.execute("DROP FUNCTION spoil CASCADE")

    assert shown(comparison) == [("$rows.escrows[*].city", "value")]
