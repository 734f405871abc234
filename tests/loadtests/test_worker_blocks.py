"""A load generator that joins a load test which runs elsewhere."""

import threading
from collections import Counter
from pathlib import Path

import pytest

from loadtests.errors import LoadTestError
from loadtests.generators import Generators
from loadtests.locusts import Locusts
from loadtests.worker_blocks import run_worker
from tests.loadtests.blocks_of_locust import command, run, stub
from tests.loadtests.stub_backend import SECRET
from tests.loadtests.users.test_master import free_port


def test_it_takes_part_in_block_after_block_until_there_are_no_more(contract: Path, tmp_path: Path) -> None:
    port, told, blocks = free_port(), list[str](), list[int]()

    def join() -> None:
        directory = tmp_path / "worker"
        directory.mkdir()
        blocks.append(
            run_worker(
                host="127.0.0.1",
                port=port,
                contract=contract,
                jwt_secret=SECRET,
                wait_s=8.0,
                work_dir=directory,
                progress=told.append,
            )
        )

    elsewhere = threading.Thread(target=join)
    elsewhere.start()
    generators = Generators(workers=1, port=port, expect_workers=1)
    with stub(tmp_path) as backend, Locusts(tmp_path / "locust") as locusts:
        for number in range(2):
            block = command(backend.url, contract, tmp_path / f"{number}.jsonl", measured_s=0.5)
            before = backend.served()
            timings = run(locusts, block, tmp_path / f"{number}", generators)
            assert len(timings) == backend.served() - before > 20
            sent = Counter(timing.endpoint for timing in timings if not timing.refused)
            assert (
                sent["POST /v1/escrows"] == sent["DELETE /v1/escrows/{id}"] > 0
            )  # the last ones arrive, too
    elsewhere.join()

    assert blocks == [2]
    assert told == [f"block {number} of this load generator is done ..." for number in (1, 2)]


def test_without_a_master_it_says_so_in_time(contract: Path, tmp_path: Path) -> None:
    port = free_port()

    with pytest.raises(LoadTestError, match=f"no master of a load test at 127.0.0.1:{port} within 2 s"):
        run_worker(
            host="127.0.0.1",
            port=port,
            contract=contract,
            jwt_secret=SECRET,
            wait_s=2.0,
            work_dir=tmp_path,
            progress=lambda _: None,
        )
