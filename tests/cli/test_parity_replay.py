"""`crossfade parity replay`: what it prints, what it ends with, what it refuses."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from parity.exchange import Backend
from parity.recordings.files import Form, write_recording
from parity.recordings.line import RecordedExchange
from tests.parity.recordings.factories import numbered, recorded
from tests.support.backends import FakeBackend, answering
from tests.support.command import InProcess
from tests.support.site import running_backend
from tests.support.threads import in_thread

ROOT = Path(__file__).parents[2]
UNLIMITED = ("--rate-limit", "1000000", "--failed-auth-limit", "1000000")
READS = numbered([recorded(), recorded(target="/v1/escrows/2", at_s=0.01)])


@pytest.fixture
def legacy() -> Iterator[FakeBackend]:
    with in_thread(lambda: FakeBackend(answering(b'{"id": 1}'))) as backend:
        yield backend


@pytest.fixture
def modern() -> Iterator[FakeBackend]:
    with in_thread(lambda: FakeBackend(answering(b'{"id": 1, "more": "Ann"}'))) as backend:
        yield backend


@pytest.fixture
def file(crossfade: InProcess) -> Path:
    return written(crossfade.state_dir / "a.jsonl", READS)


def written(path: Path, lines: list[RecordedExchange]) -> Path:
    write_recording(path, Form.OWN, lines)
    return path


def sides(one: FakeBackend, other: FakeBackend) -> tuple[str, ...]:
    return ("--legacy", one.url, "--modern", other.url)


def test_what_is_alike_is_exit_code_0_and_leaves_no_progress(
    crossfade: InProcess, file: Path, legacy: FakeBackend
) -> None:
    with in_thread(lambda: FakeBackend(answering(b'{"id":1}'))) as other:
        ran = crossfade("parity", "replay", str(file), *sides(legacy, other))

    assert ran.code == 0
    assert ran.out.startswith("Replay of")
    assert "All 2 comparisons agree." in ran.out
    assert ran.err == ""
    assert [one.name for one in file.parent.iterdir() if "progress" in one.name] == []
    assert [f"{seen.method} {seen.target}" for seen in legacy.seen] == [
        "GET /v1/escrows/1",
        "GET /v1/escrows/2",
    ]


def test_differences_are_exit_code_1_and_shown_by_path_without_secrets(
    crossfade: InProcess, file: Path, legacy: FakeBackend, modern: FakeBackend
) -> None:
    ran = crossfade("parity", "replay", str(file), *sides(legacy, modern))

    assert ran.code == 1
    assert "$.more" in ran.out
    assert "Ann" not in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_json_is_versioned_and_goes_to_a_new_file_too(
    crossfade: InProcess, file: Path, legacy: FakeBackend, modern: FakeBackend
) -> None:
    file.write_text(f"{file.read_text()}nonsense\n")
    arguments = ("parity", "replay", str(file), *sides(legacy, modern), "--out", "out.json", "--json")

    ran = crossfade(*arguments)
    again = crossfade(*arguments)

    values = json.loads(ran.out)
    assert (values["schema"], values["lines"], values["sent"]) == ("crossfade.replay/1", 3, 2)
    assert values["bad_lines"] == [{"line": 4, "problem": "not JSON"}]
    assert values["report"]["outcomes"]["mismatch"] == 2
    assert values["report"]["reasons"]["skipped"] == {"bad_line": 1}
    assert json.loads((crossfade.state_dir / "out.json").read_text()) == values
    assert "line 4: not JSON" in ran.err
    assert (again.code, again.err) == (
        2,
        "crossfade: --out out.json exists: expected the name of a new file\n",
    )


def test_with_one_side_the_recorded_answers_are_compared(
    crossfade: InProcess, file: Path, modern: FakeBackend
) -> None:
    ran = crossfade(
        "parity", "replay", str(file), "--only", "modern", "--modern", modern.url, "--speed", "max"
    )

    assert ran.code == 1
    assert "legacy is the recorded" in ran.out
    assert len(modern.seen) == 2


def test_writes_are_sent_once_to_each_side_after_a_yes(
    crossfade: InProcess, legacy: FakeBackend, modern: FakeBackend
) -> None:
    file = written(
        crossfade.state_dir / "w.jsonl", numbered([recorded(method="POST", target="/v1/escrows", body=b"{}")])
    )

    without = crossfade("parity", "replay", str(file), *sides(legacy, modern))
    crossfade("parity", "replay", str(file), *sides(legacy, modern), "--writes", "--yes")

    assert (without.code, "write 1" in without.out) == (1, True)
    assert [len(side.seen) for side in (legacy, modern)] == [1, 1]


def test_writes_to_one_and_the_same_backend_are_refused(
    crossfade: InProcess, file: Path, legacy: FakeBackend
) -> None:
    ran = crossfade("parity", "replay", str(file), *sides(legacy, legacy), "--writes", "--yes")

    assert ran.code == 2
    assert "expected two backends, each with a database of its own" in ran.err


def test_headers_and_volatile_paths_are_taken(crossfade: InProcess, file: Path, modern: FakeBackend) -> None:
    (crossfade.state_dir / "v.json").write_text('{" ": ["$.more"]}')

    crossfade(
        *("parity", "replay", str(file), "--only", "modern", "--modern", modern.url),
        *("--header", "Authorization: Bearer x:y", "--volatile", "v.json"),
    )

    assert [seen.header("Authorization") for seen in modern.seen] == ["Bearer x:y"] * 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("no.jsonl",), 2, "crossfade: no.jsonl: cannot be read: No such file or directory"),
        (("a.jsonl", "--speed", "fast"), 2, "'fast': expected recorded, max, or a number like 2 or 0.5"),
        (("a.jsonl", "--speed", "0"), 2, "'0': expected recorded, max, or a number like 2 or 0.5"),
        (("a.jsonl", "--header", "x"), 2, "'x': expected a header like 'Authorization: Bearer …'"),
        (("a.jsonl", "--only", "both"), 2, "'both' is not one of 'legacy', 'modern'"),
        (("a.jsonl", "--concurrency", "0"), 2, "0 is not in the range"),
        (("a.jsonl", "--legacy", "crm"), 2, "crossfade: --legacy 'crm': expected the address of a backend"),
        (
            ("a.jsonl", "--volatile", "no.json"),
            2,
            "crossfade: --volatile no.json: cannot be read: No such file",
        ),
        (
            ("a.jsonl", "--volatile", "list.json"),
            2,
            "--volatile list.json: expected an object of lists of paths",
        ),
        (("a.jsonl", "--volatile", "broken.json"), 2, "crossfade: --volatile broken.json: not JSON"),
        (("a.jsonl", "--modern", "http://127.0.0.1:1"), 3, "does not answer"),
    ],
)
def test_bad_input_is_one_sentence(
    crossfade: InProcess, file: Path, legacy: FakeBackend, arguments: tuple[str, ...], code: int, message: str
) -> None:
    (file.parent / "list.json").write_text("[]")
    (file.parent / "broken.json").write_text("[")

    ran = crossfade("parity", "replay", *sides(legacy, legacy), *arguments)

    assert ran.code == code
    assert message in ran.err
    assert legacy.seen == []


def test_missing_backends_are_told_at_once(crossfade: InProcess, file: Path) -> None:
    both = crossfade("parity", "replay", str(file))
    one = crossfade("parity", "replay", str(file), "--only", "modern")

    assert (both.code, one.code) == (2, 2)
    assert "no legacy backend: give --legacy URL" in both.err
    assert "no modern backend: give --modern URL" in both.err
    assert "no legacy" not in one.err


def test_a_user_whom_the_seed_does_not_have_is_skipped(
    crossfade: InProcess, legacy: FakeBackend, modern: FakeBackend
) -> None:
    lines = numbered([recorded(user="agent_ann"), recorded(user="nobody")])
    file = written(crossfade.state_dir / "u.jsonl", lines)

    ran = crossfade("parity", "replay", str(file), *sides(legacy, modern), "--json")

    assert json.loads(ran.out)["report"]["reasons"] == {"skipped": {"value_unknown": 1}}
    assert (legacy.seen[0].header("Authorization") or "").startswith("Bearer ey")


def test_ctrl_c_ends_it_whole_and_resume_goes_on(crossfade: InProcess, modern: FakeBackend) -> None:
    file = written(crossfade.state_dir / "slow.jsonl", numbered([recorded(), recorded(at_s=3_600.0)]))
    only = ("parity", "replay", str(file), "--only", "modern", "--modern", modern.url)
    command = [sys.executable, "-m", "cli.main", *only]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        progress = Path(f"{file}.progress")
        while not (progress.exists() and '"done"' in progress.read_text()):
            assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    refused = crossfade(*only)
    resumed = crossfade(*only, "--resume", "--speed", "max", "--json")

    assert process.returncode == 130
    assert "stopped after 1 lines; the same command with --resume goes on" in err
    assert "1 of 1 comparison differs" in out
    assert (refused.code, "give --resume to go on with it, or remove it" in refused.err) == (2, True)
    values = json.loads(resumed.out)
    assert (values["resumed"], values["sent"], values["report"]["outcomes"]["mismatch"]) == (1, 1, 2)
    assert len(modern.seen) == 2
    assert not progress.exists()


def test_reads_of_the_recorded_api_are_alike_on_both_bundled_backends(
    crossfade: InProcess, seeded_database: str, contract: Path
) -> None:
    with ExitStack() as stack:
        urls = [
            stack.enter_context(running_backend(one, seeded_database, crossfade.state_dir, *UNLIMITED))
            for one in Backend
        ]
        file = crossfade.state_dir / "escrows.jsonl"
        file.write_bytes((contract / "exchanges" / "escrows.jsonl").read_bytes())
        ran = crossfade(
            *("parity", "replay", str(file), "--legacy", urls[0], "--modern", urls[1]),
            *("--speed", "max", "--concurrency", "2", "--json"),
        )

    report = json.loads(ran.out)["report"]
    assert [group for group in report["groups"] if not group["accepted_by"]] == []
    assert ran.code == 0, ran.err
    assert report["outcomes"]["match"] >= 60
    assert report["reasons"] == {"skipped": {"write": 82, "unlisted": 5, "value_unknown": 1}}
    assert sum(report["outcomes"].values()) == 168
