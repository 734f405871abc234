"""A worker of Locust that must not send."""

import shutil
from pathlib import Path

from loadtests.generators import Generators
from loadtests.locusts import Locusts
from tests.loadtests.blocks_of_locust import command, stub


def test_a_worker_with_another_recording_ends_the_block_in_one_sentence(
    contract: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(contract, other)
    recording = other / "exchanges" / "escrows.jsonl"
    lines = recording.read_text().splitlines()
    recording.write_text("\n".join(line.replace("limit", "size") for line in lines))
    with stub(tmp_path) as backend, Locusts(tmp_path / "locust") as locusts:
        block = command(backend.url, contract, tmp_path / "other.jsonl", measured_s=40.0)
        master, worker, astray = Generators(workers=2).commands(block)
        astray = [f"--contract={other}" if one.startswith("--contract") else one for one in astray]
        code, words = locusts.run([master, worker, astray], tmp_path / "block", 60)
        said = (tmp_path / "block-worker2.err").read_text()

    assert code == 2
    assert "has another recording than the master (digest " in words
    assert words.endswith("expected the same --contract everywhere")
    assert f"crossfade: {words}\n" in said
    assert "Traceback" not in said
