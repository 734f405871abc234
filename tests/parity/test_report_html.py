"""The page: alone, strict, captured bytes as text, and good to use on a desk and on a phone."""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request

from parity.outcome import Aside
from parity.report import Report
from parity.report_html import render_html
from parity.tally import Balance, Tally
from tests.parity.reports import HOSTILE, group, noisy, report, sample

Open = Callable[..., Page]


class Outline(HTMLParser):
    """What tags and attributes a page has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser."""
        self.tags.append(tag)
        self.attributes.extend(attrs)


def hostile() -> Report:
    both = sample(legacy=f'"{HOSTILE}"', modern=HOSTILE, target=HOSTILE, path=HOSTILE, exchange=HOSTILE)
    return report(
        groups=(group(path=HOSTILE, endpoint=HOSTILE, kind=HOSTILE, samples=(both,)),),
        noise=(noisy(path=HOSTILE, endpoint=HOSTILE, shape=HOSTILE),),
        domain=HOSTILE,
    )


def test_it_says_the_verdict_and_every_number() -> None:
    text = render_html(report())

    for said in (
        "3 of 1,204 comparisons differ, in 1 group at 1 endpoint.",
        "1,217 mirrored = 1,217 outcomes + 0 in flight",
        "6.10 → 3.50 (0.57x)",
        "$.data.details.purchasePrice",
        "Q-16: items gain field",
        "445001",
    ):
        assert said in text


def test_noise_is_a_table_of_its_own() -> None:
    with_noise, without = render_html(report(noise=(noisy(),))), render_html(report())

    for said in ("$.data.meta.requestId", "7 of 12 (58.33%)", "string (uuid)", '<h2 id="noise">'):
        assert said in with_noise
        assert said not in without


def test_what_asking_again_brought_is_in_the_books() -> None:
    tally = Tally(asides={Aside.CONFIRMATIONS: {"persisted": 3, "moved": 1}})

    assert "<dt>confirmations</dt><dd>persisted 3, moved 1</dd>" in render_html(report(tally=tally))


def test_captured_bytes_are_text_only() -> None:
    page = Outline(render_html(hostile()))

    assert "script" not in page.tags
    assert "img" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_it_needs_nothing_from_outside() -> None:
    page = Outline(render_html(report()))
    names = {name for name, _ in page.attributes}

    assert names & {"src", "href", "srcset", "action", "style"} == set()
    assert {"link", "script", "iframe", "object", "img"} & set(page.tags) == set()


def test_its_policy_allows_its_own_style_sheet_only() -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', render_html(report()))

    assert policy is not None
    assert policy[1].startswith("default-src &#39;none&#39;; style-src &#39;sha256-")
    assert "unsafe" not in policy[1]


def test_headers_of_tables_have_a_scope_and_sections_a_name() -> None:
    text = render_html(report())

    assert re.findall(r"<th(?![^>]*scope=)[ >]", text) == []
    assert re.findall(r"<section(?![^>]*aria-labelledby=)", text) == []
    assert {"header", "main", "footer"} <= set(Outline(text).tags)


def test_an_imbalance_is_an_alert() -> None:
    assert 'role="alert">THE BOOKS DO NOT BALANCE' in render_html(
        report(balance=Balance(mirrored=2, outcomes=1))
    )


def test_an_empty_store_is_a_page_too() -> None:
    text = render_html(report(tally=Tally(), endpoints=(), groups=(), balance=Balance()))

    assert "Nothing has been compared yet." in text
    assert "None that nobody has accepted." in text


def test_lines_that_differ_are_marked_on_both_sides() -> None:
    both = sample(legacy='{\n  "a": 1,\n  "b": 2\n}', modern='{\n  "a": 1,\n  "b": 3\n}')

    text = render_html(report(groups=(group(samples=(both,)),)))

    assert re.findall(r"<mark>\s*(.*?)</mark>", text) == ["&#34;b&#34;: 2", "&#34;b&#34;: 3"]


def _listen(page: Page, complaints: list[str], asked: list[str]) -> None:
    def console(message: ConsoleMessage) -> None:
        complaints.append(message.text)

    def fault(error: Error) -> None:
        complaints.append(error.message)

    def request(made: Request) -> None:
        asked.append(made.url)

    page.on("console", console)
    page.on("pageerror", fault)
    page.on("request", request)


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a report in a browser, and at the end asserts that it asked for nothing and complained of nothing."""
    complaints: list[str] = []
    asked: list[str] = []
    pages: list[Page] = []

    def open_page(found: Report, width: int = 1280, scheme: str = "light") -> Page:
        file = tmp_path / "report.html"
        file.write_text(render_html(found))
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]  # a literal
        _listen(page, complaints, asked)
        page.goto(file.as_uri())
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert complaints == []
    assert set(asked) == {(tmp_path / "report.html").as_uri()}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_scrolls_sideways_and_nothing_is_asked_for(opened: Open, width: int, scheme: str) -> None:
    long = group(path="$.data" + ".nested" * 40, samples=(sample(legacy='"' + "x" * 3_000 + '"'),))

    noise = (noisy(path="$.data" + ".nested" * 40, other_shape=1),)
    page = opened(report(groups=(long, group(id="c")), noise=noise), width, scheme)

    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_hostile_values_do_nothing_in_a_browser(opened: Open) -> None:
    page = opened(hostile(), 360)

    assert page.locator("script, img").count() == 0
    assert HOSTILE in page.locator("pre").first.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_colours_follow_the_reader(opened: Open) -> None:
    shades = [
        opened(report(), scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]

    assert shades == ["rgb(246, 247, 249)", "rgb(17, 20, 23)"]


def test_a_group_opens_by_keyboard(opened: Open) -> None:
    page = opened(report(groups=(group(), group(id="second", path="$.other"))))
    second = page.locator("#group-second")
    assert second.get_attribute("open") is None

    second.locator("summary").focus()
    page.keyboard.press("Enter")

    assert second.get_attribute("open") is not None
    assert second.locator("pre").first.is_visible()


def test_a_screen_reader_finds_the_parts(opened: Open) -> None:
    page = opened(report(noise=(noisy(),)), 360)

    assert page.get_by_role("rowheader", name="$.data.meta.requestId").count() == 1
    assert page.get_by_role("main").count() == 1
    assert page.get_by_role("heading", level=1).inner_text().startswith("3 of 1,204")
    assert page.get_by_role("rowheader", name="GET /v1/escrows/{id}", exact=True).count() == 1
    assert page.get_by_role("img", name="1,160 match").count() == 1
