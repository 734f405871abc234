"""The machine in a few words."""

import re

from loadtests.machine import machine


def test_the_machine_is_told_by_its_system_its_cores_and_its_memory_and_always_alike() -> None:
    said = machine()

    assert re.fullmatch(r"\w+ \w+, [1-9]\d* cores?( \(.+\))?, \d+ GiB", said)
    assert machine() == said
