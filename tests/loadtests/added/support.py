"""Slices of the recorded escrows, for the stub backend."""

from pathlib import Path

from loadtests.added.slices import Slices
from loadtests.locusts import Locusts
from loadtests.settings import LoadSettings
from tests.loadtests.stub_backend import ENDPOINTS, SECRET


def settings_of(contract: Path) -> LoadSettings:
    """What the stub can answer, with little patience."""
    return LoadSettings(
        contract=contract,
        domains=("escrows",),
        jwt_secret=SECRET,
        endpoints=ENDPOINTS,
        warm_up_s=0.1,
        timeout_s=2.0,
    )


def running_slices(locusts: Locusts, contract: Path, work_dir: Path) -> Slices:
    """Slices of these settings."""
    return Slices(locusts, settings_of(contract), work_dir)
