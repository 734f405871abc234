"""Backends and peers, started as they are for a run."""

import dataclasses
import http.client
import shutil
import time
from pathlib import Path

import pytest

from loadtests.bench.peers import answers, free_ports, program, running_backends, running_peers
from loadtests.bench.procfs import two_cores
from loadtests.errors import BenchError
from tests.loadtests.bench.support import tiny_server

BUILD = Path("build")
needs_nginx = pytest.mark.skipif(program("nginx", BUILD) is None, reason="nginx is not installed")


def get(port: int, path: str, method: str = "GET") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, path, body=b"a" * 10 if method == "POST" else None)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


@needs_nginx
def test_backends_answer_equal_and_different_bodies_and_one_does_not_listen(tmp_path: Path) -> None:
    with running_backends(tmp_path, BUILD, two_cores()) as backends:
        live, shadow, different = (
            get(port, "/20k.json") for port in (backends.live.port, backends.shadow, backends.different)
        )
        posted = get(backends.live.port, "/20k.json", "POST")
        dead = answers(backends.dead)

    assert live == shadow == posted
    assert live[0] == different[0] == 200
    assert live[1] != different[1]
    assert dead is False


@needs_nginx
def test_every_peer_that_is_installed_forwards(tmp_path: Path) -> None:
    with (
        running_backends(tmp_path, BUILD, two_cores()) as backends,
        running_peers(tmp_path, BUILD, backends, two_cores()) as peers,
    ):
        wanted = get(backends.live.port, "/1k.json")
        bodies = {name: get(peer.port, "/1k.json") for name, peer in peers.items()}

    assert {"least proxy", "nginx plain", "nginx large", "nginx mirror", "nginx store", "nginx slow"} <= set(
        bodies
    )
    assert bodies == dict.fromkeys(bodies, wanted)
    assert not [pid for peer in peers.values() for pid in peer.pids if Path(f"/proc/{pid}").exists()]


def mirrors(name: str) -> bool:
    """Whether a peer of that name is there to mirror."""
    return name.split()[1] in {"mirror", "store", "slow"}


@needs_nginx
def test_those_that_mirror_do_and_the_others_do_not(tmp_path: Path) -> None:
    """What they are measured for is what they do."""
    copies: dict[str, int] = {}
    with (
        running_backends(tmp_path, BUILD, two_cores()) as backends,
        tiny_server() as (port, seen),
        running_peers(
            tmp_path, BUILD, dataclasses.replace(backends, shadow=port, slow=port), two_cores()
        ) as peers,
    ):
        for name, peer in peers.items():
            time.sleep(0.1)  # until the copies of whether it answers have come
            before = len(seen)
            for _ in range(20):
                get(peer.port, "/20k.json")
            deadline = time.monotonic() + (3.0 if mirrors(name) else 0.1)
            while time.monotonic() < deadline and len(seen) - before < 20:
                time.sleep(0.01)
            copies[name] = len(seen) - before

    assert copies == {name: 20 if mirrors(name) else 0 for name in peers}


def test_envoy_may_stand_in_an_environment_of_its_own(tmp_path: Path) -> None:
    own = tmp_path / "envoy" / "bin" / "envoy"
    own.parent.mkdir(parents=True)
    own.touch(mode=0o755)

    assert program("envoy", tmp_path) == str(own)


def test_a_peer_that_is_not_installed_is_left_out() -> None:
    assert program("mitmproxy", BUILD) == shutil.which("mitmdump")


@needs_nginx
def test_a_peer_that_does_not_start_is_an_error_with_its_name(tmp_path: Path) -> None:
    build = tmp_path / "build"
    envoy = build / "envoy" / "bin" / "envoy"
    envoy.parent.mkdir(parents=True)
    envoy.write_text("#!/bin/sh\necho no such option >&2\nexit 1\n")
    envoy.chmod(0o755)

    with (
        running_backends(tmp_path, build, two_cores()) as backends,
        pytest.raises(BenchError, match="envoy did not start: no such option"),
        running_peers(tmp_path, build, backends, two_cores(), ["envoy"]),
    ):
        pass


def test_without_nginx_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("loadtests.bench.peers._SYSTEM_PATHS", str(tmp_path))

    with (
        pytest.raises(BenchError, match="apt-get install nginx"),
        running_backends(tmp_path, BUILD, two_cores()),
    ):
        pass


def test_free_ports_are_different() -> None:
    assert len(set(free_ports(20))) == 20
