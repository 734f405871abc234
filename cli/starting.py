"""While a process of ours starts, Python looks but seldom for garbage in what it imports, which stays to the end.

To look there again and again is a fifth of the CPU of a start, and next to nothing is found.
"""

import gc

_USUALLY = gc.get_threshold()
_AT_ONCE = 200_000
"""About as many objects as the largest of our processes has imported."""


def begin() -> None:
    """First of all; a command that ends soon never has to look."""
    gc.set_threshold(_AT_ONCE)


def begun() -> None:
    """It serves: from now on what comes is looked at as ever, and what is there already no more."""
    gc.freeze()
    gc.set_threshold(*_USUALLY)
