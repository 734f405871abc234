"""Locust, imported once for the slices of all tests here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.added.slices import Slices
from loadtests.locusts import Locusts
from tests.loadtests.added.support import settings_of


@pytest.fixture(scope="session")
def locusts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Locusts]:
    with Locusts(tmp_path_factory.mktemp("locusts") / "locust") as running:
        yield running


@pytest.fixture
def slices(locusts: Locusts, contract: Path, tmp_path: Path) -> Slices:
    """Slices of what the stub can answer."""
    return Slices(locusts, settings_of(contract), tmp_path)
