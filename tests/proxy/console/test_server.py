"""The console as a whole: who may do what, what it refuses, what every answer carries, and how it ends."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import trustme

from proxy.console.protection import HEADERS
from proxy.console.routes import PREFIX, ROUTES, Route
from proxy.console.server import Console, run_console
from proxy.console.settings import ConsoleSettings
from proxy.console.tokens import Role
from proxy.errors import ListenError
from proxy.ofrep import PATH as OFREP_PATH
from proxy.settings import TlsSettings
from proxy.stages import Stage
from tests.proxy.console.rig import Store, running

NAMES = {
    "{domain}": "escrows",
    "{group}": "abcdef123456",
    "{acceptance}": "a-12345678",
    "{run}": "l-12345678",
}
EXTRA = (("GET", f"{PREFIX}/openapi.json", Role.VIEWER), ("GET", f"{PREFIX}/events", Role.VIEWER))
EVERY = [*((one.method, PREFIX + one.path, one.role) for one in ROUTES), *EXTRA]


def filled(path: str) -> str:
    for name, value in NAMES.items():
        path = path.replace(name, value)
    return path


async def test_every_route_wants_its_role_and_refuses_every_lesser_one(tmp_path: Path) -> None:
    wrong: list[tuple[str, str, str, int]] = []
    async with running(tmp_path) as rig:
        for method, path, least in EVERY:
            for role in Role:
                request = rig.http.request(method, rig.url + filled(path), headers=rig.bearer(role))
                async with request as answer:
                    if (answer.status == 403) == role.may(least) or answer.status == 401:
                        wrong.append((method, path, role, answer.status))

    assert len(EVERY) > 18
    assert wrong == []


async def test_an_openfeature_sdk_asks_with_a_token_of_any_role(tmp_path: Path) -> None:
    path = f"{OFREP_PATH}/crossfade.escrows"
    async with running(tmp_path) as rig:
        rig.store.flip(Stage.SHADOW)
        asked = {"context": {"targetingKey": "ada"}}
        told = await rig.ask("POST", path, Role.VIEWER, json=asked)
        unknown = await rig.ask("POST", path, None, json=asked)

    assert (told.status, told.json["value"]) == (200, "shadow")
    assert (unknown.status, unknown.code) == (401, "unauthenticated")


async def test_every_route_refuses_whoever_has_no_token_or_one_that_does_not_hold(tmp_path: Path) -> None:
    wrong: list[tuple[str, str, str, int]] = []
    async with running(tmp_path, failures_per_address=10_000, failures=10_000) as rig:
        revoked, token = rig.store.tokens.create("gone", Role.ADMIN, days=1, actor="test")
        rig.store.tokens.revoke(token.id, actor="test")
        expired, _ = rig.store.tokens.create("late", Role.ADMIN, days=-1, actor="test")
        good = rig.store.secrets[Role.ADMIN]
        given = {
            "none": {},
            "empty": {"Authorization": "Bearer "},
            "another scheme": {"Authorization": f"Basic {good}"},
            "wrong secret": {"Authorization": f"Bearer {good[:-3]}abc"},
            "wrong id": {"Authorization": f"Bearer cf_00000000_{good.split('_', 2)[2]}"},
            "revoked": {"Authorization": f"Bearer {revoked}"},
            "expired": {"Authorization": f"Bearer {expired}"},
            "a made-up session": {"Cookie": "crossfade=" + "a" * 43},
        }
        for method, path, _ in EVERY:
            for name, headers in given.items():
                async with rig.http.request(method, rig.url + filled(path), headers=headers) as answer:
                    if answer.status != 401 or not answer.headers["WWW-Authenticate"].startswith("Bearer"):
                        wrong.append((method, path, name, answer.status))
        unchanged = rig.store.flags.table().rows

    assert wrong == []
    assert unchanged == {}


@pytest.mark.parametrize("route", [one for one in ROUTES if one.changes], ids=lambda one: one.name)
async def test_nothing_is_changed_by_get(route: Route, tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        rig.store.flip(Stage.SHADOW)
        version = rig.store.flags.version()

        answer = await rig.ask("GET", filled(PREFIX + route.path))
        unchanged = rig.store.flags.version()

    assert answer.status in {200, 404, 405}
    assert answer.status != 405 or route.method in answer.headers["Allow"]
    assert unchanged == version


async def test_wrong_tokens_are_not_looked_at_any_more_after_ten(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        wrong = {"Authorization": f"Bearer cf_00000000_{'a' * 43}"}
        statuses = [(await rig.ask("GET", "/api/v1/status", None, headers=wrong)).status for _ in range(12)]
        right = await rig.ask("GET", "/api/v1/status", Role.ADMIN)

    assert statuses == [401] * 10 + [429] * 2
    assert (right.status, right.code) == (429, "too_many")
    assert 0 < int(right.headers["Retry-After"]) <= 901


@pytest.mark.parametrize(
    "host", ["evil.test", "localhost.evil.test", "127.0.0.1.evil.test", "127.0.0.1@evil.test", "", "[::1"]
)
async def test_a_name_that_is_not_ours_is_refused_before_anything_else(host: str, tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        answer = await rig.ask("POST", "/api/v1/rollback", headers={"Host": host}, json={})

    assert (answer.status, answer.code) == (421, "wrong_host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8400", "[::1]:8400", "crossfade.example:443"])
async def test_names_of_loopback_and_of_the_configuration_are_ours(host: str, tmp_path: Path) -> None:
    async with running(tmp_path, hosts=frozenset({"crossfade.example"})) as rig:
        answer = await rig.ask("GET", "/api/v1/flags", headers={"Host": host})

    assert answer.status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/..%2f..%2fserver.py",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static//etc/passwd",
        "/api/v1/domains/..%2f..%2fetc",
        "/api/v1/parity/groups/..%2f..%2fstore.sqlite3",
        "/../../../../etc/passwd",
    ],
)
async def test_no_path_leads_to_a_file_that_is_not_served(path: str, tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        token = rig.bearer(Role.ADMIN)["Authorization"]
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\nConnection: close\r\n\r\n".encode()
        )
        said = (await reader.read()).decode()
        writer.close()

    assert said.split(" ")[1] in {"404", "422"}
    assert "root:" not in said
    assert "import" not in said


@pytest.mark.parametrize("encoding", ["length", "chunked"])
async def test_an_oversized_body_is_refused_and_changes_nothing(encoding: str, tmp_path: Path) -> None:
    big = b'{"reason":"' + b"x" * 70_000 + b'"}'

    async def pieces() -> AsyncIterator[bytes]:
        yield big[:40_000]
        yield big[40_000:]

    async with running(tmp_path) as rig:
        version = rig.store.flip(Stage.SHADOW)
        data = big if encoding == "length" else pieces()
        answer = await rig.ask(
            "POST",
            "/api/v1/domains/escrows/rollback",
            data=data,
            headers={"Content-Type": "application/json"},
        )
        unchanged = rig.store.flags.version()

    assert (answer.status, answer.code, unchanged) == (413, "too_large", version)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"[1]", {"Content-Type": "application/json"}, 400),
        (b"[" * 60_000, {"Content-Type": "application/json"}, 400),
        (b'{"reason": "\xff"}', {"Content-Type": "application/json"}, 400),
        (b"reason=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"x", {"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(
    body: bytes, headers: dict[str, str], status: int, tmp_path: Path
) -> None:
    async with running(tmp_path) as rig:
        answer = await rig.ask("POST", "/api/v1/rollback", data=body, headers=headers)

    assert answer.status == status
    assert set(answer.json) == {"error"}


async def test_every_answer_carries_the_headers_and_refusals_tell_nothing_of_us(tmp_path: Path) -> None:
    paths = ["/api/v1/status", "/api/v1/nothing", "/api/v1/domains/x", "/nothing"]
    async with running(tmp_path) as rig:
        answers = [await rig.ask("GET", path) for path in paths]
        answers.append(await rig.ask("PATCH", "/api/v1/status"))

    assert [answer.status for answer in answers] == [200, 404, 404, 404, 405]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == dict(HEADERS)
        assert "Traceback" not in answer.text
        assert "aiohttp" not in str(answer.headers).lower()


async def test_a_store_that_is_away_is_503_in_one_sentence_and_the_console_lives_on(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        (tmp_path / "store.sqlite3").rename(tmp_path / "away")
        (tmp_path / "store.sqlite3").mkdir()
        rig.store.engine.dispose()
        away = await rig.ask("GET", "/api/v1/flags")
        (tmp_path / "store.sqlite3").rmdir()
        (tmp_path / "away").rename(tmp_path / "store.sqlite3")
        back = await rig.ask("GET", "/api/v1/flags")

    assert (away.status, away.code) == (503, "unavailable")
    assert "\n" not in away.message
    assert back.status == 200


async def test_a_head_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    async with running(tmp_path, quiet_s=0.3) as rig:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        writer.write(b"GET /api/v1/status HTTP/1.1\r\nHost: local")
        started = time.monotonic()
        said = await reader.read()
        took_s = time.monotonic() - started
        writer.close()

    assert said == b""
    assert took_s >= 0.25


async def test_a_body_that_does_not_come_is_408(tmp_path: Path) -> None:
    async with running(tmp_path, body_s=0.2) as rig:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        token = rig.bearer(Role.ADMIN)["Authorization"]
        writer.write(
            f"POST /api/v1/rollback HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{".encode()
        )
        said = await reader.readline()
        writer.close()

    assert said.split(b" ")[1] == b"408"


@dataclass
class Beating:
    """A watch that a test looks at."""

    beats: int = 0
    ended: bool = False
    beating: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                self.beats += 1
                self.beating.set()
                await asyncio.sleep(0.01)
        finally:
            self.ended = True


async def test_watches_run_beside_the_pages_and_end_with_them(tmp_path: Path) -> None:
    watch = Beating()

    async with running(tmp_path, watches=(watch,)):
        await asyncio.wait_for(watch.beating.wait(), 10)

    assert watch.ended


async def test_over_tls_it_serves_those_who_trust_it(tmp_path: Path) -> None:
    authority = trustme.CA()
    pem = tmp_path / "console.pem"
    pem.write_bytes(authority.issue_cert("localhost").private_key_and_cert_chain_pem.bytes())
    trust = ssl.create_default_context()
    authority.configure_trust(trust)

    async with running(tmp_path, tls=TlsSettings(pem)) as rig:
        url = f"https://localhost:{rig.port}/api/v1/flags"
        async with rig.http.get(url, ssl=trust, headers=rig.bearer(Role.VIEWER)) as answer:
            status = answer.status
        with pytest.raises(aiohttp.ClientError):
            await rig.http.get(rig.url)

    assert status == 200


async def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        second = Console(ConsoleSettings(port=rig.port), rig.store.sources)

        with pytest.raises(ListenError, match=rf"cannot listen on 127\.0\.0\.1:{rig.port} \(console\)"):
            await second.start()


async def test_it_ends_when_it_is_told_although_a_stream_is_open(tmp_path: Path) -> None:
    store = Store.make(f"sqlite:///{tmp_path}/store.sqlite3")
    stop, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        run_console(ConsoleSettings(port=0), store.sources, stop=stop, ready=port.set_result)
    )
    headers = {"Authorization": f"Bearer {store.secrets[Role.VIEWER]}"}

    url = f"http://127.0.0.1:{await port}/api/v1/events"
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as stream:
        await stream.content.readline()
        stop.set()
        await asyncio.wait_for(serving, 10)

    assert serving.done()
