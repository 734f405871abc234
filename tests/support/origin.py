"""A backend that does whatever HTTP/1.1 offers, on aiohttp's server: echo, files, streams, events, sockets."""

import asyncio
import gzip
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import socketio  # type: ignore[import-untyped]  # it has no types
from aiohttp import WSMsgType, web

PIECE_BYTES = 262_144
FILE = b"".join(b"line %06d\n" % number for number in range(20_000))
GZIPPED = gzip.compress(b'{"text":"' + b"as it was " * 5_000 + b'"}', mtime=0)
PAGE = b"<!doctype html><title>origin</title><p>a page"
EVENTS = 5
_MAX_BODY = 2**40


def pieces(size: int) -> Iterator[bytes]:
    """So many bytes, no piece like the one before, the same every time."""
    basis = bytes(range(256)) * (PIECE_BYTES // 256)
    for start in range(0, size, PIECE_BYTES):
        piece = start.to_bytes(8, "big") + basis[8:]
        yield piece[: size - start]


def digest_of(size: int) -> str:
    """What `pieces` hash to."""
    hashed = hashlib.sha256()
    for piece in pieces(size):
        hashed.update(piece)
    return hashed.hexdigest()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where it listens, and its file."""

    url: str
    etag: str = ""


@asynccontextmanager
async def origin(directory: Path) -> AsyncIterator[Origin]:
    """Served from a directory in which it puts its file."""
    file = directory / "lines.txt"
    file.write_bytes(FILE)
    acknowledged = asyncio.Queue[str]()
    app = web.Application(client_max_size=_MAX_BODY)
    app.router.add_route("*", "/echo", _echo)
    app.router.add_get("/gzip", _gzip)
    app.router.add_get("/redirect", _redirect)
    app.router.add_get("/cookies/set", _set_cookies)
    app.router.add_get("/download", _download)
    app.router.add_get("/file", partial(_file, file))
    app.router.add_get("/page", _page)
    app.router.add_get("/events", partial(_events, acknowledged))
    app.router.add_post("/events", partial(_acknowledge, acknowledged))
    app.router.add_get("/socket", _socket)
    app.router.add_post("/refuses", _echo, expect_handler=_refuse)
    _with_socket_io(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield Origin(f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


async def _echo(request: web.Request) -> web.Response:
    hashed, size = hashlib.sha256(), 0
    async for piece in request.content.iter_any():
        hashed.update(piece)
        size += len(piece)
    return web.json_response(
        {
            "method": request.method,
            "target": request.raw_path,
            "headers": [[name.lower(), value] for name, value in request.headers.items()],
            "bytes": size,
            "sha256": hashed.hexdigest(),
        },
        headers={"X-Method": request.method, "Allow": "GET, POST"},
    )


async def _gzip(_request: web.Request) -> web.Response:
    return web.Response(
        body=GZIPPED,
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json", "Vary": "Accept-Encoding"},
    )


async def _redirect(request: web.Request) -> web.Response:
    return web.Response(status=int(request.query["status"]), headers={"Location": request.query["to"]})


async def _set_cookies(_request: web.Request) -> web.Response:
    response = web.Response(text="set")
    response.headers.add("Set-Cookie", "first=1; Path=/")
    response.headers.add("Set-Cookie", 'second="a b, c"; Path=/; HttpOnly')
    return response


async def _download(request: web.Request) -> web.StreamResponse:
    size = int(request.query["bytes"])
    response = web.StreamResponse()
    if request.query.get("framing") == "chunked":
        response.enable_chunked_encoding()
    else:
        response.content_length = size
    await response.prepare(request)
    for piece in pieces(size):
        await response.write(piece)
    await response.write_eof()
    return response


async def _file(file: Path, _request: web.Request) -> web.FileResponse:
    return web.FileResponse(file)


async def _page(_request: web.Request) -> web.Response:
    return web.Response(body=PAGE, content_type="text/html")


async def _events(acknowledged: "asyncio.Queue[str]", request: web.Request) -> web.StreamResponse:
    """Each event waits until the one before was acknowledged: whoever holds one back gets no other."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    for number in range(EVENTS):
        await response.write(f"id: {number}\ndata: event {number}\n\n".encode())
        async with asyncio.timeout(10):
            while await acknowledged.get() != str(number):
                pass
    await response.write(b"event: end\ndata: end\n\n")
    await response.write_eof()
    return response


async def _acknowledge(acknowledged: "asyncio.Queue[str]", request: web.Request) -> web.Response:
    acknowledged.put_nowait(await request.text())
    return web.Response(status=204)


async def _socket(request: web.Request) -> web.WebSocketResponse:
    """Says everything again, until it is told to leave."""
    socket = web.WebSocketResponse(protocols=("echo.v1",), max_msg_size=0)
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            await socket.send_bytes(message.data)
        elif message.type is WSMsgType.TEXT and message.data == "leave":
            await socket.close(code=4_001, message=b"as you say")
        elif message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
    return socket


async def _refuse(_request: web.Request) -> None:
    raise web.HTTPExpectationFailed(text="not here")


def _with_socket_io(app: web.Application) -> None:
    server: Any = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*", always_connect=True)

    async def connect(sid: str, _environ: dict[str, Any], auth: dict[str, Any] | None) -> None:
        await server.emit("connection", {"token": (auth or {}).get("token")}, to=sid)

    on: Callable[..., Any] = server.on
    on("connect", connect)
    server.attach(app)
