"""DeepDiff beside ours, where it is installed."""

import importlib.util

import pytest

from parity.deepdiff_peer import whole_deepdiff


def test_without_deepdiff_there_is_no_peer() -> None:
    assert (whole_deepdiff() is None) == (importlib.util.find_spec("deepdiff") is None)


def test_deepdiff_tells_what_differs() -> None:
    peer = whole_deepdiff()
    if peer is None:
        pytest.skip("DeepDiff is not installed")

    assert peer(b'{"a": 1}', b'{"a": 2}')
    assert not peer(b'{"a": 1}', b'{"a": 1}')
