"""What `crossfade retire` found, as a person reads it, as JSON and as Markdown."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, assert_never

from rich.console import Console
from rich.text import Text

from cli.leftovers import Handler, Leftovers
from cli.spans import span_words
from parity.report_words import count, moment
from parity.served import Hole, HoleKind, Unused, Use

_SHOWN = 8
"""Endpoints that legacy was asked at, and holes, that are printed; JSON has all."""


@dataclass(frozen=True, slots=True)
class Retirement:
    """Whether legacy is needed for a domain: by the counts, and by what is in the way whatever they say.

    `unlisted` is what legacy was asked for at no endpoint; `leftovers` are there when it is proven.
    """

    domain: str
    unused: Unused
    in_the_way: tuple[str, ...]
    unlisted: tuple[Use, ...] = ()
    leftovers: Leftovers | None = None

    @property
    def is_proven(self) -> bool:
        """Whether legacy has served nothing of it for as long as was asked, and will not."""
        return self.unused.is_proven and not self.in_the_way

    def with_leftovers(self, leftovers: Leftovers) -> "Retirement":
        """The same with what can be deleted."""
        return replace(self, leftovers=leftovers)


def retirement_json(found: Retirement) -> dict[str, Any]:
    """JSON values; times are Unix seconds."""
    unused = found.unused
    return {
        "domain": found.domain,
        "proven": found.is_proven,
        "at": unused.at,
        "asked_s": unused.asked_s,
        "unused_s": unused.unused_s,
        "unused_since": unused.since,
        "known_since": unused.known_since,
        "modern_requests": unused.modern,
        "legacy": [asdict(use) for use in unused.uses],
        "holes": [asdict(hole) for hole in unused.holes],
        "in_the_way": list(found.in_the_way),
        "unlisted": [asdict(use) for use in found.unlisted],
        "leftovers": None if found.leftovers is None else found.leftovers.to_json(),
    }


def render_retirement(found: Retirement, out: Console) -> None:
    """Print it; 80 columns are enough."""
    out.print(Text(_headline(found), style="bold green" if found.is_proven else "bold red"))
    for line in _lines(found):
        _print(line, out)
    for title, note, rows in () if found.leftovers is None else _lists(found.leftovers):
        out.print()
        out.print(Text(title, style="bold"))
        if note:
            _print(note, out, style="dim")
        for row in rows:
            _print(row, out)


def _print(line: str, out: Console, style: str = "") -> None:
    # words are never broken, so that names can be copied
    text = textwrap.fill(
        line,
        out.width,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    out.print(Text(text, style=style), soft_wrap=True)


def retirement_markdown(found: Retirement) -> str:
    """The document, its names as code, the lists to tick off."""
    parts = [f"## {_headline(found)}", "\n".join(f"- {line}" for line in _lines(found))]
    for title, note, rows in () if found.leftovers is None else _lists(found.leftovers):
        parts.append(f"### {title}")
        parts += [note] if note else []
        parts.append("\n".join(f"- [ ] {_code(row)}" for row in rows))
    return "\n\n".join(parts) + "\n"


def _code(text: str) -> str:
    # between fences that are longer than any in the text, which then ends nothing
    fence = "`"
    while fence in text:
        fence += "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _headline(found: Retirement) -> str:
    unused = found.unused
    wanted = span_words(unused.asked_s)
    if found.is_proven:
        return f"{found.domain}: legacy has served nothing for {span_words(unused.unused_s)} ({wanted} asked): proven"
    if unused.is_proven:
        return f"{found.domain}: legacy has served nothing for {span_words(unused.unused_s)}, but may again: not proven"
    return f"{found.domain}: not proven that legacy has served nothing for {wanted}"


def _lines(found: Retirement) -> Iterator[str]:
    unused = found.unused
    if unused.known_since is None:
        yield "no proxy worker has reported yet: nothing was counted (crossfade up starts one)"
    else:
        yield f"counted since {moment(unused.known_since)}, {_completeness(unused.holes)}"
        if not unused.is_proven:
            yield f"proven are only the last {span_words(unused.unused_s)}"
    yield from (_use_line(use) for use in unused.uses[-_SHOWN:])
    if len(unused.uses) > _SHOWN:
        yield f"and at {count(len(unused.uses) - _SHOWN, 'endpoint')} more before (--json shows all)"
    yield from (_hole_line(hole) for hole in unused.holes[-_SHOWN:])
    if len(unused.holes) > _SHOWN:
        yield f"and {count(len(unused.holes) - _SHOWN, 'hole')} more before (--json shows all)"
    yield from found.in_the_way
    if unused.is_proven:
        yield f"modern was asked {count(unused.modern, 'time')} in that time"
    if found.unlisted:
        yield f"beside: legacy got {_asked(found.unlisted[0])} at no endpoint, which are of no domain"
    if found.is_proven:
        yield "what reaches legacy past the proxy is not counted here: its own access log shows it"


def _completeness(holes: Sequence[Hole]) -> str:
    return (
        f"with {count(len(holes), 'hole')} in the time asked" if holes else "without a hole in the time asked"
    )


def _use_line(use: Use) -> str:
    return f"legacy got {_asked(use)} at {use.endpoint}, last until {moment(use.last_at)}"


def _asked(use: Use) -> str:
    parts = (
        (use.requests, count(use.requests, "request")),
        (use.fallbacks, f"{count(use.fallbacks, 'request')} that modern failed"),
        (use.unknown, f"perhaps {count(use.unknown, 'request')} counted by an earlier version"),
    )
    return " and ".join(words for n, words in parts if n)


def _hole_line(hole: Hole) -> str:
    times = f"from {moment(hole.since)} to {moment(hole.until)}"
    match hole.kind:
        case HoleKind.SILENT:
            return f"hole {times}: no proxy worker reported"
        case HoleKind.BROKEN_OFF:
            return f"hole {times}: {hole.worker} broke off, what it counted last is lost"
        case _:
            assert_never(hole.kind)


def _lists(left: Leftovers) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Title, note and rows of each list that is not empty."""
    handlers = [_handler_row(one) for one in left.handlers]
    lists: list[tuple[str, str, Sequence[str]]] = [
        (f"Delete now: {count(len(handlers), 'handler')} of legacy, and where they are listed", "", handlers),
        ("Delete now: modules of legacy that nothing else uses", "", left.modules),
        ("Delete now: rules files that are about nothing else", "", left.rules_files),
        ("Delete now: rules", "", left.rules),
        ("Delete now: acceptances", "", left.acceptances),
        (
            "Delete last: settings",
            "once these requests do not pass the proxy any more: what it does not know goes to legacy",
            left.settings,
        ),
        (
            "Delete last: flag rows",
            "they stay until the store goes: without them legacy is asked",
            left.flags,
        ),
    ]
    return (one for one in lists if one[2])


def _handler_row(handler: Handler) -> str:
    if not handler.function:
        return handler.endpoint
    return f"{handler.place} {handler.function.rpartition('.')[2]} {handler.endpoint}"
