"""`make bench` in its short form, with whatever peers are here, and the flags that it turns."""

import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.bench import StoredFlags
from loadtests.bench.peers import program
from loadtests.bench.plan import Group
from proxy.plane import is_compiled
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
    assert written["compiled"] is is_compiled()
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


@needs_nginx
def test_a_run_that_is_terminated_leaves_no_process(open_dir: Path) -> None:
    command = [sys.executable, "-m", "cli.main", "bench", "--only", "plain", "--build-dir", str(open_dir)]
    environment = os.environ | {"TMPDIR": str(open_dir), "CROSSFADE_STATE_DIR": str(open_dir)}

    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as bench:
        assert bench.stderr is not None
        said = ""
        while "round 1" not in said:
            said = bench.stderr.readline()
            assert said, "it ended by itself"
        begun = processes_of(open_dir)
        bench.send_signal(signal.SIGTERM)
        code = bench.wait(20)

    assert code == 130
    assert len(begun) > 3
    assert processes_of(open_dir) == []


def processes_of(directory: Path) -> list[str]:
    """The command lines that name something below that directory."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(file.read_bytes().replace(b"\0", b" ").decode())
    return [line for line in lines if f"{directory}/crossfade-bench-" in line]
