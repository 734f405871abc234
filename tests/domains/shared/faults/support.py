"""Ask modern with and without a fault, and have parity say what differs."""

from collections.abc import Iterable
from typing import Any

from domains.shared.faults import Fault
from loadtests.fault_judge import FaultRun, FoundGroup
from parity.compare import compare
from parity.exchange import Observation
from parity.rules import RuleBook
from tests.domains.recording import ROOMS
from tests.domains.support import Modern, escrow
from tests.parity.factories import TODAY, exchange

RULES = RuleBook.load(sorted(ROOMS.glob("*/parity.toml")))
CONTACT = "/v1/contacts/0c000000-0000-4000-8000-000000000003"
LISTING = "/v1/listings/11500000-0000-4000-8000-000000000009"
CLIENT = "/v1/clients/c1000000-0000-4000-8000-000000000007"
TEAM = "/v1/teams/aaaaaaaa-0000-4000-8000-000000000001"
UNKNOWN = "deadbeef-0000-4000-8000-000000000000"

Asking = tuple[str | None, str]
"""Who asks, and for what."""

READS: dict[str, tuple[Asking, ...]] = {
    "GET /v1/escrows*": (("admin_ada", escrow(1)),),
    "GET /v1/escrows": (("admin_ada", "/v1/escrows"),),
    "GET /v1/escrows/{id}": (
        *(("admin_ada", escrow(number)) for number in (2, 3, 8)),
        ("agent_ann", escrow(1)),
    ),
    "GET /v1/escrows/{id}/people": (("admin_ada", f"{escrow(1)}/people"),),
    "GET /v1/escrows/{id}/documents": (("admin_ada", f"{escrow(1)}/documents"),),
    "GET /v1/escrows/{id}/timeline": (("admin_ada", f"{escrow(3)}/timeline"),),
    "GET /v1/listings": (
        ("admin_ada", "/v1/listings?status=Active&limit=3"),
        ("admin_ada", "/v1/listings?sortBy=list_price&sortOrder=asc&limit=4"),
        ("admin_ada", "/v1/listings?scope=x"),
    ),
    "GET /v1/listings/{id}": (("admin_ada", LISTING), ("admin_ada", f"/v1/listings/{UNKNOWN}")),
    "GET /v1/clients": (
        ("admin_ada", "/v1/clients?page=2&limit=5"),
        ("admin_ada", "/v1/clients?search=cedar"),
        ("agent_ann", "/v1/clients"),
    ),
    "GET /v1/clients/{id}": (("agent_ann", CLIENT), ("agent_ben", CLIENT)),
    "GET /v1/contacts": (("agent_ben", "/v1/contacts?limit=2"),),
    "GET /v1/contacts/search": (("agent_ann", "/v1/contacts/search?name=garnet"),),
    "GET /v1/contacts/{id}": (("agent_ann", CONTACT),),
    "GET /v1/teams": (("admin_ada", "/v1/teams"),),
    "GET /v1/teams/{id}": (("admin_ada", TEAM),),
    "GET /v1/teams/{id}/members": (("admin_ada", f"{TEAM}/members"),),
    "GET /v1/settings": (("agent_ann", "/v1/settings"),),
    "GET /v1/settings/theme": (("agent_ann", "/v1/settings/theme"),),
    "GET /v1/auth/profile": (("agent_ann", "/v1/auth/profile"),),
    "GET /v1/auth/verify-role": (("agent_ann", "/v1/auth/verify-role?requiredRole=agent"),),
    "GET /v1/profiles/public/{username}": ((None, "/v1/profiles/public/agent_ann"),),
}
"""By the endpoint that a fault names."""


async def observe(modern: Modern, asking: Asking, method: str = "GET", body: Any = None) -> Observation:
    """What modern answers."""
    user, target = asking
    headers = modern.credentials.headers(user)
    async with modern.client.request(method, target, headers=headers, json=body) as answer:
        pairs = tuple((name.lower(), value) for name, value in answer.headers.items())
        return Observation(answer.status, pairs, await answer.read())


async def switch(modern: Modern, fault: Fault, *, on: bool) -> None:
    """Switch a fault on or off."""
    async with modern.client.request("PUT" if on else "DELETE", f"/__faults/{fault.name}") as answer:
        assert answer.status == 200


async def groups_of(modern: Modern, fault: Fault) -> FaultRun:
    """What differs while the fault is on from what was answered before."""
    asked = READS[fault.endpoint]
    before = [await observe(modern, asking) for asking in asked]
    await switch(modern, fault, on=True)
    after = [await observe(modern, asking) for asking in asked]
    await switch(modern, fault, on=False)
    endpoint = fault.endpoint.replace("*", "/{id}")
    groups: dict[FoundGroup, int] = {}
    for one, other in zip(before, after, strict=True):
        for found in compare(exchange(one, other, endpoint=endpoint), RULES, today=TODAY).mismatches:
            group = FoundGroup(endpoint, found.folded, found.kind.value)
            groups[group] = groups.get(group, 0) + 1
    return FaultRun(fault, len(asked), groups)


async def wrong_faults(modern: Modern, faults: Iterable[Fault]) -> dict[str, list[str]]:
    """The faults that do not show as they say, or show elsewhere, with all that differs."""
    runs = [await groups_of(modern, fault) for fault in faults]
    return {
        run.fault.name: [str(group) for group in run.groups]
        for run in runs
        if run.fault is not None and (not run.right or run.false)
    }
