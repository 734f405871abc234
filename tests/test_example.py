"""The worked example of docs/example/: two backends in frameworks that are not ours, from `init` to the rollback.

Legacy is Express, modern is Flask; both keep their books in one file.
"""

import contextlib
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from proxy.signature import shadow_headers
from tests.support.command import InProcess
from tests.support.javascript import installed

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "docs" / "example"
EXPRESS = ("express", "5.1.0", "express")
PATIENCE_S = 30.0
FORCED = ("--force", "--yes")
"""So few requests are no verdict."""


@dataclass(frozen=True, slots=True)
class Example:
    """Where both backends listen, who read what there, and the file that both share."""

    legacy: str
    modern: str
    directory: Path

    def audited(self, name: str) -> list[str]:
        """The targets that were read and were no copies."""
        log = self.directory / f"{name}.log"
        return log.read_text().split() if log.exists() else []


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Example]:
    modules = installed(*EXPRESS)
    shutil.copy(EXAMPLE / "books.json", tmp_path / "books.json")
    shared = {"BOOKS": str(tmp_path / "books.json"), "SHADOW_KEY": str(tmp_path / "shadow.key")}

    def of(name: str) -> Mapping[str, str]:
        return {**shared, "NODE_PATH": str(modules), "AUDIT": str(tmp_path / f"{name}.log")}

    with (
        serving(["node", str(EXAMPLE / "legacy" / "server.cjs"), "0"], of("legacy")) as legacy,
        serving([sys.executable, str(EXAMPLE / "modern" / "app.py"), "0"], of("modern")) as modern,
    ):
        yield Example(legacy, modern, tmp_path)


@contextlib.contextmanager
def serving(command: list[str], environment: Mapping[str, str]) -> Iterator[str]:
    """The address that a server says it serves."""
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environment},
    ) as process:
        assert process.stdout is not None
        try:
            said = re.search(r"http://\S+", process.stdout.readline())
            assert said is not None
            yield said[0]
        finally:
            process.kill()


@contextlib.contextmanager
def up(directory: Path) -> Iterator[str]:
    """The address of the proxy, for as long as `crossfade up` runs."""
    ports = {"CROSSFADE_PROXY__LISTEN": "127.0.0.1:0", "CROSSFADE_PROXY__ADMIN": "127.0.0.1:0"}
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", "--quiet", "up", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=directory,
        env={**os.environ, **ports, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        try:
            said = ""
            while not said.rstrip().endswith("}"):
                said += process.stdout.readline()
            yield str(json.loads(said)["proxy"])
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who uses the API, through the proxy."""

    url: str

    def ask(self, method: str, path: str, body: Any = None) -> tuple[str, Any]:
        """Who served it, and the answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}{path}", data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.headers["X-Served-By"], json.loads(answer.read())


def settled(crossfade: InProcess, requests: int) -> Any:
    """The report, once that many requests are counted and every copy has its outcome."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        report = json.loads(crossfade("parity", "report", "--json").out)
        ended = report["mirrored"] + sum(report["not_mirrored"].values())
        if report["requests"] == ended == requests and report["balance"]["in_flight"] == 0:
            return report
        assert time.monotonic() < deadline, report
        time.sleep(0.05)


def test_from_a_document_to_a_rollback(
    example: Example, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    crossfade = InProcess(monkeypatch, capsys, example.directory)
    document = str(EXAMPLE / "openapi.yaml")

    made = crossfade("init", "--legacy", example.legacy, "--modern", example.modern, "--openapi", document)
    monkeypatch.setenv("CROSSFADE_PROXY__LISTEN", "127.0.0.1:0")
    monkeypatch.setenv("CROSSFADE_PROXY__ADMIN", "127.0.0.1:0")
    checked = crossfade("check", "--json")
    with up(example.directory) as proxy:
        client = Client(proxy)
        crossfade("flip", "books", "shadow", "--reason", "first look")
        served = [client.ask("GET", path) for path in ("/v1/books", "/v1/books/1", "/v1/books/2")]
        token = client.ask("POST", "/v1/login", {})
        shown = settled(crossfade, 4)
        doctor = json.loads(crossfade("doctor", "--json").out)
        written = client.ask("PUT", "/v1/books/2", {"title": "Persuasion"})
        settled(crossfade, 6)
        refused = crossfade("advance", "books", "--share", "1", "--reason", "everybody", "--yes")
        crossfade("advance", "books", "--share", "1", "--reason", "everybody", *FORCED)
        crossfade("advance", "books", "--reason", "it was clean", *FORCED)
        by_modern = client.ask("GET", "/v1/books/2")
        crossfade("rollback", "books")
        by_legacy = client.ask("GET", "/v1/books/2")

    assert (made.code, checked.code) == (0, 0)
    assert [by for by, _ in served] == ["legacy"] * 3
    assert token[0] == "legacy"
    assert {(group["endpoint"], group["path"], group["kind"]) for group in shown["groups"]} == {
        ("GET /v1/books", "$.data[*].subtitle", "missing"),
        ("GET /v1/books/{id}", "$.data.subtitle", "missing"),
    }
    assert {word: n for word, n in shown["outcomes"].items() if n} == {"match": 1, "mismatch": 2}
    assert [one["what"] for one in doctor["findings"] if one["health"] == "failed"] == []
    assert next(one["health"] for one in doctor["findings"] if one["what"] == "mirror path") == "ok"
    assert written == (
        "legacy",
        {"data": {"id": 2, "title": "Persuasion", "author": "Austen", "subtitle": "A Novel"}},
    )
    assert refused.code == 4
    assert by_modern == ("modern", written[1])
    assert by_legacy == ("legacy", written[1])
    # copies, read-backs and signed probes left no trace; the probe of `check` came before there was a key to sign with
    assert example.audited("modern") == ["/v1/books", "/v1/books/2"]
    read = [target for target in example.audited("legacy") if "crossfade_probe" not in target]
    assert read == ["/v1/books", "/v1/books", "/v1/books/1", "/v1/books/2", "/v1/books/2"]


def test_the_check_of_the_page_believes_what_the_proxy_signs_and_nothing_else() -> None:
    page = (ROOT / "docs" / "adopting.md").read_text()
    code = re.search(r"### Python\n.*?```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {"hashlib": hashlib, "hmac": hmac}
    exec(code[1], names)  # noqa: S102  our own page
    target, body = "/v1/orders?a=1&b=%2F", b'{"a": 1}'
    signed = dict(shadow_headers(b"secret", "POST", target, body, 1_000))
    genuine = ("POST", target, body, signed, b"secret", 1_200.0)

    def believed(**changed: Any) -> bool:
        given = dict(zip(("method", "target", "body", "headers", "secret", "now"), genuine, strict=True))
        return bool(names["is_copy"](**(given | changed)))

    assert believed()
    assert not believed(method="PUT")
    assert not believed(target="/v1/orders?a=1&b=/")
    assert not believed(body=b"{}")
    assert not believed(secret=b"another")
    assert not believed(now=1_301.0)
    assert not believed(headers={})
    assert not believed(headers={**signed, "X-Crossfade-Shadow": "no"})
    assert not believed(headers={**signed, "X-Crossfade-Signature": "t=x,v1=y"})
