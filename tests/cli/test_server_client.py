"""What can be wrong with a server is one sentence each, and an answer that is lost is asked for again."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from cli.errors import CliError, NotAllowedError, UnavailableError, UsageError
from cli.server import Server
from cli.server_client import API_HEADER, ServerClient
from cli.server_client import API_VERSION as ASKED_VERSION
from proxy.console.answers import Flags
from proxy.console.protection import API_HEADER as SENT_HEADER
from proxy.console.protection import API_VERSION, HEADERS
from tests.support.threads import in_thread

TOKEN = "cf_0a1b2c3d_" + "A" * 43
OURS = {API_HEADER: "1"}
FLAGS = b'{"version": 7, "flags": []}'
REFUSAL = b'{"error": {"code": "%b", "message": "a sentence", "fields": [], "lines": %b}}'


@dataclass
class Answering:
    """A server that answers in turn; None: it breaks off. The last answer is given again and again."""

    answers: list[tuple[int, dict[str, str], bytes] | None]
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The next one."""
        await request.read()
        self.asked.append((request.method, request.headers.get("Authorization", "")))
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if found is None:
            assert request.transport is not None
            request.transport.abort()
            await asyncio.sleep(0)
            return web.Response()
        status, headers, body = found
        return web.Response(status=status, headers=headers, body=body)


@asynccontextmanager
async def listening(answering: Answering, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port of a server that answers so."""
    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", answering.answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@contextmanager
def client(answering: Answering, *, again_s: float = 0.2) -> Iterator[ServerClient]:
    """A client of it, that asks again for so long."""
    with in_thread(lambda: listening(answering)) as port:
        made = ServerClient(Server(f"http://127.0.0.1:{port}", TOKEN), ask_again_s=again_s)
        yield made
        made.close()


def get(made: ServerClient) -> Flags:
    """The flag table."""
    return made.get("/flags", Flags)


def post(made: ServerClient) -> Flags:
    """A change."""
    return made.post("/flags/advance", Flags, {})


def test_both_sides_speak_of_the_same_version() -> None:
    assert (SENT_HEADER, API_VERSION) == (API_HEADER, ASKED_VERSION)
    assert HEADERS[SENT_HEADER] == ASKED_VERSION


def test_an_answer_is_asked_for_with_the_token() -> None:
    answering = Answering([(200, OURS, FLAGS)])

    with client(answering) as made:
        found = get(made)

    assert found == Flags(7, [])
    assert answering.asked == [("GET", f"Bearer {TOKEN}")]


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind", "said"),
    [
        (401, OURS, REFUSAL % (b"unauthenticated", b"[]"), UsageError, "http://.* says: a sentence"),
        (403, OURS, REFUSAL % (b"forbidden", b"[]"), NotAllowedError, "http://.* says: a sentence"),
        (404, OURS, REFUSAL % (b"not_found", b'["no domain"]'), UsageError, "no domain"),
        (
            409,
            OURS,
            REFUSAL % (b"refused", b'["not yet:", "  a line"]'),
            NotAllowedError,
            "not yet:\n  a line",
        ),
        (422, OURS, REFUSAL % (b"invalid", b"[]"), UsageError, "a sentence"),
        (429, OURS, REFUSAL % (b"too_many", b"[]"), UnavailableError, "a sentence"),
        (500, OURS, REFUSAL % (b"internal", b"[]"), UnavailableError, "a sentence"),
        (503, OURS, REFUSAL % (b"unavailable", b"[]"), UnavailableError, "a sentence"),
        (
            200,
            {},
            b"<html>",
            UnavailableError,
            "is no console of Crossfade: it answers 200 without Crossfade-Api",
        ),
        (302, {"Location": "/login"}, b"", UnavailableError, "is no console of Crossfade: it answers 302"),
        (
            404,
            {API_HEADER: "2"},
            b"",
            UnavailableError,
            "speaks version 2 of the API and this Crossfade version 1",
        ),
        (200, OURS, b'{"version": "x"}', UnavailableError, "cannot read .*: use the same version here"),
        (200, OURS, b"\xff", UnavailableError, "cannot read .*: use the same version here"),
    ],
)
def test_each_refusal_is_a_sentence_with_its_exit_code(
    status: int, headers: dict[str, str], body: bytes, kind: type[CliError], said: str
) -> None:
    with client(Answering([(status, headers, body)])) as made, pytest.raises(CliError, match=said) as raised:
        get(made)

    assert type(raised.value) is kind
    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize("ask", [get, post])
@pytest.mark.parametrize("lost", [None, (503, OURS, REFUSAL % (b"unavailable", b"[]")), (502, {}, b"")])
def test_what_was_lost_is_asked_for_again(
    ask: Callable[[ServerClient], Flags], lost: tuple[int, dict[str, str], bytes] | None
) -> None:
    answering = Answering([lost, (200, OURS, FLAGS)])

    with client(answering, again_s=5.0) as made:
        found = ask(made)

    assert (found.version, len(answering.asked)) == (7, 2)


def test_a_change_whose_answer_never_comes_is_not_called_failed() -> None:
    answering = Answering([None])

    with (
        client(answering) as made,
        pytest.raises(UnavailableError, match=r"whether the change was made is not known: crossfade history"),
    ):
        post(made)

    assert len(answering.asked) == 2


def test_a_server_that_is_not_there_was_asked_for_nothing() -> None:
    with in_thread(lambda: listening(Answering([None]))) as port:
        pass
    made = ServerClient(Server(f"http://127.0.0.1:{port}", TOKEN))

    with pytest.raises(UnavailableError, match=rf"^http://127.0.0.1:{port} cannot be reached: .*refused$"):
        post(made)

    made.close()


def test_a_certificate_that_nobody_vouches_for_is_not_trusted_until_it_is_named(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    answering = Answering([(200, OURS, FLAGS)])

    with in_thread(lambda: listening(answering, tls)) as port:
        server = Server(f"https://127.0.0.1:{port}", TOKEN)
        unknown, known = ServerClient(server), ServerClient(replace(server, ca=tmp_path / "ca.pem"))
        with pytest.raises(
            UnavailableError, match=r"certificate of https://.* is not trusted: .*; remote.ca may name"
        ):
            get(unknown)
        found = get(known)
        unknown.close()
        known.close()

    assert found.version == 7
    assert len(answering.asked) == 1
