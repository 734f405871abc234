"""The switch of the planted faults, and the handlers of endpoints with those that are on.

`GET /__faults` shows every fault and whether it is on, `PUT /__faults/{name}` switches one on, `DELETE` off.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from aiohttp import web

from domains.shared.database import Database
from domains.shared.faults.fault import Asked, Fault, Handler
from domains.shared.responses import plain


class Faults:
    """Which faults are on, of those that there are."""

    def __init__(self, faults: Sequence[Fault], database: Database, *, jwt_secret: str) -> None:
        self._faults = {fault.name: fault for fault in faults}
        self._database = database
        self._jwt_secret = jwt_secret
        self._memories: dict[str, dict[Any, Any]] = {}

    def add_routes(self, app: web.Application) -> None:
        """Serve the switch."""
        app.router.add_get("/__faults", self._show)
        app.router.add_put("/__faults/{name}", self._switch)
        app.router.add_delete("/__faults/{name}", self._switch)

    def around(self, handler: Handler, *, method: str, path: str) -> Handler:
        """The handler of one endpoint with its faults; one without faults is as it was."""
        mine = [fault for fault in self._faults.values() if fault.spoils(f"{method} {path}")]
        return partial(self._faulty, mine, handler) if mine else handler

    async def _faulty(
        self, mine: Sequence[Fault], handler: Handler, request: web.Request
    ) -> web.StreamResponse:
        for fault in mine:
            if fault.name in self._memories:
                handler = partial(self._act, fault, handler)
        return await handler(request)

    async def _act(self, fault: Fault, handler: Handler, request: web.Request) -> web.StreamResponse:
        memory = self._memories.get(fault.name, {})
        return await fault.act(Asked(request, handler, self._database, self._jwt_secret, memory))

    async def _show(self, _: web.Request) -> web.Response:
        return plain({name: name in self._memories for name in self._faults})

    async def _switch(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._faults:
            return plain({"error": f"no fault {name}; there are: {', '.join(self._faults)}"}, status=404)
        if request.method == "PUT":
            self._memories[name] = {}
        else:
            self._memories.pop(name, None)
        return await self._show(request)
