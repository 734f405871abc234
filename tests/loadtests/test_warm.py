"""Every read once, so that both sides are warmed alike."""

from pathlib import Path

import pytest

from loadtests.errors import BackendError
from loadtests.recording import Credentials, load_recording
from loadtests.warm import warm
from loadtests.workload import build_workload
from parity.exchange import Backend
from tests.loadtests.stub_backend import ENDPOINTS, SECRET
from tests.loadtests.stubs import stub


def test_every_read_is_asked_once_and_nothing_is_written(contract: Path, tmp_path: Path) -> None:
    workload = build_workload(load_recording(contract, "escrows"), ENDPOINTS)
    reads = [one for one in workload.journeys if {step.exchange.method for step in one.steps} == {"GET"}]

    with stub(tmp_path, "modern", "--delay-ms=0") as (url, _):
        asked = warm(Backend.MODERN, url, workload, Credentials(contract, SECRET))

    assert asked == sum(len(one.steps) for one in reads)
    assert 0 < asked < sum(len(one.steps) for one in workload.journeys)


def test_a_side_that_is_gone_is_an_error(contract: Path) -> None:
    workload = build_workload(load_recording(contract, "escrows"), ENDPOINTS)

    with pytest.raises(BackendError, match=r"the legacy backend at http://127.0.0.1:1 stopped answering"):
        warm(Backend.LEGACY, "http://127.0.0.1:1", workload, Credentials(contract, SECRET))
