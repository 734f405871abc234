"""Request bodies: sanitised at the top level, refused where they are no JSON."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy_bridge.bodies import MAX_BODY_BYTES, escape
from tests.legacy_bridge.support import Legacy, escrow

JSON = {"Content-Type": "application/json"}


@given(st.text())
def test_escaping_leaves_no_markup_and_loses_nothing(value: str) -> None:
    escaped = escape(value)

    assert not set(escaped) & set("<>\"'/\\`")
    assert all(
        re.match(r"&(amp|quot|lt|gt|#x27|#x2F|#x5C|#96);", escaped[found.start() :])
        for found in re.finditer("&", escaped)
    )
    known = {
        "&amp;": "&",
        "&quot;": '"',
        "&#x27;": "'",
        "&lt;": "<",
        "&gt;": ">",
        "&#x2F;": "/",
        "&#x5C;": "\\",
        "&#96;": "`",
    }
    assert re.sub("|".join(known), lambda found: known[found[0]], escaped) == value


@given(st.text(alphabet="<>&\"'/\\` aé"))
def test_a_browser_reads_an_escaped_string_as_what_was_sent(value: str) -> None:
    assert html.unescape(escape(value)) == value


async def test_only_strings_at_the_top_of_a_body_are_escaped(legacy: Legacy) -> None:
    reply = await legacy.send(
        "admin_ada", "PUT", escrow(8), body={"city": "<b>", "people": {"buyer": {"name": "<b>"}}}
    )

    assert (reply.body["data"]["city"], reply.body["data"]["people"]) == (
        "&lt;b&gt;",
        {"buyer": {"name": "<b>"}},
    )


async def test_a_body_that_is_no_json_is_refused_before_anybody_is_asked_who_he_is(legacy: Legacy) -> None:
    for raw in (b'{"a": ', b'"text"', b"NaN", b"\xff", b"[" * 200_000):
        reply = await legacy.send(None, "POST", "/v1/escrows", raw=raw, headers=JSON)

        error = reply.body["error"]
        assert (reply.status, reply.code, reply.query_count) == (400, "INTERNAL_ERROR", 0)
        assert re.fullmatch(r"ERR_\d{13}_[0-9a-z]{9}", error["errorId"])
        assert list(error) == ["code", "message", "errorId", "timestamp"]
        assert "RateLimit-Limit" not in reply.headers


async def test_a_body_that_is_too_large_is_refused(legacy: Legacy) -> None:
    reply = await legacy.send(
        "admin_ada", "POST", "/v1/escrows", raw=b" " * (MAX_BODY_BYTES + 1), headers=JSON
    )

    assert (reply.status, reply.code) == (413, "INTERNAL_ERROR")


async def test_plain_text_is_read_as_json_and_other_types_as_nothing(legacy: Legacy) -> None:
    plain = {"Content-Type": "text/plain"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    read = await legacy.send("admin_ada", "PUT", escrow(8), raw=b'{"city": "Plain"}', headers=plain)
    unread = await legacy.send("admin_ada", "PUT", escrow(8), raw=b"city=Form", headers=form)

    assert read.body["data"]["city"] == "Plain"
    assert unread.code == "NO_UPDATES"


async def test_an_array_has_its_indices_as_fields(legacy: Legacy) -> None:
    created = await legacy.send("admin_ada", "POST", "/v1/escrows", body=["a"])
    updated = await legacy.send("admin_ada", "PUT", escrow(8), body=["a"])

    assert created.messages == ["Property address is required"]
    assert updated.code == "UPDATE_ERROR"


@pytest.mark.parametrize(
    ("raw", "headers", "status"),
    [
        (b"\xef\xbb\xbf{}", {}, 400),
        ('{"city": "Wide"}'.encode("utf-16"), {"Content-Type": "application/json; charset=utf-16"}, 200),
        (b'{"city": "\xff"}', {}, 200),
        (b"{}", {"Content-Type": "application/json; charset=latin1"}, 415),
        (b"{}", {"Content-Type": "application/json; charset=utf-99"}, 415),
        (b"{}", {"Content-Encoding": "gzip"}, 400),
    ],
)
async def test_a_body_is_decoded_as_its_headers_say(
    legacy: Legacy, raw: bytes, headers: dict[str, str], status: int
) -> None:
    reply = await legacy.send("admin_ada", "PUT", escrow(8), raw=raw, headers=JSON | headers)

    assert reply.status == status
    assert reply.code in {"", "NO_UPDATES", "INTERNAL_ERROR"}
