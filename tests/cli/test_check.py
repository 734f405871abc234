"""`crossfade check`: every wrong field at once, then whether everything is there."""

import json
from collections.abc import Iterator

import pytest

from tests.support.backends import DeadPort, FakeBackend
from tests.support.command import InProcess
from tests.support.threads import in_thread


@pytest.fixture
def backend() -> Iterator[FakeBackend]:
    with in_thread(FakeBackend) as running:
        yield running


def configure(crossfade: InProcess, legacy: str, modern: str, more: str = "") -> None:
    text = f"""
        [backends]
        legacy = "{legacy}"
        modern = "{modern}"
        [proxy]
        listen = "127.0.0.1:0"
        admin = "127.0.0.1:0"
        [[endpoints]]
        domain = "orders"
        method = "GET"
        path = "/v1/orders"
        {more}
    """
    (crossfade.state_dir / "crossfade.toml").write_text(text)


def test_what_is_right_and_there_is_exit_code_0(crossfade: InProcess, backend: FakeBackend) -> None:
    configure(crossfade, backend.url, backend.url)

    ran = crossfade("check")

    assert ran.code == 0
    assert "ok  configuration    1 endpoints in 1 domains, 0 rule files" in ran.out
    assert ran.out.rstrip().endswith(" ok")
    assert [seen.target for seen in backend.seen] == ["/v1/orders"] * 2


def test_what_is_not_there_is_exit_code_3(crossfade: InProcess, backend: FakeBackend) -> None:
    dead = DeadPort()
    configure(crossfade, backend.url, dead.url)

    ran = crossfade("check", "--json")
    dead.close()

    said = json.loads(ran.out)
    assert (ran.code, said["exit_code"], said["schema"]) == (3, 3, "crossfade.check/1")
    assert [one["what"] for one in said["findings"] if one["health"] == "failed"] == ["modern"]


def test_all_that_does_not_fit_is_said_at_once_and_nobody_is_asked(
    crossfade: InProcess, backend: FakeBackend
) -> None:
    (crossfade.state_dir / "rules.toml").write_text('[[rules]]\npath = "$.a"\ncompare = "shap"\n')
    more = '[[bounds]]\nendpoint = "GET /v1/order"\nmax_in_flight = 1\n[parity]\nrules = ["rules.toml"]'
    configure(crossfade, backend.url, backend.url, more)

    ran = crossfade("check")

    first, *lines = ran.err.rstrip().split("\n  ")
    assert ran.code == 2
    assert "fields are wrong in the configuration" in first
    assert lines[0].startswith("bounds.0.endpoint: 'GET /v1/order': expected an endpoint like")
    assert any("rules.toml" in line for line in lines[1:])
    assert (ran.out, backend.seen) == ("", [])


def test_backends_that_are_missing_and_a_path_too_long_are_among_them(
    crossfade: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSFADE_STATE_DIR", "d" * 120)

    ran = crossfade("check")

    assert ran.code == 2
    assert ran.err.count("\n") == 4
    assert "no legacy backend: give --legacy URL" in ran.err
    assert "no modern backend" in ran.err
    assert "state_dir: " in ran.err


def test_fields_that_cannot_be_are_said_at_once_with_the_nearest_key(crossfade: InProcess) -> None:
    (crossfade.state_dir / "crossfade.toml").write_text("[proxy]\nlistn = 1\nworkers = 0\n")

    ran = crossfade("check")

    assert ran.code == 2
    assert "proxy.listn: unknown key, did you mean listen?" in ran.err
    assert "proxy.workers: 0: " in ran.err
