"""The endpoints of the API, one line each: the list that router, OpenAPI document and security tests read."""

from proxy.console import answers, bodies
from proxy.console.operator_routes import OPERATOR_ROUTES
from proxy.console.route import Asked, Handler, Route
from proxy.console.tokens import Role

__all__ = ["PREFIX", "ROUTES", "Asked", "Handler", "Route"]

PREFIX = "/api/v1"


ROUTES: tuple[Route, ...] = (
    Route("GET", "/status", "status", Role.VIEWER, "Every domain over the last hour", answers.Status),
    Route("GET", "/flags", "flags", Role.VIEWER, "The flag table", answers.Flags),
    Route(
        "GET", "/changes", "changes", Role.VIEWER, "The ledger", answers.Changes, query=bodies.ChangesQuery
    ),
    Route("GET", "/workers", "workers", Role.VIEWER, "The proxy workers that run", answers.Workers),
    Route("GET", "/domains/{domain}", "domain", Role.VIEWER, "Everything of one domain", answers.DomainPage),
    Route(
        "GET",
        "/domains/{domain}/timeline",
        "timeline",
        Role.VIEWER,
        "What was counted of a domain, with its changes",
        answers.Timeline,
        query=bodies.TimelineQuery,
    ),
    Route(
        "GET",
        "/parity/report",
        "report",
        Role.VIEWER,
        "Outcomes and difference groups, without samples",
        answers.Report,
        query=bodies.ReportQuery,
    ),
    Route(
        "GET",
        "/parity/groups/{group}",
        "group",
        Role.VIEWER,
        "One difference group with its redacted samples; who asks is noted",
        answers.Group,
    ),
    Route(
        "GET",
        "/parity/verdict/{domain}",
        "verdict",
        Role.VIEWER,
        "May the domain advance, by which conditions",
        answers.Verdict,
    ),
    Route(
        "GET",
        "/acceptances",
        "acceptances",
        Role.VIEWER,
        "What is accepted, and its use",
        answers.Acceptances,
    ),
    Route(
        "GET",
        "/looks",
        "looks",
        Role.ADMIN,
        "Who looked at samples",
        answers.Looks,
        query=bodies.LooksQuery,
    ),
    Route(
        "POST",
        "/domains/{domain}/advance",
        "advance",
        Role.OPERATOR,
        "One stage forward, if the verdict is ready; with `force` (an admin) in any case",
        answers.Changed,
        body=bodies.Advance,
    ),
    Route(
        "POST",
        "/domains/{domain}/share",
        "share",
        Role.OPERATOR,
        "Another canary share",
        answers.Changed,
        body=bodies.ShareChange,
    ),
    Route(
        "POST",
        "/domains/{domain}/rollback",
        "roll_back",
        Role.OPERATOR,
        "Bring a domain back at once; never refused",
        answers.Changed,
        body=bodies.Rollback,
    ),
    Route(
        "POST",
        "/rollback",
        "roll_back_all",
        Role.OPERATOR,
        "Bring everything back at once; never refused",
        answers.Changed,
        body=bodies.Rollback,
    ),
    Route(
        "POST",
        "/acceptances",
        "accept",
        Role.OPERATOR,
        "Accept the differences of a group until a day",
        answers.Accepted,
        body=bodies.AcceptanceWish,
    ),
    Route(
        "DELETE",
        "/acceptances/{acceptance}",
        "withdraw",
        Role.OPERATOR,
        "Withdraw an acceptance of the store",
        answers.Accepted,
        body=bodies.Withdrawal,
    ),
    *OPERATOR_ROUTES,
)
"""Beside them `GET /events` is a stream, and `GET /openapi.json` describes all of it."""
