"""What runs beside the pages."""

import asyncio

from proxy.console.watches import Watches


class Breaking:
    """A watch that breaks twice and then goes on."""

    def __init__(self) -> None:
        self.runs = 0
        self.goes_on = asyncio.Event()

    async def run(self) -> None:
        """Break, or go on until cancelled."""
        self.runs += 1
        if self.runs < 3:
            raise ValueError("broken")
        self.goes_on.set()
        await asyncio.Event().wait()


class Ending:
    """A watch that has nothing more to do."""

    def __init__(self) -> None:
        self.runs = 0

    async def run(self) -> None:
        """Once."""
        self.runs += 1


async def test_one_that_breaks_is_started_again_and_stops_no_other() -> None:
    breaking, ending = Breaking(), Ending()
    watches = Watches((breaking, ending), first_pause_s=0.01)

    watches.start()
    await asyncio.wait_for(breaking.goes_on.wait(), 10)
    await watches.close()

    assert (breaking.runs, ending.runs) == (3, 1)
