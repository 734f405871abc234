"""One interface, however the store is reached."""

import inspect

import pytest

from cli.by_server import ServerOperations
from cli.by_store import StoreOperations
from proxy.operations import Operations, Turn

NAMES = [name for name in vars(Operations) if not name.startswith("_")]


@pytest.mark.parametrize("way", [StoreOperations, ServerOperations])
def test_each_way_has_all_of_it_with_the_same_parameters(way: type) -> None:
    methods = [name for name in NAMES if callable(getattr(Operations, name))]

    assert [name for name in NAMES if not hasattr(way, name)] == []
    assert {
        name: list(inspect.signature(getattr(way, name)).parameters.values())[1:]
        for name in methods
        if [one.name for one in inspect.signature(getattr(way, name)).parameters.values()]
        != [one.name for one in inspect.signature(getattr(Operations, name)).parameters.values()]
    } == {}


def test_a_run_is_turned_in_three_ways() -> None:
    assert [turn.value for turn in Turn] == ["pause", "resume", "stop"]
