"""The admin listener of a proxy worker: is it alive, does it serve, which version of what, how much of what."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec
from aiohttp import web

from parity.exposition import FamilyCollector, expose
from proxy.addresses import Address
from proxy.edge import Edge
from proxy.errors import ListenError
from proxy.guard_metrics import GuardMetrics
from proxy.plane import is_compiled
from proxy.settings import ProxySettings
from proxy.stages import READS

_PROBE_S = 1.0


class Readiness(msgspec.Struct, frozen=True):
    """Whether the worker should get traffic, and what is missing if not."""

    ready: bool
    problems: tuple[str, ...]


class Admin:
    """Serves `/livez`, `/readyz`, `/version` and `/metrics`; nothing of it is reachable through the proxy's own port."""

    def __init__(
        self,
        settings: ProxySettings,
        edge: Edge,
        is_closing: Callable[[], bool],
        collectors: Sequence[FamilyCollector] = (),
        guards: GuardMetrics | None = None,
    ) -> None:
        self._guards = guards
        self._collectors = collectors
        self._settings = settings
        self._edge = edge
        self._is_closing = is_closing
        self._runner: web.AppRunner | None = None

    async def start(self) -> int:
        """Listen; returns the port. Raises `ListenError`."""
        application = web.Application()
        application.router.add_get("/livez", self._livez)
        application.router.add_get("/readyz", self._readyz)
        application.router.add_get("/version", self._version)
        application.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        settings = self._settings
        site = web.TCPSite(
            # in a rolling restart the next worker takes the port while this one drains
            self._runner,
            settings.admin_host,
            settings.admin_port,
            reuse_port=True,
        )
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise ListenError(
                f"cannot listen on {settings.admin_host}:{settings.admin_port} (admin): "
                f"{error.strerror or error}"
            ) from error
        return int(self._runner.addresses[0][1])

    def reconfigure(self, settings: ProxySettings, edge: Edge) -> None:
        """Answer for these from now on; where it listens does not change."""
        self._settings = settings
        self._edge = edge

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def readiness(self) -> Readiness:
        """Not draining, and every backend that may be authoritative takes connections."""
        if self._is_closing():
            return Readiness(ready=False, problems=("draining",))
        wanted = {"legacy": self._settings.legacy_url}
        for endpoint in self._settings.endpoints:
            plans = READS[self._edge.table.flag_for(endpoint).stage]
            for plan in (plans.outside, plans.within):
                wanted[plan.authoritative.value] = self._settings.url_of(plan.authoritative)
        reached = await asyncio.gather(*(_is_reachable(url) for url in wanted.values()))
        problems = tuple(
            f"{name} takes no connections" for name, is_up in zip(wanted, reached, strict=True) if not is_up
        )
        return Readiness(ready=not problems, problems=problems)

    async def _metrics(self, request: web.Request) -> web.Response:
        accept = ",".join(request.headers.getall("Accept", ()))
        collectors = list(self._collectors)
        if self._guards is not None:
            await self._guards.refresh()
            collectors.append(self._guards)
        page, content_type = await expose(collectors, accept)
        return web.Response(body=page, headers={"Content-Type": content_type})

    async def _livez(self, _request: web.Request) -> web.Response:
        return _json({"alive": True})

    async def _readyz(self, _request: web.Request) -> web.Response:
        readiness = await self.readiness()
        return _json(msgspec.to_builtins(readiness), status=200 if readiness.ready else 503)

    async def _version(self, _request: web.Request) -> web.Response:
        try:
            own = version("crossfade")
        except PackageNotFoundError:
            own = "unknown"
        answer = {"version": own, "compiled": is_compiled(), "flag_version": self._edge.table.version}
        return _json(answer)


async def _is_reachable(url: str) -> bool:
    address = Address.of(url)
    try:
        async with asyncio.timeout(_PROBE_S):
            if address.path is not None:
                _, writer = await asyncio.open_unix_connection(address.path)
            else:
                _, writer = await asyncio.open_connection(address.host, address.port)
    except (OSError, TimeoutError):
        return False
    writer.transport.abort()
    return True


def _json(values: Mapping[str, Any], status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(values), status=status, content_type="application/json")
