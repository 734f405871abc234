"""`crossfade doctor`: everything is looked at, and the exit code says whose fault it is."""

import json
from collections.abc import Iterator

import pytest

from tests.support.backends import FakeBackend
from tests.support.command import InProcess
from tests.support.site import running_site
from tests.support.threads import in_thread

ROWS = '[{"domain": "orders", "method": "GET", "path": "/v1/orders"}]'


@pytest.fixture
def backend() -> Iterator[FakeBackend]:
    with in_thread(FakeBackend) as running:
        yield running


def test_a_fresh_directory_with_two_backends_has_no_failure(
    crossfade: InProcess, backend: FakeBackend
) -> None:
    (crossfade.state_dir / "crossfade.toml").write_text(
        f'endpoints = []\n[backends]\nlegacy = "{backend.url}"\nmodern = "{backend.url}"\n'
        '[proxy]\nlisten = "127.0.0.1:0"\nadmin = "127.0.0.1:0"\n'
    )

    ran = crossfade("doctor")

    assert ran.code == 0
    assert "none is running" in ran.out
    assert "crossfade endpoints learn" in ran.out
    assert all(len(line) <= 80 for line in ran.out.splitlines())
    assert not list(crossfade.state_dir.glob("*.key"))


def test_what_is_missing_is_told_with_its_remedy(crossfade: InProcess) -> None:
    ran = crossfade("doctor", "--json")

    said = json.loads(ran.out)
    assert (ran.code, said["schema"]) == (1, "crossfade.doctor/1")
    failed = [one for one in said["findings"] if one["health"] == "failed"]
    assert [one["what"] for one in failed] == ["configuration", "configuration"]
    assert all(one["remedy"] for one in failed)


def test_a_backend_that_is_away_is_exit_code_3(
    crossfade: InProcess, monkeypatch: pytest.MonkeyPatch, backend: FakeBackend
) -> None:
    monkeypatch.setenv("CROSSFADE_BACKENDS__LEGACY", backend.url)
    monkeypatch.setenv("CROSSFADE_BACKENDS__MODERN", "http://127.0.0.1:1")

    assert crossfade("doctor").code == 3


def test_a_key_that_is_too_short_is_a_finding(
    crossfade: InProcess, monkeypatch: pytest.MonkeyPatch, backend: FakeBackend
) -> None:
    for name in ("LEGACY", "MODERN"):
        monkeypatch.setenv(f"CROSSFADE_BACKENDS__{name}", backend.url)
    (crossfade.state_dir / "shadow.key").write_text("short")
    (crossfade.state_dir / "shadow.key").chmod(0o600)

    said = json.loads(crossfade("doctor", "--json").out)

    (finding,) = [one for one in said["findings"] if one["what"] == "keys"]
    assert "expected a key of at least 32 characters" in finding["says"]


def test_with_all_of_it_running_the_mirror_path_is_proven(
    crossfade: InProcess, monkeypatch: pytest.MonkeyPatch, backend: FakeBackend
) -> None:
    with running_site(
        monkeypatch, crossfade.state_dir, legacy=backend.url, modern=backend.url, CROSSFADE_ENDPOINTS=ROWS
    ) as site:
        crossfade("flip", "orders", "shadow", "--reason", "first look")
        before = site.report().tally.requests
        spared = json.loads(crossfade("doctor", "--no-mirror-probe", "--json").out)
        unasked = site.report().tally.requests
        ran = crossfade("doctor", "--json")

    health = {one["what"]: one["health"] for one in json.loads(ran.out)["findings"]}
    assert ran.code == 0
    assert "mirror path" not in {one["what"] for one in spared["findings"]}
    assert (before, unasked) == (0, 0)
    assert health["proxy-1"] == health["mirror path"] == health["store"] == "ok"
