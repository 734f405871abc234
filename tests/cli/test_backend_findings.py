"""What is said of each backend."""

import time
from email.utils import formatdate
from pathlib import Path

import pytest

from cli.backend_findings import backend_findings, probe_target
from cli.context import Context
from cli.findings import Finding, Health
from cli.settings import Settings
from parity.exchange import Endpoint
from tests.support.backends import Behaviour, DeadPort, FakeBackend, answering, sending
from tests.support.threads import in_thread


def found(tmp_path: Path, behaviour: Behaviour) -> tuple[list[Finding], FakeBackend]:
    """What is said of a modern backend that does so; legacy is not there."""
    dead = DeadPort()
    rows = [{"domain": "orders", "method": "GET", "path": "/v1/orders"}]
    with in_thread(lambda: FakeBackend(behaviour)) as backend:
        settings = Settings.model_validate(
            {
                "state_dir": tmp_path,
                "backends": {"legacy": dead.url, "modern": backend.url},
                "endpoints": rows,
            }
        )
        findings = backend_findings(Context(settings, None, "", "a"))
    dead.close()
    return findings, backend


def test_who_does_not_answer_failed_and_who_does_is_asked_for_a_read(tmp_path: Path) -> None:
    (legacy, modern, queries), backend = found(tmp_path, answering(headers=(("X-Query-Count", "4"),)))

    assert (legacy.what, legacy.health) == ("legacy", Health.FAILED)
    assert legacy.remedy == "start it, or give another address as [backends] legacy"
    assert modern.health is Health.OK
    assert "GET /v1/orders is 200 by HTTP/1.1" in modern.says
    assert queries == Finding("modern queries", Health.OK, "says X-Query-Count: 4")
    assert backend.seen[0].header("X-Crossfade-Signature") is None


def test_looking_makes_nothing_and_signs_with_the_key_that_is_there(tmp_path: Path) -> None:
    _, unsigned = found(tmp_path, answering())
    made = list(tmp_path.iterdir())
    Settings(state_dir=tmp_path).key("shadow")

    _, signed = found(tmp_path, answering())

    assert made == []
    assert unsigned.seen[0].header("X-Crossfade-Signature") is None
    assert signed.seen[0].header("X-Crossfade-Signature")


def test_no_query_count_is_no_fault(tmp_path: Path) -> None:
    (_, _, queries), _ = found(tmp_path, answering())

    assert queries.health is Health.OK
    assert "sends no X-Query-Count (optional)" in queries.says


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (answering(status="503 Away"), "is 503"),
        (sending(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"), "by HTTP/1.0"),
    ],
)
def test_what_somebody_should_know_is_a_warning(tmp_path: Path, behaviour: Behaviour, said: str) -> None:
    (_, modern, _), _ = found(tmp_path, behaviour)

    assert modern.health is Health.WARNING
    assert said in modern.says
    assert modern.remedy


@pytest.mark.parametrize(
    ("ahead_s", "health", "said"),
    [
        (60, Health.WARNING, "s ahead of this machine's"),
        (-60, Health.WARNING, "s behind of this machine's"),
        (1_000, Health.FAILED, "it cannot believe the signature of a copy"),
    ],
)
def test_a_clock_that_is_wrong_is_said(tmp_path: Path, ahead_s: int, health: Health, said: str) -> None:
    date = formatdate(time.time() + ahead_s, usegmt=True)

    findings, _ = found(tmp_path, answering(headers=(("Date", date),)))

    assert (findings[-1].what, findings[-1].health) == ("modern clock", health)
    assert said in findings[-1].says


def test_what_is_asked_for_needs_no_id() -> None:
    endpoints = [
        Endpoint("a", "POST", "/a"),
        Endpoint("a", "GET", "/a/{id}"),
        Endpoint("a", "GET", "/logout", mirrorable=False),
        Endpoint("a", "GET", "/b"),
    ]

    assert probe_target(endpoints) == "/b"
    assert probe_target(endpoints[:3]) == "/"
