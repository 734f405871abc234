"""The endpoints of the API, one line each: the list that router, OpenAPI document and security tests read."""

from proxy.console import answers, bodies
from proxy.console.load_tests import LoadComparisons, LoadTestList, LoadTestShown
from proxy.console.operator_routes import OPERATOR_ROUTES
from proxy.console.piloting import Pilot, Pilots
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
    Route("GET", "/pilots", "pilots", Role.VIEWER, "The latest pilot of each domain that had one", Pilots),
    Route("GET", "/domains/{domain}/pilot", "pilot", Role.VIEWER, "The latest pilot of a domain", Pilot),
    Route(
        "GET",
        "/loadtests",
        "load_tests",
        Role.VIEWER,
        "The latest load tests, in short",
        LoadTestList,
        query=bodies.LoadTestsQuery,
    ),
    Route(
        "GET",
        "/loadtests/{run}",
        "load_test",
        Role.VIEWER,
        "A load test, endpoint by endpoint",
        LoadTestShown,
    ),
    Route(
        "GET",
        "/loadtests/{run}/comparisons",
        "load_test_comparisons",
        Role.VIEWER,
        "A load test beside the baselines",
        LoadComparisons,
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
        "/domains/{domain}/pilot",
        "start_pilot",
        Role.OPERATOR,
        "Start a pilot; by a policy that does without conditions of the verdict (an admin)",
        Pilot,
        body=bodies.PilotStart,
    ),
    Route(
        "POST",
        "/domains/{domain}/pilot/pause",
        "pause_pilot",
        Role.OPERATOR,
        "Pause the pilot of a domain until it is resumed",
        Pilot,
        body=bodies.PilotTurn,
    ),
    Route(
        "POST",
        "/domains/{domain}/pilot/resume",
        "resume_pilot",
        Role.OPERATOR,
        "Resume the pilot of a domain from where the domain is now",
        Pilot,
        body=bodies.Nothing,
    ),
    Route(
        "POST",
        "/domains/{domain}/pilot/stop",
        "stop_pilot",
        Role.OPERATOR,
        "End the pilot of a domain, which stays where it is",
        Pilot,
        body=bodies.PilotTurn,
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
        "Accept the differences of a group, or of all groups of a cause, until a day",
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
