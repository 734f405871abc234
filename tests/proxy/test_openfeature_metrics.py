"""How followed flags stand, as Prometheus reads it over a real socket."""

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client.parser import text_string_to_metric_families

from proxy.metrics_page import add_metrics
from proxy.openfeature import Figures
from proxy.openfeature_metrics import OpenFeatureMetrics
from proxy.openfeature_states import KeyState, ProviderState
from proxy.provider_answers import Said
from proxy.stages import Stage

NOW = 1_000.0


async def scraped(figures: Figures) -> dict[str, dict[str, float]]:
    """Name → labels as text → value."""
    application = web.Application()
    add_metrics(application, [OpenFeatureMetrics(figures, clock=lambda: NOW)])
    async with (
        TestServer(application) as server,
        aiohttp.ClientSession() as session,
        session.get(server.make_url("/metrics")) as response,
    ):
        assert response.content_type == "text/plain"
        text = await response.text()
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found.setdefault(sample.name.removeprefix("crossfade_openfeature_"), {})[labels] = sample.value
    return found


async def test_each_flag_tells_its_state_its_silence_and_its_changes() -> None:
    figures = Figures(
        {
            "escrows": KeyState(
                "escrows", "acme", ProviderState.FROZEN, Said(Stage.SHADOW), silent_since=NOW - 75
            ),
            "leads": KeyState("leads", "acme", ProviderState.AGREES),
        },
        {("escrows", "forward"): 2, ("escrows", "back"): 1},
    )

    told = await scraped(figures)

    assert told["watching"] == {"": 1.0}
    assert {labels for labels, value in told["state"].items() if value} == {
        "key=escrows,state=frozen",
        "key=leads,state=agrees",
    }
    assert len(told["state"]) == 2 * len(ProviderState)
    assert told["silent_seconds"] == {"key=escrows": 75.0, "key=leads": 0.0}
    assert told["changes_total"] == {"direction=forward,key=escrows": 2.0, "direction=back,key=escrows": 1.0}


async def test_a_process_that_does_not_watch_tells_no_states() -> None:
    told = await scraped(Figures(changes={("escrows", "back"): 1}))

    assert (told["watching"], told.get("state")) == ({"": 0.0}, None)
    assert told["changes_total"] == {"direction=back,key=escrows": 1.0}
