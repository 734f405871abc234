"""The configurations of the peers, read by the peers themselves where they are installed."""

import subprocess
from pathlib import Path

import pytest

from loadtests.bench.peer_configs import Upstreams, envoy, haproxy, nginx_backend, nginx_proxy
from loadtests.bench.peers import program

TO = Upstreams(live=9001, shadow=9002, slow=9003)
PORTS = {"plain": 8001, "large": 8005, "mirror": 8002, "store": 8003, "slow": 8004}
BUILD = Path("build")


def accepts(name: str, *arguments: str) -> bool:
    found = program(name, BUILD)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return subprocess.run([found, *arguments], capture_output=True, timeout=60, check=False).returncode == 0


def test_nginx_takes_its_configuration_as_a_proxy(tmp_path: Path) -> None:
    config = tmp_path / "nginx.conf"
    config.write_text(nginx_proxy(tmp_path, tmp_path, PORTS, TO))

    assert accepts("nginx", "-t", "-e", str(tmp_path / "error.log"), "-c", str(config))


def test_nginx_takes_its_configuration_as_a_backend(tmp_path: Path) -> None:
    config = tmp_path / "nginx.conf"
    config.write_text(nginx_backend(tmp_path, tmp_path, {9001: "equal", 9002: "different"}))

    assert accepts("nginx", "-t", "-e", str(tmp_path / "error.log"), "-c", str(config))


def test_haproxy_takes_its_configuration(tmp_path: Path) -> None:
    config = tmp_path / "haproxy.cfg"
    config.write_text(haproxy(8011, TO))

    assert accepts("haproxy", "-c", "-f", str(config))


def test_envoy_takes_its_configuration(tmp_path: Path) -> None:
    config = tmp_path / "envoy.yaml"
    config.write_text(envoy({"plain": 8031, "mirror": 8032, "slow": 8033}, TO))

    assert accepts("envoy", "--mode", "validate", "-c", str(config), "--use-dynamic-base-id")


def test_only_what_mirrors_mirrors_and_only_to_the_backend_it_is_named_for() -> None:
    servers = {
        line.split()[3].removeprefix("127.0.0.1:"): line
        for line in nginx_proxy(Path("/w"), Path("/s"), PORTS, TO).splitlines()
        if line.startswith("server {")
    }

    copies = {name: servers[str(port)].partition("internal;")[2] for name, port in PORTS.items()}
    assert copies["plain"] == copies["large"] == ""
    assert "http://shadow" in copies["mirror"]
    assert "http://shadow" in copies["store"]
    assert "proxy_store" in copies["store"]
    assert "proxy_store" not in copies["mirror"]
    assert "http://slow" in copies["slow"]
    assert envoy({"plain": 1}, TO).count("request_mirror_policies") == 0
    assert envoy({"mirror": 1}, TO).count("request_mirror_policies: [{cluster: shadow}]") == 1
