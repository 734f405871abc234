"""`make bench` in its short form, with whatever peers are here, and the flags that it turns."""

import json
import platform
from pathlib import Path

import pytest

from cli.bench import StoredFlags
from loadtests.bench.peers import program
from loadtests.bench.plan import Group
from proxy.wire import client
from tests.support.command import Crossfade, run_process

needs_nginx = pytest.mark.skipif(program("nginx", Path("build")) is None, reason="nginx is not installed")


@needs_nginx
def test_the_smoke_measures_the_groups_that_are_asked_for_and_writes_their_figures(open_dir: Path) -> None:
    build = open_dir / "build"

    ran = run_process(
        "bench", "--quick", "--only", "plain,mirror,flags", "--build-dir", str(build), state_dir=open_dir, timeout_s=115,
    )  # fmt: skip

    written = json.loads((build / "bench.json").read_text())
    figures = {figure["name"]: figure for figure in written["figures"]}
    assert ran.code == int(any(figure["passed"] is False for figure in figures.values())), ran.err
    assert figures["capacity 1k to nginx plain"]["value"] > 0
    assert figures["mirror 1k different to nginx store"]["value"] > 0
    assert "added p50 to nginx's" not in figures
    assert figures["flag change served, p99 ms"]["value"] > 0
    assert figures["mirrored - compared - dropped"]["passed"] is True
    ours = [one for name, one in written["measured"].items() if "crossfade" in name]
    shots = [slice_["shot"] for one in ours for slice_ in one["rounds"]]
    assert sum(shot["errors"] + shot["not_200"] for shot in shots) == 0
    assert figures["compared, of all answers, different"]["passed"] is True
    assert all(slice_["drained"] for one in written["measured"].values() for slice_ in one["rounds"])
    assert written["interpreter"].startswith(platform.python_implementation())
    assert written["compiled"] is not str(client.__file__).endswith(".py")
    assert all(len(line) <= 80 for line in ran.out.splitlines())
    for peer in written["not_installed"]:
        assert f"{peer} is not installed" in ran.out
        assert not [
            name for name, one in figures.items() if peer in name and one["verdict"] != "not measured"
        ]


def test_a_group_that_there_is_not_is_refused_with_those_that_there_are(crossfade: Crossfade) -> None:
    ran = crossfade("bench", "--only", "plain,speed")

    assert ran.code == 2
    assert ran.err == f"crossfade: --only speed: expected some of {','.join(Group)}\n"


def test_a_benchmark_that_cannot_run_says_why(
    crossfade: Crossfade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    ran = crossfade("bench", "--quick", "--build-dir", str(tmp_path))

    assert ran.code == 3
    assert ran.err.startswith("crossfade: no C compiler (cc) for the load generator")
    assert not (tmp_path / "bench.json").exists()


def test_flags_are_turned_where_no_worker_runs(tmp_path: Path) -> None:
    config = tmp_path / "crossfade.toml"
    config.write_text(
        f'state_dir = "{tmp_path}"\n[[endpoints]]\ndomain = "bench"\nmethod = "GET"\npath = "/1k.json"\n'
    )
    flags = StoredFlags()

    took_ms = [flags.set_stage(config, stage) for stage in ("shadow", "off")]

    assert all(0 < ms < 5_000 for ms in took_ms)
    assert flags.workers(config) == []
