"""Slices by the Locust of all tests of load tests."""

from pathlib import Path

import pytest

from loadtests.added.slices import Slices
from loadtests.locusts import Locusts
from tests.loadtests.added.support import settings_of


@pytest.fixture
def slices(locusts: Locusts, contract: Path, tmp_path: Path) -> Slices:
    """Slices of what the stub can answer."""
    return Slices(locusts, settings_of(contract), tmp_path)
