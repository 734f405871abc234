"""Another flag system asked by OFREP, over real sockets: ours, and servers that break in every way."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from parity.exchange import Endpoint
from proxy.flags import Flag, FlagTable
from proxy.ofrep import add_ofrep
from proxy.ofrep_source import OfrepSource
from proxy.provider_answers import NoAnswer, ProviderAnswer, Said
from proxy.stages import Stage

GOOD = {"key": "stage", "value": "shadow", "reason": "STATIC", "variant": "shadow", "metadata": {}}
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def answering(values: Any, status: int = 200, **headers: str) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(values, bytes):
            return web.Response(body=values, status=status, headers=given)
        return web.json_response(values, status=status, headers=given)

    return answer


async def hanging(_request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


async def dripping(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.01)


@dataclass
class FlagSystem:
    """A server whose answer a test may change."""

    answer: Answer = field(default_factory=lambda: answering(GOOD))
    requests: list[tuple[str, str | None, Any]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append((request.raw_path, request.headers.get("Authorization"), body))
        return await self.answer(request)


@asynccontextmanager
async def serving(system: FlagSystem) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", system.handle)
    async with TestServer(application) as server:
        yield f"http://{server.host}:{server.port}"


@asynccontextmanager
async def asking(url: str, **options: Any) -> AsyncIterator[OfrepSource]:
    source = OfrepSource(url, **options)
    try:
        yield source
    finally:
        await source.close()


async def answer_of(system: FlagSystem, **options: Any) -> ProviderAnswer:
    async with serving(system) as url, asking(url, **options) as source:
        return (await source.ask(["stage"]))["stage"]


async def test_one_crossfade_can_follow_another() -> None:
    async def authorize(request: web.Request) -> None:
        if request.headers.get("Authorization") != "Bearer secret":
            raise web.HTTPUnauthorized

    table = FlagTable(3, {"escrows": Flag(Stage.CANARY, 0.25), "leads": Flag(Stage.LIVE)})
    endpoints = (Endpoint("escrows", "GET", "/v1/escrows/{id}"), Endpoint("leads", "GET", "/v1/leads"))
    application = web.Application()
    add_ofrep(application, lambda: table, endpoints, authorize)
    keys = ["crossfade.escrows", "crossfade.leads", "crossfade.GET /v1/escrows/{id}", "crossfade.orders"]

    async with TestServer(application) as server:
        url = f"http://{server.host}:{server.port}"
        async with asking(url, token="secret") as source:
            told = await source.ask(keys)
        async with asking(url, token="wrong") as source:
            refused = await source.ask(keys[:1])

    assert told == {
        keys[0]: Said(Stage.CANARY, 0.25),
        keys[1]: Said(Stage.LIVE),
        keys[2]: Said(Stage.CANARY, 0.25),
        keys[3]: told[keys[3]],
    }
    assert "404 FLAG_NOT_FOUND" in str(told[keys[3]])
    assert refused == {keys[0]: NoAnswer("answered 401")}


async def test_a_flag_is_asked_for_by_its_key_with_token_and_targeting_key() -> None:
    system = FlagSystem()

    async with serving(system) as url, asking(url + "/", token="secret", targeting_key="staging") as source:
        name = source.name
        await source.ask(["a/b c"])

    assert system.requests == [
        (
            "/ofrep/v1/evaluate/flags/a%2Fb%20c",
            "Bearer secret",
            {"context": {"targetingKey": "staging"}},
        )
    ]
    assert url == f"http://{name}"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (answering(b"<html>Bad gateway</html>", 502), "answered 502"),
        (answering(b"<html>Sign in</html>"), "answered with what is no evaluation of a flag"),
        (answering(b"[" * 30_000), "answered with what is no evaluation of a flag"),
        (answering([GOOD]), "answered with what is no evaluation of a flag"),
        (answering(b""), "answered with what is no evaluation of a flag"),
        (answering({"key": "stage", "reason": "DEFAULT"}), "leaves it to a default in the code"),
        (answering(GOOD | {"value": None}), "leaves it to a default in the code"),
        (answering(GOOD | {"reason": "DEFAULT"}), "gives a default, which nobody chose"),
        (answering(GOOD | {"reason": "ERROR"}), "could not evaluate it"),
        (answering(GOOD | {"value": True}), "says True: expected a stage"),
        (answering(GOOD | {"key": "another"}), "answered for another flag, 'another'"),
        (answering(GOOD | {"errorCode": "GENERAL"}), "answered 200 GENERAL"),
        (answering({"errorCode": "FLAG_NOT_FOUND", "errorDetails": "no stage"}, 404), "answered 404 FLAG_NOT_FOUND: no stage"),
        (answering(b"x" * 100_000), "answered with more than 65536 bytes"),
        (answering(gzip.compress(b" " * 30_000_000), Content_Encoding="gzip"), "answered with more than 65536 bytes"),
        (answering(b"no gzip", Content_Encoding="gzip"), "cannot be asked"),
        (hanging, "did not answer within 0.2 s"),
        (dripping, "did not answer within 0.2 s"),
    ],
)  # fmt: skip
async def test_a_server_that_is_broken_in_any_way_gives_no_answer(answer: Answer, problem: str) -> None:
    timeout_s = 0.2 if answer in {hanging, dripping} else 20.0

    told = await answer_of(FlagSystem(answer), timeout_s=timeout_s)

    assert isinstance(told, NoAnswer)
    assert told.problem.startswith(problem)
    assert len(told.problem) < 200


async def test_a_redirect_is_not_followed_and_takes_the_token_nowhere() -> None:
    elsewhere = FlagSystem()

    async with serving(elsewhere) as other:
        told = await answer_of(FlagSystem(answering(b"", 307, Location=other)), token="secret")

    assert (told, elsewhere.requests) == (NoAnswer("answered 307"), [])


async def test_a_server_that_is_away_gives_no_answer_and_one_that_comes_back_does() -> None:
    port = unused_port()
    application = web.Application()
    application.router.add_post("/ofrep/v1/evaluate/flags/stage", answering(GOOD))

    async with asking(f"http://127.0.0.1:{port}", timeout_s=20.0) as source:
        away = (await source.ask(["stage"]))["stage"]
        async with TestServer(application, port=port):
            back = (await source.ask(["stage"]))["stage"]
        gone = (await source.ask(["stage"]))["stage"]

    assert [isinstance(one, NoAnswer) for one in (away, back, gone)] == [True, False, True]
    assert back == Said(Stage.SHADOW)


def http_date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


@pytest.mark.parametrize(
    ("retry_after", "pause_s"),
    [
        ("30", 30),
        (http_date, 30),
        (datetime.isoformat, 30),
        ("99999999999", 3_600),
        ("soon", 0),
        ("", 0),
    ],
    ids=["seconds", "a date of HTTP", "a date of ISO 8601", "for ever", "a word", "nothing"],
)
async def test_a_server_that_wants_no_questions_gets_none_until_then(
    retry_after: str | Callable[[datetime], str], pause_s: int
) -> None:
    given = (
        retry_after
        if isinstance(retry_after, str)
        else retry_after(datetime.now(UTC) + timedelta(seconds=30))
    )
    now = 1_000.0
    system = FlagSystem(answering(b"", 429, Retry_After=given))

    async with serving(system) as url, asking(url, clock=lambda: now) as source:
        refused = (await source.ask(["stage"]))["stage"]
        system.answer = answering(GOOD)
        at_once = (await source.ask(["stage"]))["stage"]
        now += pause_s
        later = (await source.ask(["stage"]))["stage"]

    assert refused == NoAnswer("answered 429")
    assert isinstance(at_once, NoAnswer) == (pause_s > 0)
    assert later == Said(Stage.SHADOW)


async def test_who_was_closed_can_ask_again() -> None:
    async with serving(FlagSystem()) as url, asking(url, timeout_s=20.0) as source:
        first = await source.ask(["stage"])
        await source.close()
        second = await source.ask(["stage"])

    assert first == second == {"stage": Said(Stage.SHADOW)}


async def test_many_flags_are_asked_for_on_a_few_connections() -> None:
    under_way = most = 0

    async def count(request: web.Request) -> web.StreamResponse:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        key = request.path.rpartition("/")[2]
        return web.Response(text=json.dumps(GOOD | {"key": key}))

    async with serving(FlagSystem(count)) as url, asking(url, timeout_s=20.0) as source:
        told = await source.ask([f"flag-{number}" for number in range(40)])

    assert set(told.values()) == {Said(Stage.SHADOW)}
    assert most <= 4
