"""What a request carries."""

import json

import pytest
from aiohttp.test_utils import make_mocked_request

from domains.shared.requests import copy_in, origin_of, presented
from domains.shared.shadow import Copy
from tests.domains.support import SHADOW_SECRET, Modern, signed


async def test_top_level_strings_of_a_body_are_escaped_and_nested_ones_are_not(modern: Modern) -> None:
    body = {"zillow_url": "https://x.test/<9>", "people": {"buyer": {"name": "<O'Test>"}}}

    reply = await modern.send("admin_ada", "PUT", "/v1/escrows/ESC-2025-0001", body)

    assert reply.body["data"]["zillow_url"] == "https:&#x2F;&#x2F;x.test&#x2F;&lt;9&gt;"
    assert reply.body["data"]["people"]["buyer"]["name"] == "<O'Test>"


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 201),
        ("text/plain", 201),
        ("application/json; charset=utf-8", 201),
        ("application/json; charset=utf-16", 400),
        ("application/json; charset=latin1", 415),
        ("application/json; charset=utf-99", 415),
        ("text/html", 400),
    ],
)
async def test_a_body_is_read_as_json_whatever_text_it_says_it_is(
    modern: Modern, content_type: str, status: int
) -> None:
    raw = json.dumps({"propertyAddress": "1 Road"}).encode()

    reply = await modern.send(
        "admin_ada", "POST", "/v1/escrows", raw=raw, headers={"Content-Type": content_type}
    )

    assert reply.status == status


async def test_a_body_that_is_not_compressed_as_it_says_is_unreadable(modern: Modern) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    reply = await modern.send("admin_ada", "POST", "/v1/leads", raw=b"{}", headers=headers)

    assert reply.refusal == (400, "INTERNAL_ERROR")


async def test_an_array_has_its_indices_as_fields(modern: Modern) -> None:
    reply = await modern.send("admin_ada", "PUT", "/v1/escrows/ESC-2025-0001", ["a", "b"])

    assert reply.faults == ["0", "1"]


def test_either_name_of_the_key_header_is_taken() -> None:
    for name in ("X-API-Key", "API-Key"):
        request = make_mocked_request(
            "GET", "/v1/escrows?a=%2F", headers={name: "secret", "User-Agent": "tests"}
        )

        shown = presented(request, origin_of(request, 0), None, by_key=True)

        assert (shown.api_key, shown.authorization, shown.target, shown.user_agent, shown.copy) == (
            "secret",
            None,
            "/v1/escrows?a=%2F",
            "tests",
            None,
        )


def test_a_copy_is_told_by_its_signature_over_the_raw_target() -> None:
    target = "/v1/escrows?search=%C3%A9&x=a%2Fb"

    request = make_mocked_request("GET", target, headers=signed(target))

    assert copy_in(request, b"", SHADOW_SECRET) is Copy.READ
