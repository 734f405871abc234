"""The pages in a real browser: every button, live, by keyboard, without scripts, and whatever was captured as text."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from parity.load_tests import LoadTests
from parity.tables import GROUPS
from proxy.console.tokens import Role
from proxy.pilot_runs import PilotRuns
from proxy.stages import Stage
from tests.parity.reports import HOSTILE
from tests.proxy.console.rig import Rig, Store, serving
from tests.proxy.console.scene import hostile, in_the_middle
from tests.support.pages import Visit, visit
from tests.support.threads import in_thread

PICTURES = Path(__file__).parent.parent.parent.parent / "build"
OTHERS = ("appointments", "clients", "contacts", "listings", "users")
PHONE = {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}
PAGES = (
    "/",
    "/domains/escrows",
    "/pilot",
    "/parity",
    "/parity/groups/{group}",
    "/acceptances",
    "/loadtests",
    "/loadtests/{run}",
    "/ledger",
    "/workers",
    "/looks",
    "/settings",
    "/nothing",
)


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A console that nobody changes anything with."""
    store = in_the_middle(tmp_path_factory.mktemp("console"), *OTHERS)
    hostile(store)
    with in_thread(lambda: serving(store)) as rig:
        yield rig


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return in_the_middle(tmp_path_factory.mktemp("template"))


@pytest.fixture
def changed(template: Store, tmp_path: Path) -> Iterator[Rig]:
    """A console of its own, to change with."""
    store = template.copied_to(tmp_path)
    with in_thread(lambda: serving(store)) as rig:
        yield rig


def signed_in(browser: Browser, rig: Rig, role: Role = Role.OPERATOR, **options: object) -> Visit:
    made = visit(browser, **options)
    made.page.goto(f"{rig.url}/sign-in")
    made.page.get_by_label("Access token").fill(rig.store.secrets[role])
    made.page.get_by_role("button", name="Sign in").click()
    expect(made.page.get_by_role("navigation", name="Console")).to_be_visible()
    return made


def group_of(rig: Rig, path: str = "$.data.price") -> str:
    with rig.store.engine.connect() as connection:
        chosen = sa.select(GROUPS.c.id).where(GROUPS.c.path == path)
        return str(connection.execute(chosen).scalar_one())


def load_test_of(rig: Rig) -> str:
    return LoadTests(rig.store.engine).latest(1)[0].id


@pytest.fixture(scope="module")
def admin(browser: Browser, looked_at: Rig) -> Iterator[Visit]:
    found = signed_in(browser, looked_at, Role.ADMIN)
    yield found
    found.context.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_and_within_its_policy_and_asks_nobody_else(
    path: str, admin: Visit, looked_at: Rig
) -> None:
    admin.asked.clear()
    admin.complaints.clear()

    admin.page.goto(looked_at.url + path.format(group=group_of(looked_at), run=load_test_of(looked_at)))
    admin.page.wait_for_load_state("load")

    allowed = [] if path != "/nothing" else ["Failed to load resource"]
    assert admin.violations() == []
    assert [one for one in admin.complaints if not any(word in one for word in allowed)] == []
    assert [url for url in admin.asked if not url.startswith(looked_at.url)] == []
    assert not admin.overflows()


def test_on_a_phone_in_the_dark_it_is_as_good(browser: Browser, looked_at: Rig) -> None:
    phone = signed_in(browser, looked_at, Role.ADMIN, **PHONE)
    found = {}
    test = f"/loadtests/{load_test_of(looked_at)}"
    for path in ("/", "/domains/escrows", test, f"/parity/groups/{group_of(looked_at)}"):
        phone.page.goto(looked_at.url + path)
        found[path] = (phone.violations(), phone.overflows())
    phone.context.close()

    assert set(map(str, found.values())) == {"([], False)"}


def test_captured_bytes_are_text_only(browser: Browser, looked_at: Rig) -> None:
    made = signed_in(browser, looked_at)
    dialogs: list[str] = []
    made.page.on("dialog", lambda dialog: dialogs.append(dialog.message))

    for path in ("/parity", f"/parity/groups/{group_of(looked_at, HOSTILE)}"):
        made.page.goto(looked_at.url + path)
        text = made.page.inner_text("main")
        assert "<script>alert(1)</script>" in text
        assert made.page.locator("main script, main img").count() == 0
    made.context.close()

    assert dialogs == []
    assert [one for one in made.complaints if "policy:" in one] == []
    assert HOSTILE in text


def test_a_load_test_is_drawn_beside_its_baselines_and_can_be_taken_along(
    browser: Browser, looked_at: Rig
) -> None:
    made = signed_in(browser, looked_at)
    page = made.page

    page.goto(f"{looked_at.url}/loadtests/{load_test_of(looked_at)}")
    expect(page.locator(".chart canvas")).to_be_visible()
    legend = page.locator(".chart .u-legend .u-label").all_inner_texts()
    with page.expect_download() as download:
        page.get_by_role("link", name="All figures as JSON").click()
    kept = json.loads(Path(download.value.path()).read_text())
    text = page.inner_text("main")
    partial = LoadTests(looked_at.store.engine).latest(1, scenario="spike")[0].id
    page.goto(f"{looked_at.url}/loadtests/{partial}")
    cut_short = page.inner_text("main")
    made.context.close()

    assert legend == ["after", "legacy median", "modern median", "legacy p95", "modern p95"]
    assert kept["test"]["domains"] == ["escrows"]
    assert "v1.2 (l-00000001): 1 regression" in text
    assert "Not comparable with spike: scenario is steady, was spike; users is 20, was 50." in text
    assert "escrows: ended early, so nothing is decided" in cut_short
    assert "Partial: the modern backend stopped answering; 4 of 12 blocks went through." in cut_short
    assert made.complaints == []


def test_a_flip_elsewhere_is_seen_without_loading_again(browser: Browser, changed: Rig) -> None:
    made = signed_in(browser, changed)
    row = made.page.locator('[data-domain="leads"]')
    expect(made.page.locator("#live")).to_have_text("live")
    made.page.evaluate("window.sameDocument = true")

    changed.store.flip(Stage.CANARY, key="leads")

    expect(row.locator(".stage")).to_have_text("canary")
    expect(row).to_contain_text("5%")
    assert made.page.evaluate("window.sameDocument")

    made.page.goto(f"{changed.url}/pilot")
    expect(made.page.locator("#live")).to_have_text("live")
    pilots = PilotRuns(changed.store.engine, changed.store.flags)
    pilots.wait(pilots.get("escrows"), "outside working hours until Mon")
    expect(made.page.get_by_role("main")).to_contain_text("Waits: outside working hours until Mon")
    pilots.pause(pilots.get("escrows"), "lunch", actor="piet")
    expect(made.page.get_by_role("main")).to_contain_text("Paused: lunch")
    made.context.close()


def turn_pilot(page: Page) -> None:
    """Every button of the pilot of escrows, which is running; in the end another is."""
    page.get_by_role("link", name="Pilot", exact=True).click()
    page.get_by_role("button", name="Pause the pilot of escrows").click()
    expect(page.get_by_role("status")).to_contain_text(
        "The pilot of escrows is paused: 3 of 7 steps to complete"
    )
    page.get_by_role("button", name="Resume the pilot of escrows").click()
    expect(page.get_by_role("status")).to_contain_text(
        "The pilot of escrows is running: 0 of 7 steps to complete"
    )
    page.get_by_placeholder("why, if there is a reason").fill("enough of it")
    page.get_by_role("button", name="Stop the pilot of escrows").click()
    expect(page.get_by_role("listitem").filter(has_text="stopped: enough of it")).to_contain_text("olivia")
    page.get_by_role("link", name="escrows", exact=True).click()
    form = page.get_by_role("form", name="Start a pilot")
    form.get_by_label("Stage to end at").select_option("canary")
    form.get_by_text("Its policy").click()
    form.get_by_label("Policy (TOML)").fill("[[steps]]")
    form.get_by_role("button", name="Start the pilot").click()
    expect(page.get_by_role("alert").first).to_contain_text(
        "policy_name: 'default': expected a name of its own"
    )
    form.get_by_label("Policy (TOML)").fill("")
    form.get_by_role("button", name="Start the pilot").click()
    expect(page.get_by_role("status")).to_contain_text(
        "The pilot of escrows is running: 0 of 5 steps to canary"
    )


def test_every_button_does_what_it_says(browser: Browser, changed: Rig) -> None:
    made = signed_in(browser, changed)
    page, store = made.page, changed.store
    expect(page.get_by_role("heading", level=1)).to_contain_text("Modern serves 1 domain of 2")

    page.get_by_role("link", name="Advance leads to canary").click()
    page.get_by_role("region", name="Change").get_by_label("Reason").first.fill("leads are good")
    page.get_by_role("button", name="Advance to canary").click()
    expect(page.get_by_role("alert").first).to_contain_text("leads does not go from shadow to canary")
    expect(page.get_by_role("form", name="Advance to canary").get_by_label("Reason")).to_have_value(
        "leads are good"
    )

    store.judge.ready.add("leads")
    store.tokens.create(
        "x", Role.VIEWER, days=1, actor="test"
    )  # another version, and another verdict with it
    page.goto(f"{changed.url}/domains/leads")
    page.get_by_role("form", name="Advance to canary").get_by_label("Reason").fill("leads are good")
    page.get_by_label("Share of clients, %").fill("12.5")
    page.get_by_role("button", name="Advance to canary").click()
    expect(page.get_by_role("status")).to_contain_text("leads: shadow → canary 12.5%")
    expect(page.get_by_role("status")).to_contain_text("served by 2 proxy workers")

    form = page.get_by_role("form", name="Set the canary share")
    form.get_by_label("Share of clients, %").fill("40")
    form.get_by_label("Reason").fill("more of them")
    form.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("canary 12.5% → canary 40%")

    form = page.get_by_role("form", name="Roll back to a named stage")
    form.get_by_label("Stage").select_option("shadow")
    form.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("leads: canary 40% → shadow")

    page.get_by_role("button", name="Roll back to legacy").click()
    expect(page.get_by_role("status")).to_contain_text("leads: shadow → off")

    page.get_by_role("link", name="Overview").first.click()
    page.get_by_role("button", name="Roll back escrows").click()
    expect(page.get_by_role("status")).to_contain_text("escrows: canary 5% → off")
    assert page.url == f"{changed.url}/"

    store.flip(Stage.SHADOW)
    page.goto(f"{changed.url}/")
    page.get_by_role("button", name="Roll back everything").click()
    expect(page.get_by_role("status")).to_contain_text("escrows: shadow → off")

    turn_pilot(page)

    page.get_by_role("link", name="Ledger").click()
    expect(page.get_by_role("listitem").filter(has_text="more of them")).to_contain_text("olivia")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Access token")).to_be_visible()
    page.goto(f"{changed.url}/ledger")
    expect(page.get_by_label("Access token")).to_be_visible()
    made.context.close()


def test_a_group_is_accepted_and_taken_back(browser: Browser, changed: Rig) -> None:
    made = signed_in(browser, changed)
    page = made.page
    page.get_by_role("link", name="Differences").click()
    page.get_by_role("link", name="$.data.price").last.click()
    expect(page.locator(".row").first).to_contain_text("445000")

    page.get_by_label("Reason").fill("a fraction of a cent")
    page.get_by_label("Last day").fill((datetime.now(UTC).date() + timedelta(days=7)).isoformat())
    page.get_by_label("Ticket, if there is one").fill("https://tracker.test/1")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("status")).to_contain_text("a fraction of a cent")
    expect(page.get_by_text("accepted since").first).to_be_visible()

    page.get_by_role("link", name="Accepted", exact=True).click()
    page.get_by_placeholder("why").fill("it is fixed")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_role("listitem").filter(has_text="a fraction of a cent")).to_contain_text("withdrawn")

    page.get_by_role("link", name="Differences").click()
    page.get_by_role("link", name="Accept Cause 1").click()
    page.get_by_label("Everything with this cause (3 groups)").check()
    page.get_by_label("Reason").fill("one fault for both")
    page.get_by_label("Last day").fill((datetime.now(UTC).date() + timedelta(days=7)).isoformat())
    page.get_by_label("Kind, of this group alone").select_option("any kind")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("alert").first).to_contain_text("kind: expected with one group alone")
    expect(page.get_by_label("Everything with this cause (3 groups)")).to_be_checked()
    page.get_by_label("Kind, of this group alone").select_option("")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("status")).to_contain_text("3 differences of GET /v1/escrows: one fault for both")
    expect(page.get_by_text("accepted since").first).to_be_visible()
    made.context.close()


def test_of_two_operators_the_second_is_told_of_the_first(browser: Browser, changed: Rig) -> None:
    store = changed.store
    store.judge.ready.update(("escrows", "leads"))
    first, second = signed_in(browser, changed), signed_in(browser, changed, Role.ADMIN)
    for one in (first, second):
        one.page.goto(f"{changed.url}/domains/escrows")
        one.page.get_by_role("form", name="Advance to live").get_by_label("Reason").fill("go")

    store.tokens.create("x", Role.VIEWER, days=1, actor="test")
    version = second.page.locator(f'#version[data-version="{store.flags.version()}"]')
    expect(version).to_be_attached()
    expect(second.page.locator("#changed")).to_be_hidden()
    first.page.get_by_role("button", name="Advance to live").click()
    expect(first.page.get_by_role("status")).to_contain_text("escrows: canary 5% → live")
    expect(second.page.locator("#changed")).to_be_visible()
    second.page.get_by_role("button", name="Advance to live").click()

    expect(second.page.get_by_role("alert").first).to_contain_text("escrows was changed since version")
    assert store.flags.table().rows["escrows"].stage is Stage.LIVE
    for one in (first, second):
        one.context.close()


def test_by_keyboard_alone_a_rollback_is_a_few_keys_away(browser: Browser, changed: Rig) -> None:
    made = signed_in(browser, changed)
    page = made.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Roll back everything")).to_be_focused()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")

    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("→ off")
    assert outline == "solid"
    assert {flag.stage for flag in changed.store.flags.table().rows.values()} == {Stage.OFF}
    made.context.close()


def test_without_scripts_everything_is_shown_and_changed(browser: Browser, changed: Rig) -> None:
    made = signed_in(browser, changed, java_script_enabled=False)

    made.page.get_by_role("button", name="Roll back escrows").click()

    assert "escrows: canary 5% → off" in made.page.inner_text("[role=status]")
    assert changed.store.flags.history(1)[0].actor == "olivia"
    made.context.close()


def test_a_viewer_sees_everything_and_has_nothing_to_press(browser: Browser, looked_at: Rig) -> None:
    made = signed_in(browser, looked_at, Role.VIEWER)
    buttons = {}
    for path in ("/", "/domains/escrows", "/pilot", f"/parity/groups/{group_of(looked_at)}", "/acceptances"):
        made.page.goto(looked_at.url + path)
        buttons[path] = [one.inner_text() for one in made.page.locator("main form[method=post] button").all()]
    made.context.close()

    assert set(map(tuple, buttons.values())) == {()}


def test_pictures_are_made(browser: Browser, looked_at: Rig) -> None:
    """`make screenshot` puts them into docs/img."""
    PICTURES.mkdir(exist_ok=True)
    made = signed_in(browser, looked_at, Role.OPERATOR, viewport={"width": 1280, "height": 760})
    page = made.page
    page.screenshot(path=PICTURES / "console.png")
    page.set_viewport_size({"width": 1280, "height": 1180})
    page.goto(f"{looked_at.url}/domains/escrows")
    expect(page.locator(".chart canvas")).to_be_visible()
    page.screenshot(path=PICTURES / "console-domain.png")
    page.goto(f"{looked_at.url}/parity/groups/{group_of(looked_at)}")
    page.screenshot(path=PICTURES / "console-group.png")
    page.set_viewport_size({"width": 1280, "height": 660})
    page.goto(f"{looked_at.url}/pilot")
    page.screenshot(path=PICTURES / "console-pilot.png")
    page.set_viewport_size({"width": 1280, "height": 1240})
    page.goto(f"{looked_at.url}/loadtests/{load_test_of(looked_at)}")
    expect(page.locator(".chart canvas")).to_be_visible()
    page.screenshot(path=PICTURES / "console-load-test.png")
    phone = signed_in(browser, looked_at, Role.OPERATOR, **PHONE)
    phone.page.screenshot(path=PICTURES / "console-phone.png")
    for one in (made, phone):
        one.context.close()

    assert (PICTURES / "console.png").stat().st_size > 20_000
