"""Reports for tests of how they look, without a store."""

from typing import Any

from parity.causes import Cause
from parity.fleeting import FleetingPath
from parity.group_rows import AcceptedAs
from parity.members import ClientCount
from parity.noise import NoisyPath
from parity.outcome import Outcome
from parity.report import EndpointRow, GroupRow, Report, Sample
from parity.tally import Balance, Costs, Tally

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>[bold red]"
OUTCOMES = {
    Outcome.MATCH: 1_160,
    Outcome.ACCEPTED: 41,
    Outcome.MISMATCH: 3,
    Outcome.TIMEOUT: 4,
    Outcome.ERROR: 8,
    Outcome.SHED: 1,
}


def sample(**changes: Any) -> Sample:
    """One redacted sample."""
    fields: dict[str, Any] = {
        "exchange": "5f0c2d9e-0000-4000-8000-000000000001",
        "at": 1_795_432_411.0,
        "target": "/v1/escrows/e5c00000-0000-4000-8000-000000000054?search=<text:10:91240174d670>",
        "stage": "shadow",
        "authoritative": "legacy",
        "legacy_status": 200,
        "modern_status": 200,
        "path": "$.data.details.purchasePrice",
        "legacy": "445000",
        "modern": "445001",
    }
    return Sample(**(fields | changes))


def group(**changes: Any) -> GroupRow:
    """One group of differences that nobody has accepted."""
    fields: dict[str, Any] = {
        "id": "1a9da0cdc046",
        "endpoint": "GET /v1/escrows/{id}",
        "domain": "escrows",
        "path": "$.data.details.purchasePrice",
        "kind": "value",
        "accepted_by": "",
        "owner": "",
        "expires": "",
        "first_seen_at": 1_795_432_411.0,
        "last_seen_at": 1_795_432_471.0,
        "n": 3,
        "share": 0.0025,
        "compared": 1_204,
        "samples": (sample(),),
    }
    return GroupRow(**(fields | changes))


def noisy(**changes: Any) -> NoisyPath:
    """One path on which legacy differs from itself, by enough evidence."""
    fields: dict[str, Any] = {
        "endpoint": "GET /v1/escrows/{id}",
        "path": "$.data.meta.requestId",
        "differed": 7,
        "asked": 12,
        "other_shape": 0,
        "shape": "string (uuid)",
        "first_seen_at": 1_795_432_411.0,
        "last_seen_at": 1_795_432_471.0,
    }
    return NoisyPath(**(fields | changes))


def fleeting(**changes: Any) -> FleetingPath:
    """One path that comes and goes."""
    fields: dict[str, Any] = {
        "endpoint": "GET /v1/escrows/{id}",
        "path": "$.data.details.purchasePrice",
        "kind": "value",
        "n": 7,
        "compared": 1_204,
        "first_seen_at": 1_795_432_411.0,
        "last_seen_at": 1_795_432_471.0,
    }
    return FleetingPath(**(fields | changes))


def accepted_as(**changes: Any) -> AcceptedAs:
    """An acceptance of the store, with a ticket."""
    fields: dict[str, Any] = {
        "name": "a-3f9c0a77",
        "label": "prices as text",
        "owner": "crm",
        "expires": "2027-01-31",
        "ticket": "https://tracker.test/1",
        "accepted_at": 1_795_432_460.0,
    }
    return AcceptedAs(**(fields | changes))


def together() -> Report:
    """A report in which two open groups move together, one of which is accepted from now on."""
    total = group(
        id="aaaa00000001",
        path="$.data.total",
        clients=(ClientCount("4f1c09aa77e1", 9), ClientCount("9a0d", 4, 1)),
        client_n=70,
        is_every_client=False,
        rule="made anew (* $.data.total)",
        compare="shape",
    )
    rows = group(id="aaaa00000002", path="$.data.rows", kind="length", accepts=(accepted_as(),))
    cause = Cause(rows.endpoint, (total.id, rows.id), total.path, 60, 64, exact=False)
    return report(groups=(total, rows), causes=(cause,))


def report(**changes: Any) -> Report:
    """A report with one open and one accepted group."""
    tally = Tally(
        requests=1_500,
        mirrored=1_217,
        fallback=2,
        not_mirrored={"stage": 200, "sampled_out": 83},
        outcomes={outcome: OUTCOMES.get(outcome, 0) for outcome in Outcome},
        reasons={Outcome.ERROR: {"modern_refused": 8}, Outcome.TIMEOUT: {"modern_timeout": 4}},
    )
    costs = Costs(1_204, 0.0061, 0.0035, 1_204, 5.0, 3.0)
    rows = tuple(
        EndpointRow(f"{method} {path}", "escrows", tally, costs)
        for path in ("/v1/escrows", "/v1/escrows/{id}", "/v1/escrows/{id}/archive")
        for method in ("GET", "PUT")
    )
    accepted = group(
        id="b",
        path="$.error.details[*].field",
        kind="extra",
        accepted_by="Q-16: items gain field",
        owner="crm",
        expires="2027-06-30",
        n=41,
    )
    fields: dict[str, Any] = {
        "generated_at": 1_795_432_500.0,
        "since_s": None,
        "domain": None,
        "tally": tally,
        "balance": Balance(mirrored=1_217, outcomes=1_217),
        "endpoints": rows,
        "groups": (group(), accepted),
    }
    return Report(**(fields | changes))
