"""`crossfade parity record`: what it writes of what the parity worker sees, and what it refuses."""

import json
import os
import signal
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.reload import announced
from parity.recordings.files import Recording
from parity.recordings.line import RecordedExchange
from parity.wire import encode
from tests.parity.factories import batch, capture, exchange
from tests.support.command import InProcess
from tests.support.site import running_parity_worker

WITHIN_S = 20.0


@pytest.fixture
def worker(crossfade: InProcess) -> Iterator[Path]:
    """The socket of a parity worker that runs, as one that `crossfade up` has started."""
    path = crossfade.state_dir / "parity.sock"
    with announced(crossfade.state_dir), running_parity_worker(path, crossfade.state_dir):
        yield path


@contextmanager
def mirroring(worker: Path, file: Path, seq: int, *bodies: bytes) -> Iterator[None]:
    """As soon as it is recorded, these are mirrored; when the first is in the file, Ctrl-C."""

    def mirror() -> None:
        try:
            _mirror(worker, file, seq, bodies)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=mirror)
    thread.start()
    yield
    thread.join()


def _mirror(worker: Path, file: Path, seq: int, bodies: Sequence[bytes]) -> None:
    _wait_for(lambda: _listens(worker.with_name("record.sock")))
    found = exchange(at=time.time())
    head = b"host: crm.example\r\nauthorization: Bearer s3cret\r\n"
    captures = tuple(
        capture(
            found,
            target="/v1/escrows?search=Ann",
            head=head,
            answer_head=b"content-type: application/json\r\n",
            answer_body=body,
        )
        for body in bodies
    )
    sent = batch(counts=(), seq=seq)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(worker))
        connection.sendall(encode(type(sent)(sent.proxy, seq, (), 0, captures)))
        connection.recv(4)
        _wait_for(lambda: file.read_bytes().count(b"\n") > 1)


def _listens(path: Path) -> bool:
    """Whether anybody does: the file is there a moment before."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def lines_of(file: Path) -> list[RecordedExchange]:
    return [line for line in Recording.open(file).lines() if isinstance(line, RecordedExchange)]


def test_what_is_mirrored_is_recorded_redacted_or_not_within_its_bound(
    crossfade: InProcess, worker: Path
) -> None:
    one, other = crossfade.state_dir / "a.jsonl", crossfade.state_dir / "b.jsonl"

    with mirroring(worker, one, 1, b'{"name": "Ann"}'):
        tokens = crossfade("parity", "record", "a.jsonl", "--json")
    with mirroring(worker, other, 2, b"x" * 2_000, b'{"name": "Ann"}'):
        none = crossfade(
            *("parity", "record", "b.jsonl", "--redact", "none", "--yes", "--max-bytes", "1500"),
            *("--domain", "escrows", "--for", "60s", "--json"),
        )

    assert (tokens.code, none.code) == (0, 0)
    assert tokens.err.startswith("recording into a.jsonl (Ctrl-C ends it)\nrecorded 1 exchanges in a.jsonl (")
    text = one.read_text()
    assert [secret for secret in ("s3cret", "Ann") if secret in text] == []
    [redacted], [plain] = lines_of(one), lines_of(other)
    assert list(json.loads(redacted.answer_body or b"")) == ["name"]
    assert (plain.target, plain.answer_body) == ("/v1/escrows?search=Ann", b'{"name": "Ann"}')
    assert ("authorization", "Bearer s3cret") in plain.headers
    assert [stat.S_IMODE(file.stat().st_mode) for file in (one, other)] == [0o600] * 2
    counted = json.loads(none.out)
    assert [counted[key] for key in ("exchanges", "over", "lost", "redacted")] == [1, 1, 0, "none"]
    assert json.loads(tokens.out)["bytes"] == one.stat().st_size


def test_without_ctrl_c_it_ends_by_itself(crossfade: InProcess) -> None:
    with announced(crossfade.state_dir):
        ran = crossfade("parity", "record", "a.jsonl", "--for", "0.05s")

    assert ran.code == 0
    assert "recorded 0 exchanges in a.jsonl" in ran.err
    assert not (crossfade.state_dir / "record.sock").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("a.txt",), 2, "a.txt: expected the name of a new file that ends in .jsonl"),
        (("there.jsonl",), 2, "there.jsonl: expected the name of a new file that ends in .jsonl"),
        (("a.jsonl", "--domain", "bogus"), 2, "'bogus' is not a domain"),
        (("a.jsonl", "--for", "long"), 2, "'long': expected a duration"),
        (("a.jsonl", "--max-bytes", "0"), 2, "0 is not in the range"),
        (("a.jsonl", "--redact", "some"), 2, "'some' is not one of 'tokens', 'none'"),
        (("a.jsonl",), 3, "no crossfade up runs in"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(
    crossfade: InProcess, arguments: tuple[str, ...], code: int, message: str
) -> None:
    (crossfade.state_dir / "there.jsonl").write_text("mine")

    ran = crossfade("parity", "record", *arguments)

    assert ran.code == code
    assert message in ran.err
    assert not (crossfade.state_dir / "a.jsonl").exists()
