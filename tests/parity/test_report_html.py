"""The page: alone, strict, captured bytes as text, and good to use on a desk and on a phone."""

import base64
import hashlib
import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from parity.outcome import Aside
from parity.report import Report
from parity.report_html import render_html
from parity.tally import Balance, Tally
from parity.verdict_summary import Lack, VerdictSummary
from tests.parity.reports import HOSTILE, accepted_as, fleeting, group, noisy, report, sample, together
from tests.support.pages import Outline, Visit, opened_file

Open = Callable[..., Page]


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

    assert page.tags.count("script") == 1  # ours
    assert "img" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_it_needs_nothing_from_outside() -> None:
    page = Outline(render_html(report()))
    names = {name for name, _ in page.attributes}

    assert names & {"src", "srcset", "action", "style"} == set()
    assert {"link", "iframe", "object", "img"} & set(page.tags) == set()
    assert all(str(value).startswith("#") for name, value in page.attributes if name == "href")


def test_the_only_links_that_leave_it_are_tickets_of_acceptances() -> None:
    hostile_ticket = accepted_as(ticket="javascript:alert(1)", name="a-2")
    found = group(accepts=(accepted_as(), hostile_ticket))

    page = Outline(render_html(report(groups=(found,))))

    links = [value for name, value in page.attributes if name == "href" and not str(value).startswith("#")]
    assert links == ["https://tracker.test/1"]


def test_its_policy_allows_its_own_style_sheet_and_script_only() -> None:
    text = render_html(report())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)

    assert policy is not None
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert html.unescape(policy[1]).split("; ")[0] == "default-src 'none'"
    assert html.unescape(policy[1]).split("; ")[2] == f"script-src 'sha256-{digest}'"
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


def test_words_that_differ_are_marked_on_both_sides() -> None:
    both = sample(legacy='{\n  "a": 1,\n  "b": 2\n}', modern='{\n  "a": 1,\n  "b": 3\n}')

    text = render_html(report(groups=(group(samples=(both,)),)))

    assert re.findall(r"<del>(.*?)</del>", text) == ["2"]
    assert re.findall(r"<ins>(.*?)</ins>", text) == ["3"]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a report in a browser, and at the end asserts that it asked for nothing and complained of nothing."""
    visits: list[Visit] = []

    def open_page(
        found: Report, width: int = 1280, scheme: str = "light", *, anchor: str = "", scripts: bool = True
    ) -> Page:
        visitor = opened_file(
            browser,
            tmp_path / "report.html",
            render_html(found),
            anchor=anchor,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
        )
        visits.append(visitor)
        return visitor.page

    yield open_page
    for visitor in visits:
        visitor.context.close()
    assert [visitor.complaints for visitor in visits] == [[]] * len(visits)
    asked = {url.partition("#")[0] for visitor in visits for url in visitor.asked}
    assert asked == {(tmp_path / "report.html").as_uri()}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_scrolls_sideways_and_nothing_is_asked_for(opened: Open, width: int, scheme: str) -> None:
    long = group(path="$.data" + ".nested" * 40, samples=(sample(legacy='"' + "x" * 3_000 + '"'),))

    noise = (noisy(path="$.data" + ".nested" * 40, other_shape=1),)
    page = opened(report(groups=(long, group(id="c")), noise=noise), width, scheme)

    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_hostile_values_do_nothing_in_a_browser(opened: Open) -> None:
    page = opened(hostile(), 360)

    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0
    assert HOSTILE in page.locator("pre.modern").first.inner_text()
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

    second.locator("> summary").focus()
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


def shown(page: Page) -> list[str | None]:
    """The ids of the groups that can be seen, in their order on the page."""
    cards = page.locator("details.group:visible").all()
    return [card.get_attribute("id") for card in cards]


@pytest.fixture
def three(opened: Open) -> Page:
    """A page with three open groups that differ in everything."""
    groups = (
        group(id="one", path="$.a", n=9, share=0.1, last_seen_at=3.0, samples=()),
        group(id="two", path="$.b", kind="type", n=5, share=0.9, last_seen_at=1.0, samples=()),
        group(id="six", path="$.c", n=2, share=0.5, last_seen_at=9.0, endpoint="GET /v1/leads", samples=()),
    )
    return opened(report(groups=groups))


def test_groups_are_searched_by_all_words_and_the_rest_is_hidden(three: Page) -> None:
    three.keyboard.press("/")
    three.keyboard.type("leads VALUE")

    assert shown(three) == ["group-six"]
    assert three.get_by_role("status").inner_text() == "1 of 3 groups"
    three.keyboard.press("Escape")
    assert len(shown(three)) == 3


def test_groups_are_filtered_by_kind_and_endpoint(three: Page) -> None:
    three.get_by_role("combobox", name="Kind").select_option("value")
    assert shown(three) == ["group-one", "group-six"]

    three.get_by_role("combobox", name="Endpoint").select_option("GET /v1/leads")
    assert shown(three) == ["group-six"]


@pytest.mark.parametrize(
    ("order", "ids"), [("share", "two six one"), ("last", "six one two"), ("endpoint", "one two six")]
)
def test_groups_are_put_in_another_order(three: Page, order: str, ids: str) -> None:
    three.get_by_role("combobox", name="Order").select_option(order)

    assert shown(three) == [f"group-{name}" for name in ids.split()]


def test_endpoints_are_sorted_by_a_column_and_say_so(opened: Open) -> None:
    page = opened(report())

    head = page.get_by_role("columnheader", name="endpoint")
    head.get_by_role("button").click()
    head.get_by_role("button").click()

    assert head.get_attribute("aria-sort") == "ascending"
    differ = page.get_by_role("columnheader", name="differ")
    differ.get_by_role("button").press("Enter")
    assert (head.get_attribute("aria-sort"), differ.get_attribute("aria-sort")) == (None, "descending")


def test_a_link_to_a_group_opens_it(opened: Open) -> None:
    page = opened(together(), anchor="#group-aaaa00000002")
    assert page.locator("#group-aaaa00000002").get_attribute("open") is not None

    page.locator("#causes ~ .cause li a").first.click()

    assert page.locator("#group-aaaa00000001").get_attribute("open") is not None


def test_a_command_is_copied_as_it_stands(opened: Open) -> None:
    page = opened(report(groups=(group(),)))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("details.again summary").first.click()

    button = page.get_by_role("button", name="Copy the command for modern")
    button.click()

    page.wait_for_function("document.querySelectorAll('.command button')[1].textContent === 'Copied'")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator(".command code").nth(1).inner_text()
    assert copied.startswith('curl -sSig "$MODERN"')


def test_without_scripts_everything_can_be_read(opened: Open) -> None:
    page = opened(together(), scripts=False)

    assert not page.locator(".tools").is_visible()
    page.locator("#group-aaaa00000002 > summary").click()
    assert page.locator("#group-aaaa00000002 .row.differs .modern").first.is_visible()


def test_on_a_phone_equal_lines_stand_once_and_changed_ones_below_each_other(opened: Open) -> None:
    both = sample(legacy='{\n  "a": 1\n}', modern='{\n  "a": 2\n}')

    page = opened(report(groups=(group(samples=(both,)),)), 360)

    assert page.locator(".diff pre:visible").all_inner_texts() == ["{", '  "a": 1', '  "a": 2', "}"]


def test_on_paper_every_group_is_open_and_the_tools_are_gone(opened: Open) -> None:
    page = opened(together())
    page.emulate_media(media="print")

    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.group[open]").count() == 2
    assert not page.locator(".tools").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details.group[open]").count() == 1


def test_five_hundred_groups_are_searched_while_typing(opened: Open) -> None:
    text = "{\n" + ",\n".join(f'  "k{number}": {number}' for number in range(20)) + "\n}"
    both = (sample(legacy=text, modern=text.replace(": 7", ": 99")),) * 2
    groups = tuple(group(id=f"g{number}", path=f"$.k{number}", samples=both) for number in range(500))
    page = opened(report(groups=groups))

    page.get_by_role("searchbox").fill("k499")
    assert shown(page) == ["group-g499"]

    took_ms = page.evaluate(
        """() => {
          const { elements } = document.querySelector(".tools"), begun = performance.now();
          elements.text.value = "k49";
          elements.text.dispatchEvent(new Event("input", { bubbles: true }));
          return performance.now() - begun + 0 * document.body.offsetHeight;
        }"""
    )
    assert took_ms < 250


def test_a_sample_of_a_write_check_says_which_write_it_checks() -> None:
    checked = group(checks=1, writes=("POST /v1/escrows",), samples=(sample(write="POST /v1/escrows"),))

    page = render_html(report(groups=(checked,)))

    assert "legacy wrote for the client; read to check POST /v1/escrows</p>" in page
    assert "read to check" not in render_html(report())


def test_what_comes_and_goes_is_a_table_of_its_own() -> None:
    page, without = render_html(report(fleeting=(fleeting(),))), render_html(report())

    for said in ('<h2 id="fleeting">', '<span class="bad">7 of 1,204 (0.58%)</span>', 'href="#fleeting"'):
        assert said in page
        assert said not in without


def test_the_verdicts_stand_first_and_say_what_lacks() -> None:
    lacking = VerdictSummary("escrows", "no", 60.0, wrong=(Lack("groups", "1 <b>open</b> group"),))
    page = render_html(report(verdicts=(lacking, VerdictSummary("leads", "ready"))))

    assert page.index('<h2 id="verdicts">') < page.index('<h2 id="outcomes">')
    assert (
        '<strong>escrows</strong> <span class="badge bad">no</span> <span class="note">groups</span>' in page
    )
    assert "<li><b>groups</b>: 1 &lt;b&gt;open&lt;/b&gt; group</li>" in page
    assert "<li>Every condition holds.</li>" in page
    assert 'id="verdicts"' not in render_html(report())
