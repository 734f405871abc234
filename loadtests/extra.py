"""Extra pairs of blocks, for what is asked too seldom to be decided by the planned ones.

A load that is like traffic writes seldom, and of the fifty endpoints that write each is asked a few times a minute: it
would take hours until each of them is decided. So after the planned blocks the same users may send only the journeys
that ask what is still open, as often as those were recorded. These pairs say all that is said of those endpoints, and
nothing of a domain or of all together: whose response times, statements and cache hits are those of the load that was
asked for. Because they replace what came before them, and are not added to it, that an endpoint was chosen by what the
planned blocks said of it leans neither way.
"""

from collections.abc import Collection
from dataclasses import replace

from loadtests.block_runs import BlockRuns
from loadtests.tallies import Key
from loadtests.workload import Journey, Workload


def asking_only(blocks: BlockRuns, workload: Workload, endpoints: Collection[Key]) -> BlockRuns:
    """The same, whose users send only the journeys of `workload` that ask one of these endpoints for a success."""
    kept = [journey for journey in workload.journeys if _asks(journey, endpoints)]
    names = {journey.name for journey in kept}
    domains = {journey.domain for journey in kept}
    settings = blocks.settings
    return replace(
        blocks,
        settings=replace(
            settings, reads=None, domains=tuple(name for name in settings.domains if name in domains)
        ),
        left_out=[
            *blocks.left_out,
            *(one.name for one in workload.journeys if one.domain in domains and one.name not in names),
        ],
    )


def _asks(journey: Journey, endpoints: Collection[Key]) -> bool:
    return any(
        (step.exchange.domain, step.endpoint) in endpoints for step in journey.steps if not step.refused
    )
