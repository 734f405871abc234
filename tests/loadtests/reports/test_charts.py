"""The charts of a load test."""

import re
from xml.etree import ElementTree as ET

import msgspec
import pytest
from markupsafe import Markup

from loadtests.reports.charts import (
    distributions,
    of_endpoint,
    over_time,
    percentiles,
    processes,
    ratio,
    ratio_axis,
    ratio_scale,
)
from loadtests.reports.distributions import both
from loadtests.reports.words import time_judgement
from parity.load_results import LoadBlock, LoadTest
from tests.parity.load_results_factory import load_test, mixed, unmeasured


def read(markup: Markup) -> ET.Element:
    return ET.fromstring(markup)  # noqa: S314  we wrote it


def said(root: ET.Element) -> str:
    return root.findtext("desc") or ""


@pytest.fixture(scope="module")
def test() -> LoadTest:
    return load_test()


def test_both_sides_distributions_lie_over_each_other_with_their_medians(test: LoadTest) -> None:
    root = read(distributions("all", "title", *both([test.overall])))

    assert [path.get("class") for path in root.iter("path")] == ["area legacy", "area modern"]
    medians = {one.get("class"): float(str(one.get("x1")).rstrip("%")) for one in root.iter("line")}
    assert medians["median modern"] < medians["median legacy"]
    assert f"legacy {test.overall.legacy.p50_ms:.1f} ms of {test.overall.legacy.judged:,} answers" in said(
        root
    )


def test_the_higher_percentiles_are_the_higher_up(test: LoadTest) -> None:
    root = read(percentiles("spectrum", "title", *both([test.overall])))

    heights = {
        path.get("class"): [int(y) for y in re.findall(r" (\d+)(?= L|$)", str(path.get("d")))]
        for path in root.iter("path")
    }
    assert heights["curve legacy"] == sorted(heights["curve legacy"], reverse=True)
    assert heights["curve modern"][40] > heights["curve legacy"][40]  # lower down: quicker
    assert "99 % within" in said(root)


def test_nothing_measured_is_no_chart() -> None:
    nothing = unmeasured()

    assert distributions("a", "title", *both([nothing])) == ""
    assert percentiles("a", "title", *both([nothing])) == ""
    assert of_endpoint("a", nothing) == ""
    assert over_time(load_test(blocks=[])) == ""


def test_over_time_each_block_has_two_dots_and_cold_stands_apart(test: LoadTest) -> None:
    root = read(over_time(test))

    dots = [str(dot.get("class")).split()[1] for dot in root.iter("circle")]
    assert (dots.count("legacy"), dots.count("modern")) == (2 * 13, 2 * 13)
    assert len(list(root.iter("rect"))) == 1
    assert "cold" in [text.text for text in root.iter("text")]
    left = min(float(str(dot.get("cx")).rstrip("%")) for dot in root.iter("circle"))
    (rect,) = root.iter("rect")
    assert float(str(rect.get("x")).rstrip("%")) < left < 12 + float(str(rect.get("width")).rstrip("%"))


def test_without_cold_nothing_stands_apart() -> None:
    root = read(over_time(load_test(cold=[])))

    assert not list(root.iter("rect"))
    assert "cold" not in [text.text for text in root.iter("text")]
    assert min(float(str(dot.get("cx")).rstrip("%")) for dot in root.iter("circle")) < 15


def test_a_block_that_was_not_measured_is_left_out(test: LoadTest) -> None:
    died = msgspec.structs.replace(test.blocks[0], p50_ms=None, p95_ms=None, problem="it died")

    root = read(over_time(load_test(blocks=[died, *test.blocks[1:]], cold=[])))

    assert len(list(root.iter("circle"))) == 2 * 23


def test_processes_are_a_line_a_side_or_nothing(test: LoadTest) -> None:
    def cpu(block: LoadBlock) -> float | None:
        return block.cpu_ms

    root = read(processes("cpu", "CPU a request", "ms", test.blocks, cpu))
    unknown = [msgspec.structs.replace(block, cpu_ms=None) for block in test.blocks]

    assert [path.get("class") for path in root.iter("path")] == ["curve legacy", "curve modern"]
    assert processes("cpu", "CPU a request", "ms", unknown, cpu) == ""


def test_a_ratio_stands_between_the_ends_of_its_interval_and_says_its_judgement() -> None:
    rows = mixed().endpoints
    slower = next(row for row in rows if row.endpoint == "PUT /v1/escrows/{id}")
    x = ratio_axis(rows)

    root = read(ratio(slower, x))

    (interval,) = [one for one in root.iter("line") if str(one.get("class")).startswith("interval")]
    (mean,) = root.iter("circle")
    low, value, high = (
        float(str(text).rstrip("%")) for text in (interval.get("x1"), mean.get("cx"), interval.get("x2"))
    )
    assert 100 * x.at(1) < low < value < high <= 100
    assert mean.get("class") == "mean missed"


def test_an_endpoint_of_which_nothing_was_measured_has_its_target_only() -> None:
    row = unmeasured()

    root = read(ratio(row, ratio_axis([row])))

    assert [one.get("class") for one in root.iter("line")] == ["alike", "target"]
    assert not list(root.iter("circle"))


def test_an_endless_ratio_does_not_press_the_others_together() -> None:
    test = load_test({"GET /v1/escrows": (40.0, 30.0)})

    x = ratio_axis(test.endpoints)

    assert x.high <= 2.5
    assert next(text.text for text in read(ratio_scale(x)).iter("text")) == "0"
    judged = time_judgement(test.endpoints[0])
    assert judged is not None
    assert x.at(judged.measured.value if judged.measured else 0) == 1.0
