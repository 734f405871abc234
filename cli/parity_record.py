"""`crossfade parity record`: what is mirrored from now on, kept in a file line by line."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click
import msgspec

from cli.asking import confirm
from cli.context import Context, pass_context
from cli.errors import UsageError
from cli.output import json_option, message, print_json
from cli.spans import Span

if TYPE_CHECKING:
    from parity.recordings.tap import Wish

_SCHEMA = "crossfade.record/1"
_MIB = 1_048_576
_CLOSED = -1


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--for", "span", type=Span(), help="Stop after 90s, 15m, 2h; default: at Ctrl-C.")
@click.option("--domain", help="Only this domain.")
@click.option(
    "--max-bytes",
    type=click.IntRange(1_024),
    default=256 * _MIB,
    show_default=True,
    help="How large the file may become; what is beyond is counted.",
)
@click.option(
    "--redact",
    type=click.Choice(["tokens", "none"]),
    default="tokens",
    show_default=True,
    help="Keep tokens instead of what could be harmful, or everything as it was.",
)
@click.option("--yes", is_flag=True, help="Do not ask before unredacted traffic is kept.")
@json_option
@pass_context
def record(
    context: Context,
    file: Path,
    span: float | None,
    domain: str | None,
    max_bytes: int,
    redact: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Record what the crossfade up of this state directory mirrors, from now on.

    FILE (.jsonl) is readable by its owner only. Redacted, it can be compared by `crossfade parity diff` and replayed as
    far as its requests need no credentials; with --redact none it holds passwords and tokens as they were sent.
    """
    from cli.reload import running_pid
    from cli.workers import record_socket
    from parity.recordings.tap import Wish

    if domain is not None:
        context.require_domain(domain)
    if file.suffix != ".jsonl" or file.exists():
        raise UsageError(f"{file}: expected the name of a new file that ends in .jsonl")
    running_pid(context.settings.state_dir)
    if redact == "none" and not yes:
        confirm(f"{file} will hold passwords, tokens and personal data as they are sent. Go on?")
    wish = Wish(time.time(), domain or "", redact == "tokens")
    counted = asyncio.run(_record(record_socket(context.settings), file, wish, span, max_bytes))
    left_out = f"{counted.over:,} over the bound, {counted.lost:,} lost"
    message(f"recorded {counted.written:,} exchanges in {file} ({counted.size:,} bytes); {left_out}")
    if as_json:
        values = {"file": str(file), "exchanges": counted.written, "bytes": counted.size}
        print_json(_SCHEMA, {**values, "over": counted.over, "lost": counted.lost, "redacted": redact})


@dataclass(slots=True)
class _Counted:
    """What was written, what did not fit, and what the parity worker could not tell."""

    written: int = 0
    size: int = 0
    over: int = 0
    lost: int = 0


async def _record(socket: Path, file: Path, wish: "Wish", span: float | None, max_bytes: int) -> _Counted:
    from parity.recordings.files import MAX_LINE_BYTES, header_line
    from parity.worker import owned

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with owned(socket), _Writer(file, max_bytes) as writer:
        writer.begin(header_line("tokens" if wish.redact else "none"))
        before = os.umask(0o177)
        try:
            server = await asyncio.start_unix_server(_listener(wish, writer), socket, limit=MAX_LINE_BYTES)
        finally:
            os.umask(before)
        async with server:
            message(f"recording into {file} (Ctrl-C ends it)")
            try:
                await asyncio.wait_for(stop.wait(), span)
            except TimeoutError:
                stop.set()
        return writer.counted


def _listener(
    wish: "Wish", writer: "_Writer"
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]:
    async def listen(reader: asyncio.StreamReader, stream: asyncio.StreamWriter) -> None:
        stream.write(msgspec.json.encode(wish) + b"\n")
        try:
            while (line := await reader.readline()).endswith(b"\n"):
                writer.take(line)
        except ConnectionError:
            return  # the parity worker is started again, and comes back
        finally:
            stream.close()

    return listen


class _Writer:
    """The file, line by line, so that a kill leaves all but the last one whole."""

    def __init__(self, file: Path, max_bytes: int) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._max_bytes = max_bytes
        self.counted = _Counted()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.fsync(self._file)
        os.close(self._file)
        self._file = _CLOSED

    def begin(self, header: str) -> None:
        self.counted.size += os.write(self._file, f"{header}\n".encode())

    def take(self, line: bytes) -> None:
        """One exchange, or how many were lost."""
        if self._file == _CLOSED:
            return  # it was still under way
        if line.startswith(b'{"lost"'):
            self.counted.lost += int(json.loads(line)["lost"])
        elif self.counted.size + len(line) > self._max_bytes:
            self.counted.over += 1
        else:
            self.counted.size += os.write(self._file, line)
            self.counted.written += 1
