"""DeepDiff as a peer that `make bench` measures beside ours, where somebody has installed it."""

import importlib
import json
from collections.abc import Callable
from typing import Any

Whole = Callable[[bytes, bytes], Any]
"""Parses two JSON bodies and says what differs."""


def whole_deepdiff() -> Whole | None:
    """DeepDiff over two whole bodies; None where it is not installed."""
    try:
        deepdiff: Any = importlib.import_module("deepdiff")
    except ImportError:
        return None
    return lambda legacy, modern: deepdiff.DeepDiff(json.loads(legacy), json.loads(modern))
