"""Numbers as Prometheus reads them."""

import asyncio
from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.samples import Sample

from parity.exposition import Family, FamilyCollector, Kind, Reading, Readings, expose

OPENMETRICS = "application/openmetrics-text;version=1.0.0"


class Many(FamilyCollector):
    """One family with so many samples."""

    def __init__(self, samples: int) -> None:
        self.samples = samples

    def families(self) -> Sequence[Family]:
        samples = (Sample("many", {"n": str(n)}, n) for n in range(self.samples))
        return [Family("many", "Many.", Kind.GAUGE, samples)]


async def test_a_reading_is_read_when_the_page_is_asked_for() -> None:
    held = 1
    readings = Readings([Reading("held_bytes", "Held.", lambda: held)])

    first, _ = await expose([readings], OPENMETRICS)
    held = 2
    second, _ = await expose([readings], OPENMETRICS)

    assert first == b"# HELP held_bytes Held.\n# TYPE held_bytes gauge\nheld_bytes 1.0\n# EOF\n"
    assert b"held_bytes 2.0\n" in second


@pytest.mark.parametrize(
    ("accept", "content_type", "ends"),
    [
        (OPENMETRICS, "application/openmetrics-text; version=1.0.0", b"\n# EOF\n"),
        ("text/html, */*;q=0.1", "text/plain; version=0.0.4", b"up 1.0\n"),
        ("", "text/plain; version=0.0.4", b"up 1.0\n"),
    ],
)
async def test_the_format_is_the_one_that_is_accepted(accept: str, content_type: str, ends: bytes) -> None:
    page, named = await expose([Readings([Reading("up", "Up.", lambda: 1)])], accept)

    assert named.startswith(content_type)
    assert page.endswith(ends)


async def test_a_counter_has_its_suffix_in_both_formats() -> None:
    readings = Readings(
        [Reading("shed", "Shed.", lambda: 3, Kind.COUNTER, {"reason": reason}) for reason in ("a", "b")]
    )

    for accept, parse in ((OPENMETRICS, parse_openmetrics), ("", parse_text)):
        page, _ = await expose([readings], accept)
        (family,) = parse(page.decode())
        assert [(one.name, one.labels, one.value) for one in family.samples] == [
            ("shed_total", {"reason": "a"}, 3.0),
            ("shed_total", {"reason": "b"}, 3.0),
        ]


@pytest.mark.parametrize("accept", [OPENMETRICS, ""])
@pytest.mark.parametrize("samples", [0, 1, 50, 51, 120])
async def test_a_page_in_pieces_is_the_page_in_one(accept: str, samples: int) -> None:
    registry = CollectorRegistry()
    registry.register(Many(samples))

    page, _ = await expose([Many(samples)], accept)

    assert page.count(b"# HELP") == 1
    if not accept:
        assert page == generate_latest(registry)
    else:
        (family,) = parse_openmetrics(page.decode())  # type: ignore[no-untyped-call]  # theirs has no annotation
        assert [one.value for one in family.samples] == list(range(samples))


async def test_the_loop_serves_while_a_long_page_is_written() -> None:
    turns = 0

    async def serve() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    serving = asyncio.create_task(serve())
    await expose([Many(1_000)], OPENMETRICS)
    serving.cancel()

    assert turns >= 20
