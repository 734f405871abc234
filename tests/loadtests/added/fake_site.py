"""A proxy that only says who answers: the stub backend under one address, with stages and books of its own."""

import asyncio
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Self

from aiohttp import web

from loadtests.added.result import MODERN, SERVING, STAGES
from loadtests.errors import BackendError
from parity.outcome import Outcome
from parity.report import Report
from parity.tally import Tally
from tests.loadtests.added.factories import report
from tests.loadtests.stub_backend import create_app

_TAKES_S = 0.005


class FakeSite:
    """Listens at `url` while it is a context, is the flags of its domain, and counts what it answers.

    It mirrors each read and finds it equal. `stubborn` answers by modern whatever the stage, `failing` every so many
    with 503 (0: none), `forgetful` counts one request less than there were; `refuses` takes no flip.
    """

    def __init__(
        self, *, stubborn: bool = False, failing: int = 0, forgetful: bool = False, refuses: bool = False
    ) -> None:
        self.stages = ["off"]
        self.url = ""
        self._stubborn, self._failing, self._forgetful, self._refuses = stubborn, failing, forgetful, refuses
        self._counts: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.url = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def flip(self, stage: str) -> float:
        """One step, as the flag store has it."""
        if self._refuses:
            raise BackendError("the flags are frozen")
        assert STAGES.index(stage) == STAGES.index(self.stages[-1]) + 1
        return self._changed(stage)

    def roll_back(self, stage: str) -> float:
        """Back, as the flag store has it."""
        assert STAGES.index(stage) < STAGES.index(self.stages[-1])
        return self._changed(stage)

    def books(self) -> Report:
        """What was counted until now."""
        counts = self._counts
        requests = counts["requests"] - self._forgetful
        mirrored = counts["mirrored"]
        others = {"stage": counts["requests"] - mirrored}
        outcomes = {Outcome.MATCH: mirrored}
        return report(Tally(requests=requests, mirrored=mirrored, not_mirrored=others, outcomes=outcomes))

    def _changed(self, stage: str) -> float:
        time.sleep(_TAKES_S)
        self.stages.append(stage)
        return _TAKES_S * 1_000

    async def _listen(self) -> str:
        app = create_app(delay_s=0.002, queries=2, die_after=0, surprise=0)
        app.middlewares.append(self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    @web.middleware
    async def _answer(self, request: web.Request, handler: object) -> web.StreamResponse:
        stage = self.stages[-1]
        self._counts["requests"] += 1
        self._counts["mirrored"] += request.method == "GET" and stage != "off"
        if self._failing and self._counts["requests"] % self._failing == 0:
            return web.Response(status=503)
        answer: web.StreamResponse = await handler(request)  # type: ignore[operator]  # aiohttp's, which has no public type
        answer.headers["X-Served-By"] = MODERN if self._stubborn else SERVING[stage]
        return answer
