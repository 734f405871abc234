"""Requests of the reference API that its recordings lack, one for each endpoint whose success none of them has.

A verdict asks for the success of every endpoint. What is sent to these is compared between the backends like all
else; there is no recorded answer, and none is needed. A load sends what both sides can answer any number of times
with the same effect, and some requests that a verdict has no need of.
"""

from dataclasses import dataclass, replace
from typing import Any

from loadtests.recording import Recorded

_ADA, _ANN, _BEA = "admin_ada", "agent_ann", "broker_bea"
_TEAM = "/v1/teams/aaaaaaaa-0000-4000-8000-000000000001"
_ROLE = "/v1/contact-roles/401e0000-0000-4000-8000-000000000003"
_ESCROW = "/v1/escrows/e5c00000-0000-4000-8000-000000000013"
_ARCHIVED_LISTING = "/v1/listings/11500000-0000-4000-8000-000000000060"
_COUNTED = ("appointments", "clients", "contacts", "escrows", "leads", "listings")
"""The domains that have statistics and an export (Q-15): legacy takes both words for ids, and fails."""


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """A request of a user at an endpoint of a domain; `user` is None without credentials."""

    domain: str
    user: str | None
    path: str
    method: str = "GET"
    body: Any = None

    @property
    def in_load(self) -> Recorded:
        """In the form of the recording, as what succeeds."""
        return replace(self.as_recorded(0), name=f"unrecorded {self.method} {self.path}", status=200)

    def as_recorded(self, number: int) -> Recorded:
        """In the form of the recording, without an answer."""
        return Recorded(
            id=f"{self.domain}-unrecorded-{number}",
            name=f"unrecorded_{number}",
            domain=self.domain,
            user=self.user,
            method=self.method,
            path=self.path,
            query={},
            headers={"content-type": "application/json"} if self.body is not None else {},
            body=self.body,
            status=0,
            answer_headers={},
            answer=None,
            sql_count=0,
            volatile=(),
        )


_READS = (
    Unrecorded("contacts", _ANN, "/v1/contact-roles"),
    Unrecorded("contacts", _ANN, _ROLE),
    # those of the recording are by somebody whom modern refuses
    Unrecorded("contacts", _ANN, "/v1/contacts/0c000000-0000-4000-8000-000000000002/roles"),
    Unrecorded("escrows", _ADA, "/v1/escrows/health/db"),
    Unrecorded("listings", _ADA, "/v1/listings/health/db"),
    Unrecorded("users", None, "/v1/auth/check-username/somebody_new"),
    Unrecorded("users", _ANN, "/v1/auth/verify"),
    Unrecorded("users", _ADA, f"{_TEAM}/users"),
    Unrecorded("users", _ANN, "/v1/profiles/me"),
    Unrecorded("users", _ANN, "/v1/api-keys"),
    Unrecorded("users", _ADA, "/v1/admin/users"),
)

UNRECORDED = (
    *(
        Unrecorded(domain, _ADA, f"/v1/{domain}/{word}")
        for domain in _COUNTED
        for word in ("stats", "export")
    ),
    *_READS,
    # those of the recording are made by agents, who are shown no listing that is gone: nothing could be compared
    Unrecorded("listings", _ADA, _ARCHIVED_LISTING, "DELETE"),
)
IN_LOAD = (
    *_READS,
    # recorded is only what modern refuses: something else than an array
    Unrecorded("escrows", _ADA, f"{_ESCROW}/timeline", "PUT", body=[]),
    # nobody signs in as her: no session ends that another user of the load has
    Unrecorded("users", _BEA, "/v1/auth/logout-all", "POST"),
    # recorded without credentials, which modern asks for
    Unrecorded("users", _ADA, "/v1/auth/cleanup-tokens", "POST"),
)
"""What can be sent again and again, and leaves nothing behind that the recorded load does not."""


def unrecorded(domain: str) -> list[Recorded]:
    """Those of a domain."""
    own = [one for one in UNRECORDED if one.domain == domain]
    return [one.as_recorded(number) for number, one in enumerate(own, 1)]


def in_load(domain: str) -> list[Recorded]:
    """Those of a domain that a load sends."""
    return [one.in_load for one in IN_LOAD if one.domain == domain]
