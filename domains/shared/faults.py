"""Planted faults, for showing what parity and rollback do with them. Off by default, and then nothing of it is served.

With `create_app(…, faults=True)`: `GET /__faults` shows every fault and whether it is on,
`PUT /__faults/{name}` switches one on, `DELETE /__faults/{name}` off.
"""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from enum import StrEnum
from typing import Any

from aiohttp import web

from domains.shared import node_json
from domains.shared.responses import plain

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PRICES = frozenset({"purchasePrice", "purchase_price"})


class PlantedFault(StrEnum):
    """What can be made to go wrong."""

    WRONG_PRICE = "wrong-price"
    """Reads answer 200 with every purchase price one dollar too high."""
    DROP_ANSWER = "drop-answer"
    """A read of one row ends with a closed connection and no answer."""


class Faults:
    """Which faults are on."""

    def __init__(self) -> None:
        self._on: set[PlantedFault] = set()

    def add_routes(self, app: web.Application) -> None:
        """Serve the switch."""
        app.router.add_get("/__faults", self._show)
        app.router.add_put("/__faults/{name}", self._switch)
        app.router.add_delete("/__faults/{name}", self._switch)

    def around(self, handler: Handler, *, method: str, path: str) -> Handler:
        """The handler of one endpoint with its faults."""
        if method != "GET":
            return handler

        async def faulty(request: web.Request) -> web.StreamResponse:
            if (
                PlantedFault.DROP_ANSWER in self._on
                and path.endswith("{id}")
                and request.transport is not None
            ):
                request.transport.close()
            answer = await handler(request)
            if (
                PlantedFault.WRONG_PRICE in self._on
                and answer.status == 200
                and isinstance(answer, web.Response)
                and isinstance(answer.body, bytes)  # a file is sent while it is made
            ):
                answer.body = node_json.dumps(_dearer(node_json.loads(answer.text or "null")))
            return answer

        return faulty

    async def _show(self, _: web.Request) -> web.Response:
        return plain({fault.value: fault in self._on for fault in PlantedFault})

    async def _switch(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        fault = next((fault for fault in PlantedFault if fault == name), None)
        if fault is None:
            return plain({"error": f"no fault {name}; there are: {', '.join(PlantedFault)}"}, status=404)
        if request.method == "PUT":
            self._on.add(fault)
        else:
            self._on.discard(fault)
        return await self._show(request)


def _dearer(value: Any) -> Any:
    match value:
        case dict():
            return {key: _one_more(item) if key in _PRICES else _dearer(item) for key, item in value.items()}
        case list():
            return [_dearer(item) for item in value]
        case _:
            return value


def _one_more(price: Any) -> Any:
    return str(Decimal(price) + 1) if isinstance(price, str) else price + 1 if price is not None else None
