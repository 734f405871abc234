"""`crossfade demo` tells the whole story, and its summary is true."""

import json
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.support.command import run_process

ROOT = Path(__file__).parent.parent.parent
PICTURES = ROOT / "build"
FORM = {"requests", "failed", "mirrored", "outcomes", "flips", "rollback_ms", "report"}


def test_the_demo_walks_every_stage_finds_the_fault_and_rolls_back(open_dir: Path, browser: Browser) -> None:
    summary_file, report = open_dir / "summary.json", open_dir / "report.html"

    ran = run_process(
        "demo", "--json", str(summary_file), "--report", str(report), state_dir=open_dir, timeout_s=120
    )

    assert ran.code == 0, ran.err + ran.out
    summary = json.loads(summary_file.read_text())
    assert set(summary) == FORM
    assert summary["failed"] == 0
    assert summary["requests"] > 500
    assert sum(summary["outcomes"].values()) == summary["mirrored"]
    assert summary["outcomes"]["match"] > 100
    assert summary["outcomes"]["mismatch"] > 0
    assert summary["outcomes"]["error"] > 0
    assert [flip["stage"] for flip in summary["flips"]] == ["shadow", "canary", "live"]
    assert 0 < summary["rollback_ms"] < 1000
    assert max(len(line) for line in ran.out.splitlines()) <= 80
    page = browser.new_page(viewport={"width": 1280, "height": 1000}, color_scheme="light")
    page.goto(report.as_uri())
    assert "comparisons differ" in page.inner_text("h1")
    assert "purchasePrice" in page.inner_text("body")
    take_pictures(page)
    page.close()


def take_pictures(page: Page) -> None:
    """The pictures of the page; `make screenshot` puts them into docs/img."""
    page.screenshot(path=PICTURES / "report.png")
    page.set_viewport_size({"width": 1000, "height": 620})
    page.evaluate("document.querySelector('#causes').scrollIntoView()")
    page.screenshot(path=PICTURES / "report-causes.png")
    group = page.locator("details.group").first
    group.locator("details.again > summary").first.click()
    page.set_viewport_size({"width": 1000, "height": 1000})
    group.screenshot(path=PICTURES / "report-group.png")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("document.querySelector('details.group').scrollIntoView()")
    page.screenshot(path=PICTURES / "report-phone.png")
