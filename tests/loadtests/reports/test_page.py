"""The page of a load test: alone, strict, good to look at on a desk and a phone, and for those who do not see it."""

import html
import re
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser

from loadtests.reports.page import render_html
from parity.load_results import LoadTest
from tests.parity import load_results_factory as made
from tests.parity.load_results_factory import load_test, mixed, unmeasured
from tests.support.pages import Outline, Visit, opened_file

PICTURES = Path(__file__).parents[3] / "build"
HOSTILE = "<img src=x onerror=alert(1)>\"'</style><script>alert(1)</script>"


def hostile() -> LoadTest:
    row = msgspec.structs.replace(mixed().endpoints[0], endpoint=HOSTILE, domain=HOSTILE)
    died = msgspec.structs.replace(mixed().blocks[0], problem=HOSTILE)
    return mixed(
        domains=[HOSTILE],
        endpoints=[row],
        blocks=[died],
        problem=HOSTILE,
        notes=[HOSTILE],
        left_out={HOSTILE: HOSTILE},
    )


def opened(
    browser: Browser,
    folder: Path,
    test: LoadTest,
    width: int = 1280,
    scheme: str = "light",
    *,
    unfolded: bool = True,
) -> Visit:
    """The page of it."""
    window = {"width": width, "height": 1100}
    visitor = opened_file(
        browser, folder / "loadtest.html", render_html(test), viewport=window, color_scheme=scheme
    )
    if unfolded:
        visitor.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    return visitor


def test_it_says_the_answer_and_every_number() -> None:
    text = html.unescape(render_html(mixed()))

    for said in (
        '<h1 class="verdict differs">Missed: 2 of 19 binding targets, 1 undecided. PUT /v1/escrows/{id}: not slower 1.14',
        "9 more pairs of blocks (about 2 min) would decide it",
        "0.52 (0.49-0.55)",
        "86% of 620",
        "0 of 3,723",
        "p50 16.9 → 10.6 ms",
        "82% of 3,130",
        "1 process, 6.1 ms CPU a request, 37% of a core",
        "2 cores, 7.8 GiB, Linux 6.1, Python 3.11.2, Crossfade 0.1.0.",
        "All 54",
    ):
        assert said in text


def test_its_charts_have_names_and_tables_stand_behind_them() -> None:
    text = render_html(mixed())

    names = re.findall(r'<title id="([\w-]+)-title">', text)
    assert names[:2] == ["all", "spectrum"]
    assert {"over-time", "cpu", "memory", "endpoint-0", "endpoint-11"} <= set(names)
    assert len(names) == len(set(names))
    assert text.count('<svg class="chart"') == len(names)
    assert text.count("<table") >= 6
    assert re.findall(r"<th(?![^>]*scope=)[ >]", text) == []


def test_it_needs_nothing_from_outside_and_no_script() -> None:
    text = render_html(hostile())
    page = Outline(text)
    names = {name for name, _ in page.attributes}

    assert names & {"src", "srcset", "action", "style"} == set()
    assert {"script", "link", "iframe", "object", "img"} & set(page.tags) == set()
    assert not [name for name in names if name.startswith("on")]
    assert all(str(value).startswith("#") for name, value in page.attributes if name == "href")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/]+='; base-uri 'none'; form-action 'none'",
        html.unescape(policy[1]),
    )


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    test = mixed()
    few = mixed(endpoints=test.endpoints[:4], cold=test.cold[:2], blocks=test.blocks[:6])

    visitor = opened(browser, tmp_path, few, width, scheme)

    assert visitor.complaints == []
    assert visitor.violations() == []
    assert not visitor.overflows()
    assert visitor.asked == [(tmp_path / "loadtest.html").as_uri()]
    visitor.context.close()


def test_hostile_names_do_nothing_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    visitor = opened(browser, tmp_path, hostile(), 360)

    assert visitor.page.locator("img, script").count() == 0
    assert visitor.page.get_by_role("alert").inner_text().startswith("PARTIAL: <img src=x")
    assert not visitor.overflows()
    assert visitor.complaints == []
    visitor.context.close()


def test_charts_fill_their_column_and_are_in_the_picture_of_the_documentation(
    browser: Browser, tmp_path: Path
) -> None:
    """`make screenshot` puts it into docs/img."""
    PICTURES.mkdir(exist_ok=True)
    visitor = opened(browser, tmp_path, mixed(), unfolded=False)
    chart = visitor.page.get_by_role("img", name="How long answers took, all endpoints")

    box = chart.bounding_box()
    visitor.page.screenshot(path=PICTURES / "loadtest-report.png")
    visitor.context.close()

    assert box is not None
    assert 450 < box["width"] < 600
    assert 250 < box["height"] < 300
    assert (PICTURES / "loadtest-report.png").stat().st_size > 20_000


def test_a_partial_run_is_an_alert_and_has_no_mood() -> None:
    text = render_html(made.partial())

    assert 'role="alert">PARTIAL: the modern backend at http://127.0.0.1:8082 stopped answering' in text
    assert '<h1 class="verdict ">Undecided: the run is not whole' in text


def test_what_binds_and_was_not_measured_says_why() -> None:
    silent = made.judgement(
        measured=None, judgement="undecided", binding=True, why="modern says nothing of it"
    )
    overall = msgspec.structs.replace(load_test().overall, judgements=[silent])

    text = render_html(load_test(overall=overall))

    assert "response time: not measured (modern says nothing of it), target at most 0.80" in text


def test_a_run_in_which_nothing_was_measured_is_a_page_too() -> None:
    nothing = unmeasured("", "all endpoints")

    text = render_html(
        load_test(
            overall=nothing,
            by_domain=[],
            endpoints=[unmeasured()],
            cold=[],
            blocks=[],
            processes=[],
            judgement="undecided",
            problem="no backend at http://127.0.0.1:9",
        )
    )

    assert "Undecided: nothing was measured" in text
    assert "not measured: nobody knows the processes" in text.lower()
    assert '<svg class="chart"' not in text
    assert all(f'href="#{anchor}"' not in text for anchor in ("times", "course", "cold"))
