"""What a write wrote is read through both backends, bounded and marked; the write is sent to nobody again."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.completing import Shed
from parity.exchange import Backend, Capture, Endpoint, Exchange, Observation
from proxy.captures import Budget
from proxy.mirror import Mirror
from proxy.settings import MirrorSettings, ProxySettings
from proxy.stages import Stage
from proxy.write_checks import BUSY, UNCOUNTED
from tests.proxy.rig import ENDPOINTS, QUICK_MIRROR, completing, running, until
from tests.proxy.test_mirror import HeldSender
from tests.proxy.test_outbox import a_capture
from tests.support.backends import Behaviour, FakeBackend, Seen, answering, closing, hanging

MADE = b'{"data":{"id":"e-1"}}'
ITEM = "/v1/escrows/e-1"


class Writes:
    """What is known of the writes, as a test has it; notes what it was asked."""

    def __init__(self, *, overlaps: bool = False) -> None:
        self.overlaps = overlaps
        self.asked: list[tuple[Any, ...]] = []

    def mark(self, domain: str) -> tuple[int, int]:
        """The next one."""
        self.asked.append(("mark", domain))
        return 0, len(self.asked)

    def overlapped(self, domain: str, mark: tuple[int, int]) -> bool:
        """As the test wants it."""
        self.asked.append(("overlapped", domain, mark))
        return self.overlaps

    def stamp(self, endpoint: Endpoint, target: str) -> str:
        """Of the moment."""
        self.asked.append(("stamp", endpoint.name, target))
        return "epoch=1 *=0 escrows=5.0"


def a_write(**changes: Any) -> Capture:
    """A capture of a write that legacy committed."""
    fields: dict[str, Any] = {
        "endpoint": "POST /v1/escrows",
        "method": "POST",
        "answer_body": MADE,
        "status": 201,
        "writes": "epoch=1 *=0 escrows=4.0",
    }
    return a_capture(**(fields | changes))


def settings_for(tmp_path: Path, legacy: FakeBackend, modern: FakeBackend) -> ProxySettings:
    return ProxySettings(
        legacy_url=legacy.url,
        modern_url=modern.url,
        store_url="sqlite://",
        state_dir=tmp_path,
        endpoints=ENDPOINTS,
        token_key=b"a token key of some length",
        shadow_secret="a shadow secret",
        mirror=QUICK_MIRROR,
    )


async def checked(
    tmp_path: Path,
    capture: Capture,
    legacy: Behaviour,
    modern: Behaviour,
    *,
    writes: Writes | None = None,
    mirror: MirrorSettings = QUICK_MIRROR,
) -> tuple[Exchange | Shed, list[Seen], list[Seen]]:
    """What becomes of a capture, and what legacy and modern were asked; nothing is held afterwards."""
    async with FakeBackend(legacy) as one, FakeBackend(modern) as other:
        settings = replace(settings_for(tmp_path, one, other), mirror=mirror)
        completion = completing(settings, counted_writes=writes or Writes())
        (found,) = await completion.complete([capture])
        completion.release([found])
        await completion.close()
        assert completion.held_bytes == 0
        return found, one.seen, other.seen


def exchange_in(found: Exchange | Shed) -> Exchange:
    assert isinstance(found, Exchange)
    return found


async def test_what_was_made_is_read_through_both_backends(tmp_path: Path) -> None:
    head = (
        b"Host: h\r\nAuthorization: Bearer x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
        b"If-Match: 3\r\nIdempotency-Key: k\r\nX-HTTP-Method-Override: DELETE\r\nPrefer: return=minimal\r\n"
        b"Transfer-Encoding: chunked\r\nAccept: a/b\r\n"
    )
    writes = Writes()

    found, legacy, modern = await checked(
        tmp_path, a_write(head=head, body=b"{}"), answering(b'{"a":1}'), answering(b'{"a":2}'), writes=writes
    )

    exchange = exchange_in(found)
    assert (exchange.check, exchange.write) == ("read_back", "POST /v1/escrows")
    assert (exchange.endpoint, exchange.method, exchange.target) == ("GET /v1/escrows/{id}", "GET", ITEM)
    assert (exchange.legacy.body, exchange.modern.body) == (b'{"a":1}', b'{"a":2}')
    assert (exchange.authoritative, exchange.skipped, exchange.raced) == (Backend.LEGACY, "", False)
    for backend, (seen,) in ((Backend.LEGACY, legacy), (Backend.MODERN, modern)):
        assert (seen.method, seen.target, seen.body) == ("GET", ITEM, b"")
        stamp = [("X-Crossfade-Writes", "epoch=1 *=0 escrows=5.0")] if backend is Backend.MODERN else []
        assert seen.headers == [
            ("Host", "h"),
            ("Authorization", "Bearer x"),
            ("Accept", "a/b"),
            *stamp,
            ("X-Crossfade-Shadow", "read"),
            ("X-Crossfade-Signature", seen.header("X-Crossfade-Signature")),
        ]
    assert writes.asked == [
        ("mark", "escrows"),
        ("stamp", "GET /v1/escrows/{id}", ITEM),
        ("overlapped", "escrows", (0, 1)),
    ]


async def test_a_write_that_came_in_between_is_a_race(tmp_path: Path) -> None:
    found, _, _ = await checked(tmp_path, a_write(), answering(), answering(), writes=Writes(overlaps=True))

    assert exchange_in(found).raced


@pytest.mark.parametrize(
    ("capture", "reason"),
    [
        (a_write(answer_body=b"{}"), "no_resource"),
        (a_write(answer_body=b"no json", answer_head=b"Content-Type: text/plain\r\n"), "no_resource"),
        (a_write(answer_body=b"[" * 70 + b"]" * 70), "no_resource"),
        (a_write(endpoint="POST /v1/moon"), "no_read"),
        (a_write(skipped="unknown_commit"), "unknown_commit"),
        (a_write(skipped="body_too_large"), "body_too_large"),
    ],
)
async def test_what_cannot_be_read_back_is_asked_of_nobody(
    tmp_path: Path, capture: Capture, reason: str
) -> None:
    found, legacy, modern = await checked(tmp_path, capture, answering(), answering())

    exchange = exchange_in(found)
    assert (exchange.skipped, exchange.check) == (reason, "")
    assert (legacy, modern) == ([], [])


async def test_where_nobody_counts_writes_nothing_is_read_back(tmp_path: Path) -> None:
    async with FakeBackend() as legacy, FakeBackend() as modern:
        completion = completing(settings_for(tmp_path, legacy, modern))
        (found,) = await completion.complete([a_write()])
        await completion.close()

        assert exchange_in(found).skipped == UNCOUNTED
        assert (legacy.seen, modern.seen) == ([], [])


NOT_FOUND = answering(b'{"error":"gone"}', status="404 Not Found")
FORBIDDEN = answering(b'{"error":"no"}', status="403 Forbidden")
PUT = {"endpoint": "PUT /v1/escrows/{id}", "method": "PUT", "target": ITEM, "status": 200}
DELETE = {"endpoint": "DELETE /v1/escrows/{id}", "method": "DELETE", "target": ITEM, "status": 200}


@pytest.mark.parametrize(
    ("write", "legacy", "modern", "skipped"),
    [
        (DELETE, NOT_FOUND, NOT_FOUND, ""),
        (DELETE, NOT_FOUND, answering(), ""),
        (PUT, NOT_FOUND, NOT_FOUND, ""),
        (PUT, FORBIDDEN, FORBIDDEN, "not_shown"),
        (DELETE, FORBIDDEN, FORBIDDEN, "not_shown"),
        ({}, NOT_FOUND, NOT_FOUND, "not_shown"),
        ({}, FORBIDDEN, NOT_FOUND, ""),
        ({}, answering(), FORBIDDEN, ""),
        ({}, answering(status="500 Oops"), answering(status="500 Oops"), "not_shown"),
    ],
)
async def test_that_neither_backend_shows_anything_proves_nothing_unless_the_write_names_what_is_gone(
    tmp_path: Path, write: dict[str, Any], legacy: Behaviour, modern: Behaviour, skipped: str
) -> None:
    found, _, _ = await checked(tmp_path, a_write(**write), legacy, modern)

    assert exchange_in(found).skipped == skipped


# Faults


@pytest.mark.parametrize(
    ("modern", "error"), [(hanging(), "timeout"), (closing(), "broken"), (answering(after_s=5), "timeout")]
)
async def test_a_shadow_that_fails_at_a_check_spares_the_authoritative_backend(
    tmp_path: Path, modern: Behaviour, error: str
) -> None:
    quick = replace(QUICK_MIRROR, timeout_s=0.1)

    found, legacy, _ = await checked(tmp_path, a_write(), answering(), modern, mirror=quick)

    exchange = exchange_in(found)
    assert (exchange.modern.error, exchange.legacy) == (error, Observation())
    assert (exchange.check, exchange.skipped) == ("read_back", "")
    assert legacy == []


@pytest.mark.parametrize(("legacy", "error"), [(hanging(), "timeout"), (closing(), "broken")])
async def test_an_authoritative_backend_that_fails_at_a_check_is_what_the_exchange_says(
    tmp_path: Path, legacy: Behaviour, error: str
) -> None:
    quick = replace(QUICK_MIRROR, timeout_s=0.1)

    found, _, _ = await checked(tmp_path, a_write(), legacy, answering(), mirror=quick)

    exchange = exchange_in(found)
    assert (exchange.legacy.error, exchange.skipped) == (error, "")


async def test_a_shadow_that_only_failed_is_not_asked_to_check(tmp_path: Path) -> None:
    async with FakeBackend() as legacy, FakeBackend(closing()) as modern:
        impatient = replace(settings_for(tmp_path, legacy, modern), mirror=MirrorSettings(failures=1))
        completion = completing(impatient, counted_writes=Writes())
        await completion.complete([a_write()])
        (found,) = await completion.complete([a_write()])
        await completion.close()

        assert found == Shed("shadow_down")
        assert (len(legacy.seen), len(modern.seen)) == (0, 1)


async def test_an_authoritative_backend_at_its_bound_is_spared_and_that_is_told(tmp_path: Path) -> None:
    async with FakeBackend(closing()) as legacy, FakeBackend() as modern:
        impatient = replace(settings_for(tmp_path, legacy, modern), mirror=MirrorSettings(failures=1))
        completion = completing(impatient, counted_writes=Writes())
        first = await completion.complete([a_write()])
        completion.release(first)
        (found,) = await completion.complete([a_write()])
        await completion.close()

        assert found == Shed(BUSY)
        assert (len(legacy.seen), len(modern.seen), completion.held_bytes) == (1, 2, 0)


async def test_answers_that_are_too_large_are_not_compared(tmp_path: Path) -> None:
    small = replace(QUICK_MIRROR, capture_bytes=100)

    large_shadow, legacy, _ = await checked(
        tmp_path, a_write(), answering(), answering(b"x" * 101), mirror=small
    )
    large, _, _ = await checked(tmp_path, a_write(), answering(b"x" * 101), answering(), mirror=small)

    assert (exchange_in(large_shadow).skipped, legacy) == ("body_too_large", [])
    assert exchange_in(large).skipped == "body_too_large"


async def test_a_check_that_is_given_up_holds_nothing(tmp_path: Path) -> None:
    async with FakeBackend(hanging()) as legacy, FakeBackend() as modern:
        completion = completing(settings_for(tmp_path, legacy, modern), counted_writes=Writes())
        checking = asyncio.create_task(completion.complete([a_write()]))
        await until(lambda: len(legacy.seen) == 1)
        held = completion.held_bytes
        checking.cancel()
        await asyncio.gather(checking, return_exceptions=True)
        await completion.close()

        assert (held, completion.held_bytes) == (len(b'{"success":true}'), 0)


# No write twice


@given(st.sampled_from(["POST", "PUT", "PATCH", "DELETE", "BREW", "get", ""]))
def test_no_mirror_sends_anything_but_a_read(method: str) -> None:
    sender = HeldSender()
    mirror = Mirror(Backend.MODERN, sender, settings=QUICK_MIRROR, secret=b"", budget=Budget(10_000))

    with pytest.raises(ValueError, match="is no copy of a read"):
        asyncio.run(mirror.ask(a_capture(method=method)))

    assert sender.sent == []


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.CANARY, Stage.LIVE])
async def test_each_write_is_sent_once_and_both_backends_are_read(tmp_path: Path, stage: Stage) -> None:
    share = 0.5 if stage is Stage.CANARY else None
    async with running(tmp_path, counts_file=tmp_path / "counts") as rig:
        await rig.flip_to(stage, canary_share=share)
        rig.legacy.behaviour = rig.modern.behaviour = answering(MADE, status="201 Created")
        clients = range(8)
        answers = [
            await rig.ask(method, target, headers={"X-API-Key": f"k{number}"}, data=b"{}")
            for number in clients
            for method, target in (("POST", "/v1/escrows"), ("PUT", ITEM), ("DELETE", ITEM))
        ]
        await rig.settled(len(answers))

        sent = {
            backend: [seen for seen in rig.backend(backend).seen if seen.method != "GET"]
            for backend in Backend
        }
        for backend in Backend:
            assert len(sent[backend]) == sum(answer.served_by is backend for answer in answers)
            read = [seen for seen in rig.backend(backend).seen if seen.method == "GET"]
            assert len(read) == len(answers)
            assert {seen.header("X-Crossfade-Shadow") for seen in read} == {"read"}
            assert {seen.header("X-Crossfade-Shadow") for seen in sent[backend]} <= {None}
        assert [(one.check, one.skipped) for one in rig.parity.exchanges] == [("read_back", "")] * len(
            answers
        )
        assert rig.parity.counts() == {"requests": len(answers), "mirrored": len(answers)}


@pytest.mark.parametrize("shadow", ["dead", "hanging"])
async def test_a_shadow_at_fault_does_not_delay_a_write(tmp_path: Path, shadow: str) -> None:
    dead = Backend.MODERN if shadow == "dead" else None
    mirror = replace(QUICK_MIRROR, timeout_s=0.5)
    async with running(
        tmp_path, stage=Stage.SHADOW, dead=dead, counts_file=tmp_path / "counts", mirror=mirror
    ) as rig:
        rig.modern.behaviour = hanging()
        async with asyncio.timeout(2 * mirror.timeout_s):
            answers = [await rig.ask("PUT", ITEM, data=b"{}") for _ in range(4)]
        await rig.settled(4)

        assert {answer.status for answer in answers} == {200}
        assert [seen.method for seen in rig.legacy.seen] == ["PUT"] * 4
        error = "refused" if shadow == "dead" else "timeout"
        assert [(one.modern.error, one.skipped) for one in rig.parity.exchanges] == [(error, "")] * 4
