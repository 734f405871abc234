"""OFREP over real sockets, from a real flag store: what its specification says, and what hostile callers get."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from parity.database import open_database
from parity.exchange import Endpoint
from proxy.errors import FlagStoreError
from proxy.flag_store import FlagStore
from proxy.flags import FlagTable
from proxy.ofrep import PATH, add_ofrep
from proxy.stages import Stage

ENDPOINTS = (Endpoint("escrows", "GET", "/v1/escrows/{id}"), Endpoint("leads", "GET", "/v1/leads"))
TOKEN = "Bearer of-tests"
JOHN = b'{"context": {"targetingKey": "jwt:john"}}'


async def authorize(request: web.Request) -> None:
    given = request.headers.get("Authorization", "")
    if not given:
        raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})
    if given != TOKEN:
        raise web.HTTPForbidden


@dataclass(frozen=True)
class Answer:
    """What was answered; `json` is None where it is none."""

    status: int
    text: str
    headers: Any
    json: Any


@dataclass(frozen=True)
class Asking:
    """A caller of the protocol."""

    session: aiohttp.ClientSession
    url: str

    async def __call__(self, key: str = "", body: bytes = b"{}", **headers: str) -> Answer:
        url = URL(f"{self.url}{key and '/'}{key}", encoded=True)
        given = {"Authorization": TOKEN} | {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.post(
            url, data=body, headers={name: value for name, value in given.items() if value}
        ) as response:
            text = await response.text()
            is_json = response.content_type == "application/json" and bool(text)
            return Answer(response.status, text, response.headers, await response.json() if is_json else None)


@asynccontextmanager
async def serving(flags: Callable[[], FlagTable], *, max_in_flight: int = 64) -> AsyncIterator[Asking]:
    application = web.Application()
    add_ofrep(application, flags, ENDPOINTS, authorize, max_in_flight=max_in_flight)
    async with TestServer(application) as server, aiohttp.ClientSession() as session:
        yield Asking(session, f"http://{server.host}:{server.port}{PATH}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FlagStore]:
    engine = open_database(f"sqlite:///{tmp_path}/store.db")
    yield FlagStore(engine, ENDPOINTS)
    engine.dispose()


def advance(store: FlagStore, key: str, *stages: Stage, share: float | None = None) -> None:
    for stage in stages:
        store.flip(key, stage, canary_share=share, actor="ada", reason="a test")


async def test_a_stage_is_told_with_key_value_reason_variant_and_metadata(store: FlagStore) -> None:
    advance(store, "escrows", Stage.SHADOW)

    async with serving(store.table) as ask:
        told = await ask("crossfade.escrows")

    assert (told.status, told.json) == (
        200,
        {
            "key": "crossfade.escrows",
            "value": "shadow",
            "reason": "STATIC",
            "variant": "shadow",
            "metadata": {"version": 1, "stage": "shadow", "canary_share": 0.05, "sample_rate": 1.0},
        },
    )


async def test_a_change_is_told_to_the_very_next_question(store: FlagStore) -> None:
    async with serving(store.table) as ask:
        before = await ask("crossfade.escrows")
        await asyncio.to_thread(advance, store, "escrows", Stage.SHADOW)
        after = await ask("crossfade.escrows")

    assert [one.json["value"] for one in (before, after)] == ["off", "shadow"]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"context": null}', b'{"context": {}}'])
async def test_a_question_without_a_context_is_answered(store: FlagStore, body: bytes) -> None:
    async with serving(store.table) as ask:
        told = await ask("crossfade.escrows", body)

    assert told.status == 200


@pytest.mark.parametrize(
    "key",
    [
        "crossfade.GET%20/v1/escrows/%7Bid%7D",
        "crossfade.GET%20%2Fv1%2Fescrows%2F%7Bid%7D",
    ],
)
async def test_an_endpoint_is_found_whether_its_slashes_are_encoded_or_not(
    store: FlagStore, key: str
) -> None:
    async with serving(store.table) as ask:
        told = await ask(key)

    assert (told.json["key"], told.json["value"]) == ("crossfade.GET /v1/escrows/{id}", "off")


async def test_whom_modern_serves_depends_on_the_targeting_key(store: FlagStore) -> None:
    advance(store, "escrows", Stage.SHADOW, Stage.CANARY, share=0.5)

    async with serving(store.table) as ask:
        told = [
            await ask("crossfade.escrows.modern", b'{"context": {"targetingKey": "jwt:%d"}}' % number)
            for number in range(20)
        ]
        missing = await ask("crossfade.escrows.modern")
        strange = await ask("crossfade.escrows.modern", b'{"context": {"targetingKey": "john"}}')

    assert {one.json["value"] for one in told} == {True, False}
    assert (missing.status, missing.json["errorCode"]) == (400, "TARGETING_KEY_MISSING")
    assert (strange.status, strange.json["errorCode"]) == (400, "INVALID_CONTEXT")
    assert missing.json["key"] == "crossfade.escrows.modern"


async def test_a_flag_that_is_not_there_is_404(store: FlagStore) -> None:
    async with serving(store.table) as ask:
        told = await ask("crossfade.orders")

    assert (told.status, told.json["errorCode"], told.json["key"]) == (
        404,
        "FLAG_NOT_FOUND",
        "crossfade.orders",
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "PARSE_ERROR"),
        (b"[]", "PARSE_ERROR"),
        (b"\xff\xfe", "PARSE_ERROR"),
        (b"[" * 20_000 + b"]" * 20_000, "PARSE_ERROR"),
        (b'{"context": "john"}', "INVALID_CONTEXT"),
        (b'{"context": {"targetingKey": 42}}', "INVALID_CONTEXT"),
        (b'{"context": {"targetingKey": "jwt:\\ud800"}}', "PARSE_ERROR"),
    ],
)
async def test_a_body_that_is_none_is_refused_with_its_code(store: FlagStore, body: bytes, code: str) -> None:
    advance(store, "escrows", Stage.SHADOW, Stage.CANARY)

    async with serving(store.table) as ask:
        told = [await ask("crossfade.escrows.modern", body), await ask("", body)]

    assert [(one.status, one.json["errorCode"], "errorDetails" in one.json) for one in told] == [
        (400, code, True)
    ] * 2


async def test_a_body_over_its_bound_is_413(store: FlagStore) -> None:
    async with serving(store.table) as ask:
        told = await ask("crossfade.escrows", b'{"context": {"x": "%s"}}' % (b"x" * 70_000))

    assert told.status == 413


async def test_who_may_not_read_flags_learns_nothing(store: FlagStore) -> None:
    async with serving(store.table) as ask:
        told = [
            await ask(key, JOHN, Authorization=given)
            for key in ("", "crossfade.escrows", "crossfade.orders")
            for given in ("", "Bearer wrong")
        ]

    assert [one.status for one in told] == [401, 403] * 3
    assert "crossfade" not in "".join(one.text for one in told)


async def test_all_flags_are_told_at_once_and_those_without_a_value_with_the_reason(store: FlagStore) -> None:
    advance(store, "escrows", Stage.SHADOW, Stage.CANARY, share=1.0)

    async with serving(store.table) as ask:
        named, unnamed = await ask("", JOHN), await ask()

    assert {one["key"]: one["value"] for one in named.json["flags"]} == {
        "crossfade.escrows": "canary",
        "crossfade.escrows.modern": True,
        "crossfade.leads": "off",
        "crossfade.leads.modern": False,
        "crossfade.GET /v1/escrows/{id}": "canary",
        "crossfade.GET /v1/escrows/{id}.modern": True,
        "crossfade.GET /v1/leads": "off",
        "crossfade.GET /v1/leads.modern": False,
    }
    assert [
        one["key"] for one in unnamed.json["flags"] if one.get("errorCode") == "TARGETING_KEY_MISSING"
    ] == [
        "crossfade.escrows.modern",
        "crossfade.GET /v1/escrows/{id}.modern",
    ]
    assert named.json["metadata"] == {"version": 2}


async def test_who_has_the_present_flags_gets_304_until_they_change(store: FlagStore) -> None:
    async with serving(store.table) as ask:
        first = await ask("", JOHN)
        again = await ask("", JOHN, If_None_Match=first.headers["ETag"])
        listed = await ask("", JOHN, If_None_Match=f'"other", W/{first.headers["ETag"]}')
        await asyncio.to_thread(advance, store, "leads", Stage.SHADOW)
        changed = await ask("", JOHN, If_None_Match=first.headers["ETag"])

    assert [one.status for one in (first, again, listed, changed)] == [200, 304, 304, 200]
    assert (again.text, again.headers["ETag"]) == ("", first.headers["ETag"])
    assert first.headers["ETag"].startswith('"0-')
    assert changed.headers["ETag"].startswith('"1-')


async def test_the_flags_of_one_client_are_never_taken_for_those_of_another(store: FlagStore) -> None:
    advance(store, "escrows", Stage.SHADOW, Stage.CANARY, share=0.5)

    async with serving(store.table) as ask:
        told = [await ask("", b'{"context": {"targetingKey": "jwt:%d"}}' % number) for number in range(20)]

    by_tag = {one.headers["ETag"]: one.text for one in told}
    assert len(set(by_tag.values())) == len(by_tag) == 2


async def test_a_store_that_does_not_answer_is_500_and_does_not_say_where_it_is() -> None:
    def lost() -> FlagTable:
        raise FlagStoreError("the flag store does not answer: connection to db.internal refused")

    async with serving(lost) as ask:
        told = [await ask("", JOHN), await ask("crossfade.escrows", JOHN)]

    assert [(one.status, one.json) for one in told] == [
        (500, {"errorDetails": "the flag store does not answer"})
    ] * 2


async def test_more_questions_than_the_store_answers_are_told_when_to_come_again() -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow() -> FlagTable:
        asked.set()
        go_on.wait(60)
        return FlagTable()

    async with serving(slow, max_in_flight=1) as ask:
        first = asyncio.create_task(ask("", JOHN))
        await asyncio.to_thread(asked.wait, 60)
        second = await ask("", JOHN)
        go_on.set()
        answered = await first
        third = await ask("", JOHN)

    assert (second.status, second.headers["Retry-After"]) == (429, "1")
    assert [answered.status, third.status] == [200, 200]
