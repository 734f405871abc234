"""More rounds for what is not told apart from its target yet: on a busy machine that is what narrows an interval."""

import dataclasses
from collections.abc import Callable

from loadtests.bench.plan import Step
from loadtests.bench.rounds import Measured


def measure_until_decided(
    step: Step,
    measured: dict[str, list[Measured]],
    *,
    look: Callable[[Step, int], dict[str, list[Measured]]],
    undecided: Callable[[], set[str]],
    progress: Callable[[str], None],
) -> None:
    """Measure a step into `measured`, and half as many rounds again for as long as a row of it is undecided.

    It goes on whichever way that falls, `step.more` times at most. `look` measures the rounds of a step; its second
    argument is different each time, for their order.
    """
    before = undecided()
    measured |= look(step, 0)
    again = dataclasses.replace(step, rounds=-(-step.rounds // 2))
    for number in range(1, step.more + 1):
        if not (left := undecided() - before):
            return
        progress(f"{again.rounds} rounds more for {', '.join(sorted(left))}")
        for name, slices in look(again, number).items():
            measured[name] += slices
