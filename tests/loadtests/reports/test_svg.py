"""Charts as SVG: they have a name, stand in per cent, and take no style of their own."""

from xml.etree import ElementTree as ET

from markupsafe import Markup

from loadtests.reports.axes import linear
from loadtests.reports.svg import area, band, below, chart, curve, dots, frame, line, upright


def read(parts: list[Markup]) -> ET.Element:
    return ET.fromstring(chart("own", "a < b", "as it is & was", parts))  # noqa: S314  we wrote it


def test_a_chart_names_itself_to_those_who_do_not_see_it() -> None:
    root = read([])

    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "own-title own-desc"
    assert [(part.tag, part.get("id"), part.text) for part in root] == [
        ("title", "own-title", "a < b"),
        ("desc", "own-desc", "as it is & was"),
    ]


def test_axes_bear_their_numbers_and_names() -> None:
    root = read(frame(linear(1.0, wanted=2), linear(10.0, wanted=2), "minutes", "ms"))

    assert [text.text for text in root.iter("text")] == ["0", "5", "10", "0", "0.5", "1", "minutes", "ms"]
    nameless = read(frame(linear(1.0, wanted=1), linear(1.0, wanted=1), "", ""))
    assert [text.text for text in nameless.iter("text")] == ["0", "1", "0", "1"]


def test_a_curve_goes_through_its_points_from_the_lower_left() -> None:
    (path,) = read([curve([(0.0, 0.0), (0.5, 0.25), (1.0, 1.0)], "legacy")]).iter("path")

    assert path.get("d") == "M0 1000 L500 750 L1000 0"
    assert path.get("class") == "curve legacy"
    assert curve([], "legacy") == ""


def test_bars_are_one_shape_from_the_left_to_the_right() -> None:
    (path,) = read([area([0.5, 1.0], "modern")]).iter("path")

    assert path.get("d") == "M0 1000 L0 500 L500 500 L500 0 L1000 0 L1000 1000 Z"


def test_places_are_per_cent_and_nothing_has_a_style() -> None:
    root = read(
        [
            dots([(0.0, 0.0), (1.0, 1.0)], "legacy faint"),
            upright(0.5, "median"),
            band(0.0, 0.1, "cold"),
            below(0.05, "cold"),
            line((1.234567, 2.0), (3.0, 4.0), "tick"),
        ]
    )

    assert [(dot.get("cx"), dot.get("cy")) for dot in root.iter("circle")] == [("12%", "84%"), ("98%", "4%")]
    assert [one.get("x1") for one in root.iter("line")] == ["55%", "1.23%"]
    assert not [part for part in root.iter() if "style" in part.attrib]


def test_words_from_outside_stay_words() -> None:
    root = read([below(0.5, "<script>")])

    assert [text.text for text in root.iter("text")] == ["<script>"]
