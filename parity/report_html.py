"""The report as one HTML file that needs nothing else: no network, no script, light and dark, print and phone.

What was captured is redacted text, and is written as text only (Jinja2's autoescape, and a Content-Security-
Policy that allows the page's own style sheet by its hash and nothing else).
"""

import base64
import difflib
import hashlib
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from parity.noise import NoisyPath
from parity.outcome import Outcome
from parity.report import EndpointRow, GroupRow, Report, Sample
from parity.report_words import (
    KINDS,
    MEANINGS,
    alarm,
    asides,
    balance_line,
    headline,
    milliseconds,
    moment,
    noise_meaning,
    percent,
    ratio,
    reasons,
    remarks,
    subject,
    sum_line,
)

MAX_LINES = 200
"""Lines of a side that are held against the other's; longer ones are shown without marks."""

_LEAST_WIDTH = 0.4  # per cent: an outcome that happened at all can be seen in the bar

Line = tuple[str, bool]


def render_html(report: Report) -> str:
    """The page."""
    templates = Environment(
        loader=PackageLoader("parity"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    source, _, _ = PackageLoader("parity").get_source(templates, "report.css")
    return templates.get_template("report.html.j2").render(_values(report) | _style(source))


def _style(source: str) -> dict[str, Any]:
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return {"style": Markup(source), "policy": policy}  # noqa: S704  our own style sheet, no value in it


def _values(report: Report) -> dict[str, Any]:
    unbalanced = "" if report.balance.balanced else alarm(report.balance)
    return {
        "headline": headline(report),
        "mood": "differs" if report.differs else "agrees" if report.tally.compared else "",
        "subject": subject(report),
        "remarks": [(remark, remark == unbalanced) for remark in remarks(report)],
        "sum_line": sum_line(report),
        "bar": _bar(report),
        "legend": [_legend(report, outcome) for outcome in Outcome],
        "books": _books(report),
        "endpoints": [_endpoint(row) for row in report.endpoints],
        "open_groups": [_group(group) for group in report.open_groups],
        "accepted_groups": [_group(group) for group in report.accepted_groups],
        "noise": [_noise(path) for path in report.noise],
    }


def _bar(report: Report) -> list[tuple[str, float, float]]:
    """(outcome, start, width) in per cent."""
    shares = [(outcome.value, n) for outcome, n in report.tally.outcomes.items() if n]
    widths = [max(100 * n / report.tally.total, _LEAST_WIDTH) for _, n in shares]
    scale = 100 / sum(widths) if widths else 0
    bar, start = [], 0.0
    for (outcome, _), width in zip(shares, widths, strict=True):
        bar.append((outcome, round(start, 3), round(width * scale, 3)))
        start += width * scale
    return bar


def _legend(report: Report, outcome: Outcome) -> dict[str, Any]:
    found = report.tally.reasons.get(outcome, {})
    return {
        "outcome": outcome.value,
        "n": report.tally.outcomes.get(outcome, 0),
        "meaning": MEANINGS[outcome],
        "reasons": reasons(list(found.items())),
    }


def _books(report: Report) -> list[tuple[str, str]]:
    tally = report.tally
    rows = [("requests", f"{tally.requests:,}"), ("mirrored", f"{tally.mirrored:,}")]
    if tally.not_mirrored:
        rows.append(("not mirrored", reasons(list(tally.not_mirrored.items()))))
    if tally.fallback:
        rows.append(("fallback", f"{tally.fallback:,} answered by legacy because modern failed"))
    if tally.failed:
        rows.append(("failed", f"{tally.failed:,}"))
    rows.append(("outcomes", sum_line(report)))
    rows.extend(asides(tally))
    everywhere = "" if report.domain is None and report.since_s is None else " (all domains, all time)"
    rows.append(("balance", balance_line(report.balance) + everywhere))
    return rows


def _endpoint(row: EndpointRow) -> dict[str, Any]:
    tally, costs = row.tally, row.costs
    failed = tally.outcomes.get(Outcome.ERROR, 0) + tally.outcomes.get(Outcome.TIMEOUT, 0)
    rate = f" ({percent(tally.mismatch_rate)})" if tally.mismatches else ""
    times = f"{milliseconds(costs.legacy_s)} → {milliseconds(costs.modern_s)} ({ratio(costs.duration_ratio)})"
    queries = f"{costs.legacy_queries:.1f} → {costs.modern_queries:.1f} ({ratio(costs.query_ratio)})"
    return {
        "name": row.endpoint or "(no endpoint of ours)",
        "requests": f"{tally.requests:,}",
        "compared": f"{tally.compared:,}",
        "differ": f"{tally.mismatches:,}{rate}",
        "differs": bool(tally.mismatches),
        "failed": f"{failed:,}",
        "time": times if costs.n else "-",
        "queries": queries if costs.query_n else "-",
    }


def _noise(path: NoisyPath) -> dict[str, Any]:
    return {
        "row": path,
        "share": f"{path.differed:,} of {path.asked:,} ({percent(path.share)})",
        "meaning": noise_meaning(path),
        "last": moment(path.last_seen_at),
    }


def _group(group: GroupRow) -> dict[str, Any]:
    return {
        "row": group,
        "kind": KINDS.get(group.kind, group.kind),
        "share": f"{percent(group.share)} of {group.n / group.share:,.0f}" if group.share else "",
        "first": moment(group.first_seen_at),
        "last": moment(group.last_seen_at),
        "samples": [_sample(sample) for sample in group.samples],
    }


def _sample(sample: Sample) -> dict[str, Any]:
    legacy, modern = _marked(sample.legacy, sample.modern)
    return {"row": sample, "at": moment(sample.at), "legacy": legacy, "modern": modern}


def _marked(legacy: str | None, modern: str | None) -> tuple[list[Line] | None, list[Line] | None]:
    """The lines of both sides, and of each whether it differs from the other side."""
    left = None if legacy is None else legacy.splitlines()
    right = None if modern is None else modern.splitlines()
    if not left or not right or max(len(left), len(right)) > MAX_LINES or len(left) == len(right) == 1:
        return _plain(left), _plain(right)
    blocks = difflib.SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    same_left = {line for block in blocks for line in range(block.a, block.a + block.size)}
    same_right = {line for block in blocks for line in range(block.b, block.b + block.size)}
    return (
        [(text, place not in same_left) for place, text in enumerate(left)],
        [(text, place not in same_right) for place, text in enumerate(right)],
    )


def _plain(lines: Sequence[str] | None) -> list[Line] | None:
    return None if lines is None else [(line, False) for line in lines]
