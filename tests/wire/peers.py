"""The trusted ones beside us: nginx and HAProxy as processes of their own, each before a backend that counts."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.backends import DeadPort
from tests.wire.messages import UnreadableError, requests_in
from tests.wire.play import OK, End, ScriptedBackend, connected

NGINX = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/nginx.log crit;
events {{ worker_connections 1000; }}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  client_header_timeout 1s;
  client_body_timeout 1s;
  large_client_header_buffers 4 8k;
  client_max_body_size 100000;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{backend};
      proxy_http_version 1.1;
      proxy_next_upstream off;
      proxy_read_timeout 2s;
    }}
  }}
}}
"""
HAPROXY = """
global
  maxconn 1000
defaults
  mode http
  timeout connect 1s
  timeout client 2s
  timeout server 2s
  timeout http-request 1s
  retries 0
frontend clients
  bind 127.0.0.1:{port}
  default_backend backend
backend backend
  server one 127.0.0.1:{backend}
"""
COMMANDS: Mapping[str, tuple[str, list[str]]] = {
    "nginx": (NGINX, ["-p", "{directory}", "-c", "{conf}", "-e", "{directory}/start.log"]),
    "haproxy": (HAPROXY, ["-db", "-f", "{conf}"]),
}
_MARK = re.compile(rb"(?i)\r\nx-case: (\d+)\r\n")  # HAProxy writes names in lower case


def found_peers() -> list[str]:
    """Both, or a skip that says which is not there; in CI `make test` installs them."""
    lacking = [name for name in COMMANDS if shutil.which(name, path=_path()) is None]
    if lacking and os.environ.get("CI"):
        pytest.fail(f"no {' and no '.join(lacking)}, though `make test` installs them")
    if lacking:
        pytest.skip(f"no {' and no '.join(lacking)} on this machine")
    return list(COMMANDS)


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


@dataclass
class CountingBackend(ScriptedBackend):
    """Answers a request with the header `X-Case: n` by the n-th of `bytes_of`, then closes; any other by `OK`."""

    bytes_of: dict[int, bytes] = field(default_factory=dict)

    async def _serve(self, end: End) -> None:
        try:
            await end.until(lambda: bool(end.ended) or self._is_whole(end, 0), 20)
        except UnreadableError:
            pass
        else:
            case = _MARK.search(bytes(end.got))
            answer = self.bytes_of.get(int(case[1])) if case else None
            await end.play((answer,) if answer is not None else OK)
        end.transport.close()

    def has_whole(self, case: int) -> bool:
        """Whether that request came, and all of it, as a strict reader or a lenient one sees it."""
        mark = b"\r\nx-case: %d\r\n" % case
        for end in self.ends:
            if mark in end.got.lower():
                try:
                    return any(one.is_whole for one in requests_in(bytes(end.got)))
                except UnreadableError:
                    return True
        return False


@asynccontextmanager
async def peer(name: str, backend: CountingBackend, directory: Path) -> AsyncIterator[int]:
    """That one as a process before this backend; yields its port."""
    held = DeadPort()
    port = held.port
    held.close()
    template, arguments = COMMANDS[name]
    conf = directory / f"{name}.conf"
    conf.write_text(template.format(directory=directory, port=port, backend=backend.port))
    program = shutil.which(name, path=_path()) or name
    command = [program, *(one.format(directory=directory, conf=conf) for one in arguments)]
    process = await asyncio.to_thread(
        subprocess.Popen, command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=directory
    )
    try:
        for _ in range(200):
            assert process.poll() is None, f"{name} did not start"
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                break
        yield port
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 10)


def marked(raw: bytes, case: int) -> bytes:
    """The same request with its number in a header of its own."""
    line, end, rest = raw.partition(b"\r\n")
    return line + end + b"X-Case: %d\r\n" % case + rest if end else raw


async def takes_request(port: int, backend: CountingBackend, raw: bytes, case: int) -> bool:
    """Whether what listens there lets that request reach its backend, or gives a good answer to it."""
    async with connected(port) as client:
        await client.play((marked(raw, case),))
        await client.until(lambda: bool(client.ended) or b"\r\n\r\n" in client.got, 2.5)
        answered = re.match(rb"HTTP/1\.[01] [123]", bytes(client.got))
    return bool(answered) or backend.has_whole(case)


async def takes_answer(port: int, case: int) -> bool:
    """Whether what listens there makes a good and whole answer of what the backend says."""
    raw = b"GET /v1/escrows HTTP/1.1\r\nHost: crm.example.test\r\nConnection: close\r\n\r\n"
    async with connected(port) as client:
        await client.play((marked(raw, case),))
        await client.until(lambda: bool(client.ended), 4)
        got, ended = bytes(client.got), client.ended
    return is_good(got, ended)


def is_good(got: bytes, ended: str) -> bool:
    """Whether these bytes are an answer of the backend's that a client takes for whole."""
    head, _, body = got.partition(b"\r\n\r\n")
    if ended == "reset" or not re.match(rb"HTTP/1\.[01] [1-4]", head):
        return False
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if length:
        return len(body) == int(length[1])
    return body.endswith(b"0\r\n\r\n") if re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head) else True
