"""Planted faults, for showing that parity finds them. Off by default, and then no request meets any of it.

`fault.py` says what a fault is, the tables `of_*.py` are all of them, `switch.py` switches them on and off.
"""

from domains.shared.faults.fault import Fault, Handler, Shown
from domains.shared.faults.of_answers import OF_ANSWERS
from domains.shared.faults.of_lists import OF_LISTS
from domains.shared.faults.of_values import OF_VALUES
from domains.shared.faults.of_writes import OF_WRITES
from domains.shared.faults.switch import Faults

__all__ = ["FAULTS", "Fault", "Faults", "Handler", "Shown"]

FAULTS: tuple[Fault, ...] = (*OF_VALUES, *OF_LISTS, *OF_ANSWERS, *OF_WRITES)
"""Every fault that can be planted."""
