"""The application around the rooms: health, unknown paths, unreadable bodies, headers, faults of our own."""

from pathlib import Path

import pytest

from tests.domains.support import Modern, escrow, serving

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


async def test_health_does_not_need_the_database(contract: Path) -> None:
    async with serving(NOWHERE, contract) as modern:
        reply = await modern.send(None, "GET", "/health")

    assert (reply.status, reply.body, reply.query_count) == (200, {"backend": "modern"}, 0)


async def test_a_database_that_is_not_there_is_an_answer_without_internals(contract: Path) -> None:
    async with serving(NOWHERE, contract) as modern:
        reply = await modern.send("admin_ada", "GET", "/v1/escrows")
        write = await modern.send("admin_ada", "POST", "/v1/escrows", {})

    assert reply.refusal == (500, "INTERNAL_ERROR")
    assert [one.headers.get("X-Committed") for one in (reply, write)] == [None, "0"]
    assert reply.body["error"].keys() == {"code", "message", "errorId", "timestamp"}
    assert reply.body["error"]["message"] == "An error occurred processing your request"


async def test_it_serves_again_once_the_database_is_back(modern: Modern) -> None:
    await modern.send("admin_ada", "GET", escrow(1))
    modern.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'crossfade-modern'"
    )

    replies = [await modern.send("admin_ada", "GET", escrow(1)) for _ in range(3)]

    assert [reply.status for reply in replies[1:]] == [200, 200]


@pytest.mark.parametrize("path", ["/", "/v1/unheard-of", "/v1/escrowsx", "/__faults"])
async def test_a_path_outside_the_domains_is_not_found_without_a_caller(modern: Modern, path: str) -> None:
    reply = await modern.send(None, "GET", path)

    assert reply.refusal == (404, "NOT_FOUND")
    assert reply.body["error"]["message"] == "Endpoint not found"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/escrows/5/bogus"),
        ("PATCH", "/v1/escrows/5"),
        ("DELETE", "/v1/escrows"),
        ("PATCH", f"{escrow(1)}/archive"),
    ],
)
async def test_inside_a_domain_only_a_caller_is_told_that_there_is_no_endpoint(
    modern: Modern, method: str, path: str
) -> None:
    stranger = await modern.send(None, method, path)
    caller = await modern.send("agent_ann", method, path)

    assert stranger.refusal == (401, "NO_AUTH_TOKEN")
    assert caller.refusal == (404, "NOT_FOUND")
    assert caller.body["error"]["suggestion"] == "Check the API documentation for valid endpoints"
    assert caller.body["timestamp"].endswith("Z")
    assert caller.query_count == 1


async def test_a_trailing_slash_is_the_same_endpoint(modern: Modern) -> None:
    page = await modern.send("admin_ada", "GET", "/v1/escrows/?limit=1")
    row = await modern.send("admin_ada", "GET", f"{escrow(1)}/")
    two = await modern.send("admin_ada", "GET", f"{escrow(1)}//")

    assert page.body["data"]["pagination"]["limit"] == 1
    assert row.body == (await modern.send("admin_ada", "GET", escrow(1))).body
    assert two.refusal == (404, "NOT_FOUND")


async def test_lines_that_were_not_yet_written_down_are_when_it_ends(
    contract: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with serving(NOWHERE, contract) as modern:
        await modern.send(None, "GET", "/v1/escrows")

    shown = capfd.readouterr()
    assert "request_served" in shown.out + shown.err


async def test_head_is_get_without_the_body(modern: Modern) -> None:
    headers = modern.credentials.headers("admin_ada")

    async with modern.client.head("/v1/escrows/5", headers=headers) as answer:
        body = await answer.read()

    assert (answer.status, body) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 1000


@pytest.mark.parametrize(
    "raw", [b'{"propertyAddress": ', b'"text"', b"5", b"null", b"\xff\xfe", b"[" * 20_000]
)
async def test_an_unreadable_body_is_refused_before_anything_else(modern: Modern, raw: bytes) -> None:
    reply = await modern.send(
        None, "POST", "/v1/escrows", raw=raw, headers={"Content-Type": "application/json"}
    )

    assert reply.refusal == (400, "INTERNAL_ERROR")
    assert "RateLimit-Limit" not in reply.headers


async def test_a_body_over_ten_megabytes_is_refused(modern: Modern) -> None:
    raw = b'{"propertyAddress": "' + b"x" * 10 * 1024 * 1024 + b'"}'

    reply = await modern.send(
        None, "POST", "/v1/escrows", raw=raw, headers={"Content-Type": "application/json"}
    )

    assert reply.refusal == (413, "INTERNAL_ERROR")


async def test_every_answer_has_the_recorded_headers_and_what_the_proxy_wants_to_know(modern: Modern) -> None:
    reply = await modern.send("admin_ada", "GET", "/v1/escrows")

    wanted = {
        "Content-Type": "application/json; charset=utf-8",
        "Vary": "Origin, Accept-Encoding",
        "RateLimit-Policy": "500;w=900",
        "RateLimit-Limit": "500",
        "X-Query-Count": "2",
    }
    assert {name: reply.headers.get(name) for name in wanted} == wanted
    assert reply.headers["Server-Timing"].startswith("db;dur=")
    assert float(reply.headers["Server-Timing"].partition(",")[0].removeprefix("db;dur=")) > 0
