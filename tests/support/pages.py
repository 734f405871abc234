"""A real browser that looks at pages of ours: what it complains of, and what axe-core finds."""

import hashlib
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

_PATIENCE_MS = 20_000
AXE = Path(__file__).parent / "axe" / "axe.min.js"
_VIOLATIONS = """addEventListener('securitypolicyviolation', (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"""


@dataclass
class Visit:
    """One browser with a jar of its own, and everything that it complained of or asked for."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def violations(self) -> list[str]:
        """What axe-core finds wrong with the page as it is now."""
        source = AXE.read_text()
        assert hashlib.sha256(source.encode()).hexdigest() in (AXE.parent / "SHA256SUMS").read_text()
        self.page.evaluate(source)  # by the debugger: the page's own policy lets no such script in
        found: list[dict[str, Any]] = self.page.evaluate(
            "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
        )
        return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]

    def overflows(self) -> bool:
        """Whether the page is wider than its window."""
        wide: bool = self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return wide


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


def opened_file(browser: Browser, file: Path, text: str, *, anchor: str = "", **options: Any) -> Visit:
    """A page with that text that somebody opens from disk, at an anchor such as `#noise`."""
    file.write_text(text)
    visitor = visit(browser, **options)
    visitor.page.goto(file.as_uri() + anchor)
    return visitor


def visit(browser: Browser, **options: Any) -> Visit:
    """A browser that nobody has used."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
    context.set_default_timeout(_PATIENCE_MS)
    expect.set_options(timeout=_PATIENCE_MS)
    page = context.new_page()
    made = Visit(context, page)
    page.add_init_script(_VIOLATIONS)
    page.on("console", lambda message: made.complaints.append(message.text))
    page.on("pageerror", lambda error: made.complaints.append(error.message))
    page.on("request", lambda request: made.asked.append(request.url))
    return made
