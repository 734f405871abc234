"""The processes that the benchmark starts."""

import tomllib
from http.client import HTTPConnection
from pathlib import Path

import pytest

from loadtests.bench_setup import Condition, running_setup
from loadtests.errors import BenchError


def test_there_is_a_ready_proxy_for_every_condition_and_none_is_left_afterwards(tmp_path: Path) -> None:
    with running_setup(tmp_path, cli_module="tests.loadtests.fake_cli", work_ms=1) as setup:
        statuses = {target.name: get(target.port) for target in setup.targets}
        pids = [target.pid for target in setup.targets]
        flipped = {
            condition for condition in Condition if (directory(tmp_path, condition) / "mirroring").exists()
        }

    assert statuses == dict.fromkeys(Condition, 200)
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    assert flipped == set(Condition) - {Condition.OFF}
    configs = {c: tomllib.loads((directory(tmp_path, c) / "crossfade.toml").read_text()) for c in Condition}
    assert len({config["backends"]["legacy"] for config in configs.values()}) == 1
    mirroring = [config for condition, config in configs.items() if condition is not Condition.OFF]
    assert len({config["backends"]["modern"] for config in mirroring}) == 4
    assert [len(config["endpoints"]) for config in configs.values()] == [7] * len(Condition)


def test_a_command_line_that_fails_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    with (
        pytest.raises(BenchError, match=r"flip for healthy shadow failed: .*No module named"),
        running_setup(tmp_path, cli_module="tests.loadtests.no_such_module", work_ms=1),
    ):
        pass


def directory(work_dir: Path, condition: Condition) -> Path:
    return work_dir / condition.name.lower()


def get(port: int) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/v1/escrows")
    status = connection.getresponse().status
    connection.close()
    return status
