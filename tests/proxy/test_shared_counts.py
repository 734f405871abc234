"""Counters that several processes share: nothing is lost, no sum goes back, and what is wrong is said."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.exchange import Endpoint
from proxy.errors import CountsError
from proxy.races import Mark, Races, SharedRaces
from proxy.shared_counts import EVERYWHERE, Counts
from proxy.writes import Writes

ITEM = Endpoint("escrows", "GET", "/v1/escrows/{id}")
TARGET = "/v1/escrows/e5c00000-0000-4000-8000-000000000001"
ROOT = Path(__file__).parent.parent.parent
LOOKS = 10
"""How often the reader must have seen the counters move."""
WRITER = """
import select, sys
from pathlib import Path
from proxy.shared_counts import Counts
counts = Counts.open(Path(sys.argv[1]), int(sys.argv[2]))
place = counts.place_of("escrows")
sys.stdin.readline()
written = 0
while written < int(sys.argv[3]) or not select.select([sys.stdin], [], [], 0)[0]:
    for number in range(1000):
        counts.began(place)
        counts.changed_row(place, number % 7)
        counts.finished(place, removal=number % 2 == 0)
        counts.ended(place)
    written += 1000
print(written)
"""


def finished(counts: Counts, domain: str) -> tuple[int, int]:
    """Finished writes and removals of a domain, over all slots."""
    names = counts.domains
    words = memoryview(counts.read(*counts.finished_stretch(len(names)))).cast("Q")
    start, slots = 2 * names[domain] * counts.slots, counts.slots
    return sum(words[start : start + slots]), sum(words[start + slots : start + 2 * slots])


def test_writers_in_several_processes_lose_nothing_and_no_sum_ever_goes_back(tmp_path: Path) -> None:
    file, writers, each = tmp_path / "counts", 3, 40_000
    counts = Counts.make(file, writers, ["escrows"])
    races = SharedRaces(file)
    command = [sys.executable, "-c", WRITER, str(file)]
    running = [
        subprocess.Popen(
            [*command, str(slot), str(each)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
        )
        for slot in range(writers)
    ]

    for process in running:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    seen = [finished(counts, "escrows")]
    moved = 0
    # the writers write on until the reader, too, had its turns
    while moved < LOOKS and all(process.poll() is None for process in running):
        seen.append(finished(counts, "escrows"))
        moved += seen[-1] != seen[-2]
    said = [process.communicate()[0] for process in running]
    seen.append(finished(counts, "escrows"))

    assert [process.returncode for process in running] == [0] * writers
    written = sum(map(int, said))
    assert written >= writers * each
    assert all(a <= c and b <= d for (a, b), (c, d) in pairwise(seen))
    assert seen[-1] == (written, written // 2)
    assert sum(counts.rows(counts.place_of("escrows"), row)[1] for row in range(7)) == written
    assert Races(counts).mark("escrows") == Mark(0, written)
    assert not races.overlapped("escrows", (0, written))


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["began", "ended", "finished"])), max_size=40))
def test_every_slot_sees_the_same_sums_whoever_counted(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str]]
) -> None:
    file = tmp_path_factory.mktemp("counts") / "counts"
    Counts.make(file, 3, ["escrows"])
    slots = [Counts.open(file, slot) for slot in range(3)]
    expected = dict.fromkeys(("began", "ended", "finished"), 0)

    for slot, what in steps:
        expected[what] += 1
        counts = slots[slot]
        place = counts.place_of("escrows")
        if what == "finished":
            counts.finished(place, removal=False)
        else:
            (counts.began if what == "began" else counts.ended)(place)

    for counts in slots:
        in_flight = expected["began"] - expected["ended"]
        assert Races(counts).mark("escrows") == Mark(in_flight, expected["began"])
        assert finished(counts, "escrows") == (expected["finished"], 0)


def test_who_takes_over_the_slot_of_a_killed_worker_ends_its_writes_and_counts_them_as_anything(
    tmp_path: Path,
) -> None:
    file = tmp_path / "counts"
    owner = Counts.make(file, 2, ["clients", "escrows"])
    killed, other = Races(Counts.open(file, 0)), Races(Counts.open(file, 1))
    for races in (killed, other):
        races.began("escrows")
    killed.began(EVERYWHERE)
    killed.began("clients")
    killed.ended("clients")

    lost = Counts.open(file, 0).take_over()

    assert lost == 2
    assert other.mark("escrows") == Mark(1, 3)
    assert other.mark("clients").in_flight == 0
    assert finished(owner, "escrows") == (1, 1)
    assert finished(owner, EVERYWHERE) == (1, 1)
    assert finished(owner, "clients") == (0, 0)
    assert Counts.open(file, 0).take_over() == 0


def test_a_new_file_is_another_epoch_and_the_old_one_stays_with_whoever_has_it(tmp_path: Path) -> None:
    file = tmp_path / "state" / "counts"
    first = Counts.make(file, 1, ["escrows"])
    old = Counts.open(file, 0)

    second = Counts.make(file, 1, ["escrows"])
    old.began(old.place_of("escrows"))

    assert first.epoch == old.epoch != second.epoch == Counts.open(file, None).epoch
    assert Races(second).mark("escrows") == Mark(0, 0)
    assert Races(first).mark("escrows") == Mark(1, 1)
    assert [path.name for path in file.parent.iterdir()] == ["counts"]


def test_a_domain_that_the_owner_enters_later_is_found_by_all(tmp_path: Path) -> None:
    file = tmp_path / "counts"
    owner = Counts.make(file, 2, ["escrows"])
    worker, races = Counts.open(file, 0), SharedRaces(file)
    with pytest.raises(CountsError, match="'orders' has no write counts"):
        worker.place_of("orders")
    assert races.overlapped("orders", (0, 0)), "nobody can say no"

    owner.enter(["orders", "escrows"])
    worker.began(worker.place_of("orders"))

    assert Races(owner).mark("orders") == Mark(1, 1)
    assert races.overlapped("orders", (0, 0))
    assert not races.overlapped("orders", (0, 1))


def test_more_domains_than_there_is_room_for_are_refused(tmp_path: Path) -> None:
    owner = Counts.make(tmp_path / "counts", 1, ["escrows"])

    with pytest.raises(CountsError, match=r"99 domains: there is room for 63 since the start"):
        owner.enter(f"d{number}" for number in range(98))

    assert set(owner.domains) == {EVERYWHERE, "escrows"}


@pytest.mark.parametrize(
    ("content", "slot", "problem"),
    [
        (None, 0, "cannot be read"),
        (b"", 0, "cannot be read"),
        (b"x" * 10, 0, "no file of write counts"),
        (b"x" * 4096, None, "no file of write counts"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused(
    tmp_path: Path, content: bytes | None, slot: int | None, problem: str
) -> None:
    file = tmp_path / "counts"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(CountsError, match=problem):
        Counts.open(file, slot)


def test_a_slot_that_is_not_there_is_refused(tmp_path: Path) -> None:
    Counts.make(tmp_path / "counts", 2, ["escrows"])

    with pytest.raises(CountsError, match="slot 2: expected 0 to 1"):
        Counts.open(tmp_path / "counts", 2)
    with pytest.raises(CountsError, match="0 slots: expected 1 to 1024"):
        Counts.make(tmp_path / "counts", 0, [])
    with pytest.raises(CountsError, match="cannot be made"):
        Counts.make(Path("/proc/nowhere/counts"), 1, [])


def test_who_only_reads_gives_the_marks_and_stamps_that_the_workers_give(tmp_path: Path) -> None:
    file, endpoints = tmp_path / "counts", (ITEM, Endpoint("clients", "GET", "/v1/clients"))
    Counts.make(file, 2, ["escrows", "clients"])
    worker = Counts.open(file, 1)
    races, writes, reader = Races(worker), Writes(endpoints, worker), SharedRaces(file, endpoints)

    races.began("escrows")
    writes.finished(ITEM, TARGET)

    assert reader.mark("escrows") == races.mark("escrows") == Mark(1, 1)
    assert reader.stamp(ITEM, TARGET) == writes.stamp(ITEM, TARGET)
    assert " escrows=1.0 row=0.1" in reader.stamp(ITEM, TARGET)
