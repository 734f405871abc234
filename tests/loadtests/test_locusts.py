"""Locust as it is started for a load test: imported once, forked for each block."""

import threading
from pathlib import Path

import pytest

from loadtests.locusts import Locusts
from tests.parity.factories import until

ENDLESS = """
from locust import User, constant, task

class Idle(User):
    wait_time = constant(60)

    @task
    def rest(self):
        pass
"""


@pytest.fixture
def endless(tmp_path: Path) -> list[str]:
    """A block that nobody ends."""
    file = tmp_path / "endless.py"
    file.write_text(ENDLESS)
    return [f"--locustfile={file}", "--headless", "--users=1", "--host=http://127.0.0.1:1"]


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def said(file: Path) -> bool:
    return "Starting Locust" in file.read_text()


def test_each_block_has_its_arguments_its_exit_code_and_its_words(locusts: Locusts, tmp_path: Path) -> None:
    told = locusts.run(["--version"], tmp_path / "told", 60)
    refused = locusts.run(["--locustfile=nowhere.py"], tmp_path / "refused", 60)

    assert told == (0, "it said nothing")
    assert (tmp_path / "told.out").read_text().startswith("locust ")
    assert refused[0] == 1
    assert "nowhere.py" in refused[1]


def test_a_block_that_does_not_end_in_time_is_killed_and_the_next_one_runs(
    locusts: Locusts, endless: list[str], tmp_path: Path
) -> None:
    code, words = locusts.run(endless, tmp_path / "endless", 0.5)

    assert (code, words) == (None, "")
    assert locusts.run(["--version"], tmp_path / "next", 60)[0] == 0


async def test_who_ends_it_ends_the_block_that_runs(endless: list[str], tmp_path: Path) -> None:
    locusts = Locusts(tmp_path / "locust")
    block = threading.Thread(target=locusts.run, args=(endless, tmp_path / "endless", 60))
    block.start()
    await until(lambda: (tmp_path / "endless.err").exists() and said(tmp_path / "endless.err"), 30.0)
    [running] = children_of(locusts.pid)

    with locusts:
        pass

    block.join()
    await until(lambda: not Path(f"/proc/{running}").exists(), 30.0)
