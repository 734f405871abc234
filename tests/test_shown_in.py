"""What each write is declared to show in: no cached read of another domain is older than it."""

from pathlib import Path
from typing import Any

import pytest

from domains.routes import ROUTES
from domains.shared.caching import CacheSettings
from tests.domains.support import Modern, serving

LEAD = "/v1/leads/1ead0000-0000-4000-8000-000000000013"
CLIENT = "/v1/clients/c1000000-0000-4000-8000-000000000012"
READS = (
    "/v1/clients?limit=100",
    "/v1/clients/stats",
    "/v1/contacts?limit=100",
    "/v1/contacts/search?name=Wren",
    "/v1/appointments?limit=100",
    "/v1/leads?limit=100",
    "/v1/escrows/e5c00000-0000-4000-8000-000000000009/people",
)
WRITES = (
    ("POST", f"{LEAD}/convert", None),
    ("PUT", LEAD, {"notes": "seen"}),
    ("POST", "/v1/clients", {"firstName": "Wren", "lastName": "Shown"}),
    ("PUT", CLIENT, {"lastName": "Renamed"}),
    ("POST", f"{CLIENT}/notes", {"content": "seen"}),
    ("PATCH", f"{CLIENT}/tags", {"tags": ["seen"]}),
    ("PUT", f"{CLIENT}/archive", None),
    ("POST", "/v1/contacts", {"first_name": "Nell", "last_name": "New", "contact_type": "lender"}),
)


async def shown(backend: Modern) -> list[dict[str, Any]]:
    """What it answers to all the reads, but for the moment that an answer was made."""
    answers = [await backend.send("admin_ada", "GET", target) for target in READS]
    assert {answer.status for answer in answers} == {200}
    return [answer.body | {"timestamp": None} for answer in answers]


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=lambda value: str(value).rpartition("/")[2])
async def test_no_cached_read_is_older_than_a_write_of_another_domain(
    seeded_database: str, contract: Path, method: str, path: str, body: Any
) -> None:
    async with (
        serving(seeded_database, contract, cache=CacheSettings(ttl_s=600)) as cached,
        serving(seeded_database, contract, cache=CacheSettings(max_bytes=0)) as fresh,
    ):
        before = await shown(cached)
        written = await cached.send("admin_ada", method, path, body)
        kept, true = await shown(cached), await shown(fresh)

    assert written.status in {200, 201}
    assert kept == true
    assert before != true


def test_whom_a_write_shows_in_are_domains_that_read_it() -> None:
    readers = {(route.domain, name.removesuffix("!")) for route in ROUTES for name in route.reads or ()}

    for route in ROUTES:
        assert {(reader, route.domain) for reader in route.shown_in or ()} <= readers, route
