"""Changes are done when they are served."""

import os
import socket
from pathlib import Path

import pytest

from proxy.console import answers
from proxy.console.changing import Changing
from proxy.errors import RefusedError
from proxy.flag_rows import Registration
from proxy.stages import Stage
from tests.proxy.console.rig import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.make(f"sqlite:///{tmp_path}/store.sqlite3")


def test_a_worker_that_does_not_acknowledge_is_named_and_the_change_is_in_force(store: Store) -> None:
    store.flip(Stage.SHADOW)
    store.flags.register(Registration("w-1", "proxy-1", socket.gethostname(), os.getpid()))

    told: list[answers.Changed] = []
    Changing(store.sources, within_s=0.05).roll_back(
        "escrows", to=Stage.OFF, actor="olivia", reason="", done=told.append
    )

    (done,) = told
    assert (done.acknowledged, done.missing, done.workers) == (False, ["proxy-1"], [])
    assert store.flags.table().rows["escrows"].stage is Stage.OFF
    assert store.flags.history(1)[0].actor == "olivia"


def test_what_is_refused_changes_nothing(store: Store) -> None:
    version = store.flip(Stage.SHADOW)

    with pytest.raises(RefusedError, match="does not go from shadow to canary"):
        Changing(store.sources).advance(
            "escrows", actor="olivia", reason="go", share=None, force=False, expected_version=None
        )

    assert store.flags.version() == version
