"""Journeys under way: each request as it was recorded, and with what the answers before it hold."""

import asyncio

from tests.loadtests.conftest import Measure
from tests.support.backends import FakeBackend, answering

OPTIONS = ("--domain=escrows", "--users=2", "--pace=0.02", "--measured=0.8")


async def test_redirects_are_not_followed_and_cookies_not_kept(measure: Measure) -> None:
    headers = (("Location", "/elsewhere"), ("Set-Cookie", "session=1; Path=/"))
    async with FakeBackend(answering(status="302 Found", headers=headers)) as backend:
        timings = await asyncio.to_thread(measure, backend.url, *OPTIONS, "--reads=1")

    assert len(backend.seen) == len(timings) > 10
    assert {timing.status for timing in timings} == {302}
    assert all(seen.target != "/elsewhere" and seen.header("Cookie") is None for seen in backend.seen)


async def test_what_was_created_is_gone_on_with_by_its_id(measure: Measure) -> None:
    created = answering(b'{"data": {"id": "made-7"}}', status="201 Created")
    async with FakeBackend(created) as backend:
        await asyncio.to_thread(measure, backend.url, *OPTIONS, "--reads=0")

    targets = [(seen.method, seen.target) for seen in backend.seen]
    assert ("PUT", "/v1/escrows/made-7/archive") in targets
    assert ("DELETE", "/v1/escrows/made-7") in targets
    assert not any("{{" in target for _, target in targets)
