"""Every kind of failure has its sentence and its exit code."""

import pytest

import legacy_bridge.errors
import loadtests.errors
import parity.errors
import proxy.errors
from cli.errors import CliError, UnavailableError, UsageError
from cli.failures import explain

CASES: list[tuple[Exception, int]] = [
    (UsageError("a"), 2),
    (UnavailableError("a"), 3),
    (CliError("a"), 1),
    (proxy.errors.UnknownKeyError("a"), 2),
    (proxy.errors.ShareError("a"), 2),
    (proxy.errors.StageError("a"), 4),
    (proxy.errors.ConflictError("a"), 4),
    (proxy.errors.FlagStoreError("a"), 3),
    (parity.errors.RulesError(["a"]), 2),
    (parity.errors.RecordingError("a"), 2),
    (parity.errors.StoreError("a"), 3),
    (loadtests.errors.RecordingError("a"), 2),
    (loadtests.errors.BackendError("a"), 3),
    (legacy_bridge.errors.SeedError("a"), 2),
    (legacy_bridge.errors.DatabaseError("a"), 3),
    (OSError("a"), 3),
]


@pytest.mark.parametrize(("error", "code"), CASES, ids=lambda value: type(value).__name__)
def test_a_failure_has_its_exit_code(error: Exception, code: int) -> None:
    sentence, actual = explain(error)

    assert actual == code
    assert "a" in sentence


def test_a_worker_that_does_not_acknowledge_is_exit_code_1() -> None:
    sentence, code = explain(proxy.errors.NotAcknowledgedError(3, ["proxy-1"], 5.0))

    assert code == 1
    assert "proxy-1" in sentence


def test_what_nobody_foresaw_says_how_to_see_more() -> None:
    sentence, code = explain(RuntimeError("odd"))

    assert code == 3
    assert sentence == "unexpected RuntimeError: odd (CROSSFADE_DEBUG=1 shows where)"
