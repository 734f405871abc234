"""HTML as a tree that a formatter does not change: tags, attributes, and text with its white space folded.

An element is `{tag: [children], "attributes": {...}}` and a text `{"text": ...}`, so that a path reads
`$[1].html[0].body[2].a[0].text`: whatever its tag is called, redaction knows a text of a page by that key. The tokens come from one expression whose alternatives exclude each other: in time linear in the text, also for what is
no HTML at all (the standard library's parser of Python 3.11 takes the square of it).
"""

import html
import re
from typing import Any

from parity.errors import BodyError
from parity.value_counts import MAX_VALUES

MAX_DEPTH = 200
"""How deep elements may be nested; real pages stay below fifty."""

_TOKEN = re.compile(
    r"""<!--(?P<comment>.*?)(?:-->|\Z)
      | <[!?](?P<declaration>[^>]*)(?:>|\Z)
      | </(?P<end>[a-zA-Z][^\s/>]*)[^>]*(?:>|\Z)
      | <(?P<start>[a-zA-Z][^\s/><"']*)(?P<rest>(?:[^<>"']|"[^"]*+"|'[^']*+')*+)>
      | (?P<text>[^<]+|<)""",
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"""(?P<name>[^\s=/"'<>]+)(?:\s*+=\s*+(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'<>]+)))?+"""
)
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_RAW = frozenset(("script", "style", "textarea", "title"))
_CLOSES_ITSELF = frozenset(("dd", "dt", "li", "option", "p", "td", "th", "tr"))
_SPACED = frozenset(("pre", "textarea"))


def parse_html(text: str, max_values: int = MAX_VALUES) -> list[Any]:
    """The elements and texts of a page; raises BodyError: `too_deep`, `too_many_values`."""
    page = _Page(max_values)
    at = 0
    while found := _TOKEN.match(text, at):
        at = found.end()
        if found["start"] is None:
            page.other(found)
            continue
        tag = found["start"].lower()
        page.open(tag, found["rest"])
        if tag in _RAW:
            end = re.compile(rf"</{re.escape(tag)}", re.IGNORECASE).search(text, at)
            stop = len(text) if end is None else end.start()
            page.raw(text[at:stop], tag)
            at = stop
    return page.finish()


class _Page:
    """A tree that grows: the open elements with their children, outermost first."""

    def __init__(self, max_values: int) -> None:
        self._left = max_values
        self._top: list[Any] = []
        self._open: list[tuple[str, list[Any]]] = [("", self._top)]
        self._words: list[str] = []

    def other(self, found: re.Match[str]) -> None:
        if found["text"] is not None:
            self.text(found["text"])
        elif found["end"] is not None:
            self._close(found["end"].lower())
        else:
            self._fold()
            kind = "comment" if found["comment"] is not None else "declaration"
            self._add({kind: [" ".join((found[kind] or "").split())]})

    def text(self, text: str) -> None:
        self._words.append(text)

    def raw(self, text: str, tag: str) -> None:
        kept = text if tag in _SPACED else text.strip()
        if kept:
            self._add({"text": kept})

    def open(self, tag: str, rest: str) -> None:
        self._fold()
        if tag in _CLOSES_ITSELF and self._open[-1][0] == tag:
            self._open.pop()
        children: list[Any] = []
        element: dict[str, Any] = {tag: children}
        if attributes := _attributes(rest):
            element["attributes"] = attributes
        self._add(element, len(attributes))
        if tag in _VOID or rest.endswith("/"):
            return
        if len(self._open) > MAX_DEPTH:
            raise BodyError("too_deep")
        self._open.append((tag, children))

    def _close(self, tag: str) -> None:
        self._fold()
        for place in range(len(self._open) - 1, 0, -1):
            if self._open[place][0] == tag:
                del self._open[place:]
                return

    def _fold(self) -> None:
        """Put the text that has come so far into the element that is open."""
        text = html.unescape("".join(self._words))
        self._words.clear()
        kept = text if any(name in _SPACED for name, _ in self._open) else " ".join(text.split())
        if kept:
            self._add({"text": kept})

    def _add(self, node: dict[str, Any], attributes: int = 0) -> None:
        """A node is two values: itself, and its text or the list of its children."""
        self._left -= 2 + attributes
        if self._left < 0:
            raise BodyError("too_many_values")
        self._open[-1][1].append(node)

    def finish(self) -> list[Any]:
        self._fold()
        return self._top


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        value = match["double"] or match["single"] or match["bare"] or ""
        found.setdefault(match["name"].lower(), " ".join(html.unescape(value).split()))
    return found
