"""The access log: what a line says, which requests get one, and files that are full, moved or gone."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from proxy.access_log import AccessLog, Entry, Line, LineFile
from tests.proxy.rig import until

KEY = b"a token key of some length"


def entry(**changes: object) -> Entry:
    values: dict[str, object] = {
        "at": 1_700_000_000.25,
        "request_id": "r-1",
        "endpoint": "GET /v1/escrows/{id}",
        "method": "GET",
        "target": "/v1/escrows/1?token=secret",
        "status": 200,
        "backend": "legacy",
        "stage": "shadow",
        "flag_version": 3,
        "duration_s": 0.0123456,
        "sent_bytes": 321,
        "key": "address:192.0.2.7",
        "mirrored": True,
        "error": "",
        "rehearsal_s": 0.0045678,
    }
    return Entry(**{**values, **changes})  # type: ignore[arg-type]  # a factory with overrides


def written(file: Path, *entries: Entry, **options: Any) -> list[dict[str, Any]]:
    """What the file holds when the log has ended."""
    log = AccessLog(file, 1.0, token_key=KEY, **options)
    log.spool.start()
    for one in entries:
        log.put(one)
    log.end(5)
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def test_a_line_says_what_happened_and_neither_query_nor_address(tmp_path: Path) -> None:
    (line,) = written(tmp_path / "access.log", entry())

    client = line.pop("client")
    assert line == {
        "at": "2023-11-14T22:13:20.250Z",
        "request_id": "r-1",
        "endpoint": "GET /v1/escrows/{id}",
        "method": "GET",
        "target": "/v1/escrows/1",
        "status": 200,
        "backend": "legacy",
        "stage": "shadow",
        "flag_version": 3,
        "duration_ms": 12.346,
        "sent_bytes": 321,
        "mirrored": True,
        "error": "",
        "rehearsal_ms": 4.568,
    }
    assert len(client) == 24
    assert "192" not in client


def test_a_client_has_one_token_under_one_key(tmp_path: Path) -> None:
    one, same, other = written(tmp_path / "a.log", entry(), entry(), entry(key="address:192.0.2.8"))
    log = AccessLog(tmp_path / "b.log", 1.0, token_key=b"another key")
    log.spool.start()
    log.put(entry())
    log.end(5)
    elsewhere = json.loads((tmp_path / "b.log").read_text())

    assert one["client"] == same["client"]
    assert len({one["client"], other["client"], elsewhere["client"]}) == 3


def test_queries_are_kept_where_that_is_configured(tmp_path: Path) -> None:
    (line,) = written(tmp_path / "access.log", entry(), queries=True)

    assert line["target"] == "/v1/escrows/1?token=secret"


@pytest.mark.parametrize("target", ["/caf\udce9", '/a"b\\c', "/\u2028x", "/a\nb"])
def test_whatever_a_client_asked_for_is_one_line(tmp_path: Path, target: str) -> None:
    lines = written(tmp_path / "access.log", entry(target=target), entry())

    assert len((tmp_path / "access.log").read_bytes().splitlines()) == len(lines) == 2


def test_the_file_is_not_for_everybody(tmp_path: Path) -> None:
    written(tmp_path / "access.log", entry())

    assert (tmp_path / "access.log").stat().st_mode & 0o007 == 0


def test_the_rate_is_the_share_that_is_logged_and_errors_always_are(tmp_path: Path) -> None:
    log = AccessLog(tmp_path / "access.log", 0.25, token_key=KEY, chance=iter([0.1, 0.3, 0.24]).__next__)

    wanted = [log.wants(200), log.wants(200), log.wants(499), log.wants(500), log.wants(504)]

    assert wanted == [True, False, True, True, True]


def test_what_does_not_fit_is_counted_and_costs_no_time(tmp_path: Path) -> None:
    log = AccessLog(tmp_path / "access.log", 1.0, token_key=KEY, max_bytes=2_000)
    started = perf_counter()
    for _ in range(1_000):
        log.put(entry())

    assert perf_counter() - started < 0.5
    assert log.spool.no_room == 997
    assert log.spool.held_bytes <= 2_000


def test_a_full_disk_costs_counted_lines() -> None:
    log = AccessLog(Path("/dev/full"), 1.0, token_key=KEY)
    log.spool.start()
    for _ in range(600):
        log.put(entry())
    log.end(5)

    assert (log.spool.written, log.spool.failed) == (0, 600)


async def test_a_directory_that_vanished_costs_lines_until_it_is_back(tmp_path: Path) -> None:
    directory = tmp_path / "logs"
    directory.mkdir()
    now = 0.0
    log = AccessLog(directory / "access.log", 1.0, token_key=KEY, interval_s=0.005, clock=lambda: now)
    log.spool.start()
    log.put(entry())
    await until(lambda: log.spool.written == 1)
    (directory / "access.log").unlink()
    directory.rmdir()
    now = 1.0
    log.put(entry())
    await until(lambda: log.spool.failed == 1)
    directory.mkdir()
    now = 2.0
    log.put(entry(request_id="back"))
    log.end(5)

    assert [
        json.loads(line)["request_id"] for line in (directory / "access.log").read_text().splitlines()
    ] == ["back"]


@pytest.mark.parametrize(
    "remove", [lambda file: file.rename(f"{file}.1"), Path.unlink], ids=["moved", "removed"]
)
def test_a_file_that_was_moved_or_removed_is_opened_again(
    tmp_path: Path, remove: Callable[[Path], object]
) -> None:
    file, now = tmp_path / "access.log", 0.0
    lines = LineFile(file, clock=lambda: now)
    lines.write([b"one"])
    remove(file)
    lines.write([b"two"])
    now = 1.0
    lines.write([b"three"])
    lines.close()

    assert file.read_bytes() == b"three\n"


def test_half_a_line_does_not_spoil_the_next(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    lines = LineFile(pipe)
    long = b"x" * 1_000_000  # more than a pipe holds, so that it takes a part and then no more
    taken = lines.write([b"one", long])
    held = b""
    while held.count(b"x") < 1_000 or len(held) < 65_536:
        held += os.read(reader, 65_536)
    lines.write([b"two"])
    held += os.read(reader, 65_536)
    lines.close()
    os.close(reader)

    assert taken == 1
    first, half, second, end = held.split(b"\n")
    assert (first, second, end) == (b"one", b"two", b"")
    assert set(half) == {ord("x")}


def test_a_pipe_that_nobody_reads_keeps_no_thread_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    log = AccessLog(tmp_path / "pipe", 1.0, token_key=KEY)
    log.spool.start()
    log.put(entry())

    log.end(5)

    assert log.spool.failed == 1


def test_every_field_of_a_line_is_documented_in_its_order() -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "observing.md").read_text()
    section = page.partition("## Access log")[2].partition("## ")[0]

    assert tuple(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == Line.__struct_fields__
