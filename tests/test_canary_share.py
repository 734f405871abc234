"""Who is on modern at stage `canary`: as many clients as the share says, whatever they are known by, and always the same."""

import asyncio
import base64
import ipaddress
import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.canary import StickyKeys, bucket
from proxy.settings import StickySettings
from proxy.stages import Stage
from tests.proxy.rig import Rig, running

CLIENTS = 20_000
CELLS = 100
CHI_SQUARE_99 = 200.0
"""Of 99 degrees of freedom: even buckets exceed it once in some hundred million times."""
DOMAINS = ("escrows", "clients", "a domain with quite a long name")
SHARES = (0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 1.0)


def jwt(claims: Mapping[str, object]) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"Bearer e30.{payload}.c2ln"


def uuid_like(number: int) -> str:
    return f"e5c00000-0000-4000-8000-{number:012d}"


KINDS: Mapping[str, Callable[[int], tuple[list[tuple[str, str]], str]]] = {
    "a subject that counts up": lambda n: ([("Authorization", jwt({"sub": str(n)}))], ""),
    "a subject like a UUID": lambda n: ([("Authorization", jwt({"sub": uuid_like(n), "iat": n // 7}))], ""),
    "an id instead of a subject": lambda n: ([("Authorization", jwt({"id": n}))], ""),
    "an API key": lambda n: ([("X-API-Key", f"key_{n:08x}")], ""),
    "a cookie": lambda n: ([("Cookie", f"theme=dark; session=s{n}")], ""),
    "an IPv4 address": lambda n: ([], str(ipaddress.IPv4Address(0x0A000000 + n))),
    "an IPv6 address": lambda n: ([], str(ipaddress.IPv6Address((0x20010DB8 << 96) + (n << 64)))),
}


def places(kind: str, domain: str) -> list[float]:
    sticky = StickyKeys(StickySettings())
    return [bucket(sticky.key(*KINDS[kind](number)), domain) for number in range(CLIENTS)]


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("kind", KINDS)
def test_clients_of_every_kind_are_spread_evenly(kind: str, domain: str) -> None:
    found = places(kind, domain)

    cells = Counter(int(place * CELLS) for place in found)
    expected = CLIENTS / CELLS
    chi_square = sum((cells[cell] - expected) ** 2 / expected for cell in range(CELLS))
    assert len(set(found)) == CLIENTS
    assert 0 <= min(found) <= max(found) < 1
    assert chi_square < CHI_SQUARE_99


@pytest.mark.parametrize("kind", KINDS)
def test_as_many_are_on_modern_as_the_share_says(kind: str) -> None:
    found = places(kind, "escrows")

    for share in SHARES:
        on_modern = sum(place < share for place in found)
        deviation = (CLIENTS * share * (1 - share)) ** 0.5
        assert abs(on_modern - CLIENTS * share) <= 4.5 * deviation


def test_what_a_client_is_in_one_domain_says_nothing_of_another() -> None:
    first, second = (places("a subject that counts up", domain) for domain in DOMAINS[:2])

    both = sum(one < 0.5 and other < 0.5 for one, other in zip(first, second, strict=True))
    assert abs(both - CLIENTS / 4) <= 4.5 * (CLIENTS * 0.25 * 0.75) ** 0.5


@given(
    key=st.text(),
    domain=st.text(min_size=1),
    shares=st.lists(st.floats(min_value=0, max_value=1), min_size=2, max_size=20),
)
def test_whoever_is_on_modern_stays_there_for_every_larger_share(
    key: str, domain: str, shares: list[float]
) -> None:
    sides = [bucket(key, domain) < share for share in sorted(shares)]

    assert sides == sorted(sides)
    assert not bucket(key, domain) < 0.0
    assert bucket(key, domain) < 1.0


@given(
    kind=st.sampled_from(sorted(KINDS)),
    number=st.integers(min_value=0, max_value=CLIENTS),
    others=st.lists(st.sampled_from([("Accept", "x/y"), ("User-Agent", "z"), ("traceparent", "00-1")])),
)
def test_nothing_else_that_a_client_says_moves_it(
    kind: str, number: int, others: list[tuple[str, str]]
) -> None:
    sticky = StickyKeys(StickySettings())
    headers, address = KINDS[kind](number)
    shouted = [(name.upper(), value) for name, value in reversed(headers)]

    assert sticky.key([*others, *shouted], address) == sticky.key(headers, address)


async def _on_modern(rig: Rig, clients: int) -> set[int]:
    """Which clients the proxy has served by modern, one request each, over one connection."""
    found = set()
    for number in range(clients):
        headers, _ = KINDS["a subject that counts up"](number)
        answer = await rig.ask("GET" if number % 2 else "POST", headers=dict(headers))
        assert answer.status == 200
        if answer.header("X-Served-By") == "modern":
            found.add(number)
    return found


async def test_through_the_proxy_a_growing_share_only_adds_clients(tmp_path: Path) -> None:
    clients = 200
    within: set[int] = set()

    async with running(tmp_path) as rig:
        await rig.flip_to(Stage.CANARY, canary_share=0.01)
        for share in (0.05, 0.3, 0.8):
            await _share(rig, share)
            now = await _on_modern(rig, clients)

            assert within <= now
            assert now == {number for number in range(clients) if bucket(f"jwt:{number}", "escrows") < share}
            within = now
        await _share(rig, 0.3)
        fewer = await _on_modern(rig, clients)

    assert fewer < within


async def _share(rig: Rig, share: float) -> None:
    def change() -> None:
        version = rig.store.flip(
            "escrows", Stage.CANARY, canary_share=share, actor="test", reason="more of them"
        ).version
        rig.store.wait_acknowledged(version)

    await asyncio.to_thread(change)
