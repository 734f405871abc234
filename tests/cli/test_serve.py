"""Each bundled backend as a process of its own."""

import json
import socket
import urllib.request
from pathlib import Path

import pytest

from parity.exchange import Backend
from tests.support.command import InProcess, run_process
from tests.support.site import running_backend


@pytest.mark.parametrize("backend", Backend)
def test_a_backend_says_who_it_is(backend: Backend, seeded_database: str, tmp_path: Path) -> None:
    with running_backend(backend, seeded_database, tmp_path) as url:
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


def test_a_port_in_use_is_exit_code_3_with_the_port(seeded_database: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        ran = run_process(
            "serve", "legacy", "--port", str(port), "--database-url", seeded_database, state_dir=tmp_path
        )

    assert ran.code == 3
    assert f"port {port} on 127.0.0.1 cannot be used: " in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("backend", Backend)
def test_a_database_that_refuses_is_exit_code_3(backend: Backend, tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/x"

    ran = run_process("serve", backend, "--port", "0", "--database-url", url, state_dir=tmp_path)

    assert ran.code == 3
    assert "refuse" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("serve", "bogus", "--port", "0"), "'bogus' is not one of 'legacy', 'modern'"),
        (("serve", "legacy", "--port", "99999"), "99999 is not in the range"),
        (("serve", "legacy", "--port", "0", "--faults"), "--faults: the fault switch is modern's"),
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
