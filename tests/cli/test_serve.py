"""Each bundled backend as a process of its own."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cli.context import RECORDING_JWT_SECRET, ROOT
from loadtests.recording import Credentials
from parity.exchange import Backend
from proxy.stages import Stage
from tests.domains.support import escrow
from tests.support.command import InProcess, run_process
from tests.support.javascript import JavaScriptSocket
from tests.support.relay_servers import nats_server
from tests.support.site import running_backend, running_site


@pytest.mark.parametrize("backend", Backend)
def test_a_backend_says_who_it_is(backend: Backend, database_url: str, tmp_path: Path) -> None:
    with running_backend(backend, database_url, tmp_path) as url:
        answer = json.load(urllib.request.urlopen(f"{url}/health", timeout=5))

    assert answer == {"backend": backend}


def test_without_a_database_url_both_find_the_one_embedded_postgres_of_the_checkout(
    contract: Path, open_dir: Path
) -> None:
    run_process("db", "reset", "--seed", str(contract / "seed"), "--yes", state_dir=open_dir)

    with (
        running_backend(Backend.LEGACY, None, open_dir) as legacy,
        running_backend(Backend.MODERN, None, open_dir) as modern,
    ):
        running = (open_dir / "postgres" / "postmaster.pid").exists()
        answers = [urllib.request.urlopen(f"{url}/health", timeout=5).status for url in (legacy, modern)]

    assert running
    assert answers == [200, 200]
    assert not (open_dir / "postgres" / "postmaster.pid").exists()


def test_a_port_in_use_is_exit_code_3_with_the_port(database_url: str, crossfade: InProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        ran = crossfade("serve", "legacy", "--port", str(port), "--database-url", database_url)

    assert ran.code == 3
    assert f"port {port} on 127.0.0.1 cannot be used: " in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("backend", Backend)
def test_a_database_that_refuses_is_exit_code_3(backend: Backend, crossfade: InProcess) -> None:
    url = "postgresql://nobody@127.0.0.1:1/x"

    ran = crossfade("serve", backend.value, "--port", "0", "--database-url", url)

    assert ran.code == 3
    assert "refuse" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("serve", "bogus", "--port", "0"), "'bogus' is not one of 'legacy', 'modern'"),
        (("serve", "legacy", "--port", "99999"), "99999 is not in the range"),
        (("serve", "legacy", "--port", "0", "--faults"), "--faults: the fault switch is modern's"),
        (("serve", "legacy", "--port", "0", "--trusted-hops", "1"), "--trusted-hops: legacy believes"),
        (
            ("serve", "legacy", "--port", "0", "--database-url", "mysql://x"),
            "'mysql://x': expected a URL like",
        ),
    ],
)
def test_bad_input_is_exit_code_2(crossfade: InProcess, arguments: tuple[str, ...], message: str) -> None:
    ran = crossfade(*arguments)

    assert ran.code == 2
    assert message in ran.err


async def ask(url: str, path: str, *, source: str, claimed: str | None = None, **sent: Any) -> int:
    """The status of one request from a loopback address, which may claim to come from another one."""
    headers = {} if claimed is None else {"X-Forwarded-For": claimed}
    connector = aiohttp.TCPConnector(local_addr=(source, 0))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.request("POST" if sent else "GET", url + path, headers=headers, **sent) as answer,
    ):
        return answer.status


@pytest.mark.parametrize("backend", Backend)
def test_a_backend_imports_nothing_for_uses_of_sockets_and_tokens_that_it_has_not(
    backend: Backend, tmp_path: Path
) -> None:
    code = (
        "import sys\n"
        "from cli import serve\n"
        "from cli.context import Context\n"
        "from cli.settings import load_settings\n"
        "context = Context(load_settings(), None, 's', actor='a')\n"
        "options = dict(pool_size=1, limits=context.settings.limits)\n"
        "more = dict(faults=False, cache_mib=1, slow_ms=1, relay=None) if sys.argv[1] == 'modern' else {}\n"
        "getattr(serve, f'_{sys.argv[1]}')(context, 'postgresql://u@127.0.0.1:1/none', **options, **more)\n"
        "print({'socketio', 'jwt'} <= {*sys.modules}, sorted({'redis', 'requests', 'websocket', 'cryptography'} & {*sys.modules}))\n"
    )

    said = subprocess.run(
        [sys.executable, "-c", code, backend],
        cwd=ROOT,
        env=os.environ | {"CROSSFADE_STATE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert said == "True []\n"


async def test_clients_behind_the_proxy_are_limited_apart_and_none_can_claim_to_be_another(
    seeded_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = ("--rate-limit", "4", "--failed-auth-limit", "2", "--trusted-hops", "1")
    wrong = {"email": "nobody@example.test", "password": "x"}
    with (
        running_backend(Backend.MODERN, seeded_database, tmp_path, *limits) as modern,
        running_site(monkeypatch, tmp_path, legacy=modern, modern=modern) as site,
    ):
        site.flip(Stage.SHADOW)  # a copy of each read comes along, and does not count

        login = [
            await ask(site.url, "/v1/auth/login", source="127.0.0.1", claimed=f"10.0.0.{n}", json=wrong)
            for n in range(3)
        ]
        one = [
            await ask(site.url, "/v1/escrows", source="127.0.0.1", claimed=f"10.0.0.{n}") for n in range(2)
        ]
        other = [
            await ask(site.url, "/v1/escrows", source="127.0.0.2", claimed="127.0.0.1") for _ in range(5)
        ]
        site.settled(10)

    assert login == [401, 401, 429]
    assert one == [401, 429]
    assert other == [401] * 4 + [429]


async def test_a_load_balancer_that_is_trusted_says_who_the_client_is(
    seeded_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = {"CROSSFADE_LIMITS__REQUESTS": "1", "CROSSFADE_LIMITS__TRUSTED_HOPS": "2"}
    for name, value in limits.items():
        monkeypatch.setenv(name, value)
    with (
        running_backend(Backend.MODERN, seeded_database, tmp_path) as modern,
        running_site(
            monkeypatch,
            tmp_path,
            legacy=modern,
            modern=modern,
            CROSSFADE_PROXY__TRUSTED_HOPS='["127.0.0.2"]',
        ) as site,
    ):
        balanced = [
            await ask(site.url, "/v1/escrows", source="127.0.0.2", claimed=f"6.6.6.6, {client}")
            for client in ("10.0.0.1", "10.0.0.2", "10.0.0.1")
        ]

    assert balanced == [401, 401, 429]


async def test_a_write_at_one_process_is_heard_by_a_client_of_another(
    seeded_database: str, tmp_path: Path, contract: Path
) -> None:
    credentials = Credentials(contract, RECORDING_JWT_SECRET)
    async with nats_server() as relay:
        with (
            running_backend(Backend.MODERN, seeded_database, tmp_path, "--relay", relay) as first,
            running_backend(Backend.MODERN, seeded_database, tmp_path, "--relay", relay) as second,
        ):
            headers = credentials.headers("agent_ann")
            token = headers["Authorization"].removeprefix("Bearer ")
            async with (
                JavaScriptSocket.connecting(first, token) as ann,
                aiohttp.ClientSession(headers=headers) as session,
            ):
                await ann.connected()

                async with session.put(f"{second}{escrow(9)}/checklist-loan", json={"le": True}) as answer:
                    status = answer.status

                heard = await ann.heard()
    assert status == 200
    assert (heard["event"], heard["data"]["escrowId"]) == ("escrow:updated", escrow(9).rpartition("/")[2])
