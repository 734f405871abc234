"""A load test as Markdown for a pull request: the answer, what is not met, and a table of what is judged."""

from collections.abc import Sequence

from loadtests.reports.words import (
    by_need,
    change,
    deciding,
    headline,
    hits,
    measured,
    milliseconds,
    notes,
    number,
    partial,
    place,
    remedies,
    subject,
    time_judgement,
    unmet,
    worst_of,
)
from parity.load_results import MET, LoadEndpoint, LoadTest
from parity.markdown import code, plain
from parity.report_words import count

SHOWN, SHOWN_UNMET = 100, 20
"""Endpoints, and binding judgements that are not met: with many more, a comment would be longer than GitHub takes."""
_HEAD = "| | p50 ms | p95 ms | time | queries | cache hits | |\n|---|---:|---:|---:|---:|---:|---|"


def render_markdown(test: LoadTest) -> str:
    """The document."""
    parts = [f"## Load test: {plain(headline(test))}", f"<sub>{plain(subject(test))}</sub>"]
    if test.problem:
        parts.append(f"**{plain(partial(test))}**")
    if lacking := [one for one in unmet(test) if one.judgement.binding]:
        lines = []
        for one, remedy in zip(lacking[:SHOWN_UNMET], remedies(lacking[:SHOWN_UNMET], test), strict=True):
            said = "; ".join(filter(None, (one.said, remedy)))
            lines.append(f"- **{one.judgement.judgement}** {code(one.place)}: {plain(said)}")
        if len(lacking) > SHOWN_UNMET:
            lines.append(f"- and {len(lacking) - SHOWN_UNMET:,} more")
        parts.append("\n".join(lines))
    sums = test.by_domain if len(test.by_domain) > 1 else []
    parts.append("\n".join([_HEAD, *_rows([test.overall, *sums])]))
    shown = by_need(test.endpoints)[:SHOWN]
    rows = "\n".join([_HEAD, *_rows(shown)])
    hidden = len(test.endpoints) - len(shown)
    more_rows = f"\n\nand {count(hidden, 'endpoint')} more" if hidden else ""
    summary = f"<summary>{count(len(test.endpoints), 'endpoint')}</summary>"
    parts.append(f"<details>\n{summary}\n\n{rows}{more_rows}\n\n</details>")
    parts.append("\n".join(f"- {plain(note)}" for note in notes(test)))
    return "\n\n".join(parts) + "\n"


def _rows(rows: Sequence[LoadEndpoint]) -> list[str]:
    return [_row(row) for row in rows]


def _row(row: LoadEndpoint) -> str:
    legacy, modern = row.legacy, row.modern
    said = deciding(row)
    cells = (
        code(place(row)),
        change(milliseconds(legacy.p50_ms), milliseconds(modern.p50_ms)),
        change(milliseconds(legacy.p95_ms), milliseconds(modern.p95_ms)),
        measured(time_judgement(row)),
        change(number(legacy.queries), number(modern.queries)),
        hits(modern),
        said if worst_of(row) in {MET, ""} else f"**{said}**",
    )
    return f"| {' | '.join(cells)} |"
