"""One proxy worker as a process of its own, started by `crossfade up`: `python -m cli.proxy_worker`.

Its settings come as lines on stdin, the first to begin with, each later one as a reload; when stdin ends, so does the
worker, for `crossfade up` is gone. On stdout it says as JSON lines that it is ready, and what became of a reload.

What only the command line needs is not imported: pydantic, click and rich are a quarter of a worker's memory.
"""

import asyncio
import json
import os
import signal
import sys

import msgspec
import uvloop

from cli import starting
from cli.logs import log_to_stderr
from cli.wire import MAX_LINE_BYTES, decode
from proxy.settings import ProxySettings

_MIB = 1_048_576
_KEPT_BYTES = 16 * _MIB
_COPY_BY_VECTORS = "glibc.cpu.x86_rep_movsb_threshold=1073741824"


def environment(queue_bytes: int) -> dict[str, str]:
    """For the C library of a worker whose captures take up to `queue_bytes`.

    What is freed is kept: to fault a page in again costs ten times as much as to fill it with a body's bytes. It is
    kept up to what the queue may take, so that the memory of a burst serves the next one.

    Memory is copied by vector instructions. The one that AMD's processors say is quick (`rep movsb`, FSRM) takes twelve
    times as long where the target lies 8 or 16 bytes behind the source, modulo 4096: that is up to where the heap
    begins, and stays so as long as the process. What somebody has set in GLIBC_TUNABLES comes behind, and so wins.
    """
    return {
        "GLIBC_TUNABLES": ":".join(filter(None, [_COPY_BY_VECTORS, os.environ.get("GLIBC_TUNABLES")])),
        "MALLOC_TOP_PAD_": str(_MIB),
        "MALLOC_TRIM_THRESHOLD_": str(_KEPT_BYTES + queue_bytes),
        "MALLOC_MMAP_THRESHOLD_": str(4 * _MIB),
    }


async def serve() -> None:
    """Run until SIGTERM, SIGINT or the end of stdin."""
    from proxy.worker import run_proxy

    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    first = await reader.readline()
    if not first:
        return
    reloads: asyncio.Queue[ProxySettings] = asyncio.Queue()
    reading = asyncio.create_task(_read(reader, reloads, stop))
    try:
        await run_proxy(
            decode(first),
            stop=stop,
            ready=_announce,
            reloads=reloads,
            reloaded=lambda problem: _say({"reloaded": problem}),
        )
    finally:
        reading.cancel()


async def _read(
    reader: asyncio.StreamReader, reloads: asyncio.Queue[ProxySettings], stop: asyncio.Event
) -> None:
    while line := await reader.readline():
        try:
            reloads.put_nowait(decode(line))
        except msgspec.DecodeError as error:
            _say({"reloaded": str(error)})
    stop.set()


def _announce(port: int, admin_port: int) -> None:
    starting.begun()
    _say({"port": port, "admin_port": admin_port})


def _say(values: dict[str, object]) -> None:
    try:
        os.write(sys.stdout.fileno(), json.dumps(values).encode() + b"\n")
    except BrokenPipeError:
        return  # `crossfade up` is gone, and stdin says so


def main() -> None:
    """Run it; what keeps it from running is one sentence and the exit code that its kind has."""
    starting.begin()
    log_to_stderr()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve())
    except Exception as error:  # noqa: BLE001  -- every failure is a sentence, as in cli/main.py
        from cli.failures import explain

        sentence, code = explain(error)
        sys.stderr.write(f"crossfade: {sentence}\n")
        sys.exit(code)


if __name__ == "__main__":
    main()
