"""The page of metrics over a real socket."""

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from parity.exposition import Reading, Readings
from proxy.metrics_page import add_metrics


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (["application/openmetrics-text; version=1.0.0"], "application/openmetrics-text"),
        (["text/html;q=0.1", "application/openmetrics-text; version=1.0.0"], "application/openmetrics-text"),
        (["text/html"], "text/plain"),
        ([], "text/plain"),
    ],
)
async def test_all_collectors_are_on_it_in_the_text_that_is_asked_for(
    accept: list[str], content_type: str
) -> None:
    application = web.Application()
    add_metrics(application, [Readings([Reading(name, "A level.", lambda: 3)]) for name in ("a", "b")])
    async with (
        TestServer(application) as server,
        aiohttp.ClientSession(skip_auto_headers=["Accept"]) as session,
        session.get(server.make_url("/metrics"), headers=[("Accept", value) for value in accept]) as response,
    ):
        text = await response.text()

    assert response.content_type == content_type
    assert [line for line in text.splitlines() if not line.startswith("#")] == ["a 3.0", "b 3.0"]
