"""The report as one HTML file that needs nothing else: no network, light and dark, print and phone.

What was captured is redacted text, and is written as text only (Jinja2's autoescape, and a Content-Security-
Policy that allows the page's own style sheet and script by their hashes and nothing else). The script filters,
sorts and copies; everything can be read without it.
"""

import base64
import hashlib
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from parity.fleeting import FleetingPath
from parity.noise import NoisyPath
from parity.outcome import Outcome
from parity.report import EndpointRow, Report
from parity.report_cards import cause_cards, group_card
from parity.report_words import (
    KINDS,
    MEANINGS,
    alarm,
    books,
    count,
    fleeting_meaning,
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
from parity.verdict_summary import VerdictSummary

_TONES = {"ready": "good", "no": "bad"}
_LEAST_WIDTH = 0.4  # per cent: an outcome that happened at all can be seen in the bar


def render_html(report: Report) -> str:
    """The page."""
    templates = Environment(
        loader=PackageLoader("parity"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    style, script = (
        PackageLoader("parity").get_source(templates, name)[0] for name in ("report.css", "report.js")
    )
    return templates.get_template("report.html.j2").render(_values(report) | _ours(style, script))


def _ours(style: str, script: str) -> dict[str, Any]:
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}';"
        " base-uri 'none'; form-action 'none'"
    )
    return {"style": Markup(style), "script": Markup(script), "policy": policy}  # noqa: S704  our own, no value in them


def _hash(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"


def _values(report: Report) -> dict[str, Any]:
    unbalanced = "" if report.balance.balanced else alarm(report.balance)
    return {
        "headline": headline(report),
        "mood": "differs" if report.differs else "agrees" if report.tally.compared else "",
        "subject": subject(report),
        "remarks": [(remark, remark == unbalanced) for remark in remarks(report)],
        "verdicts": [_verdict(one) for one in report.verdicts],
        "sum_line": sum_line(report),
        "bar": _bar(report),
        "legend": [_legend(report, outcome) for outcome in Outcome],
        "books": books(report, mirrored=[("mirrored", f"{report.tally.mirrored:,}")]),
        "endpoints": [_endpoint(row) for row in report.endpoints],
        "noise": [_noise(path) for path in report.noise],
        "fleeting": [_fleeting(path) for path in report.fleeting],
        "causes": cause_cards(report),
        "open_groups": [group_card(group, report) for group in report.open_groups],
        "accepted_groups": [group_card(group, report) for group in report.accepted_groups],
        "group_endpoints": sorted({group.endpoint for group in report.groups}),
        "group_kinds": [
            (kind, KINDS.get(kind, kind)) for kind in sorted({one.kind for one in report.groups})
        ],
        "parts": _parts(report),
    }


def _parts(report: Report) -> list[tuple[str, str]]:
    """The sections that the page has, by anchor."""
    parts = [("verdicts", "Verdicts")] if report.verdicts else []
    parts += [("outcomes", "Outcomes"), ("books", "Books")]
    if report.endpoints:
        parts.append(("endpoints", "Endpoints"))
    if report.causes:
        parts.append(("causes", f"{count(len(report.causes), 'cause')}"))
    parts.append(("differences", f"{count(len(report.open_groups), 'difference')}"))
    if report.accepted_groups:
        parts.append(("accepted", f"{len(report.accepted_groups):,} accepted"))
    if report.fleeting:
        parts.append(("fleeting", "Comes and goes"))
    return parts


def _verdict(one: VerdictSummary) -> dict[str, Any]:
    return {
        "row": one,
        "tone": _TONES.get(one.verdict, ""),
        "names": one.names,
        "since": "ever" if one.since is None else moment(one.since),
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
        "sortable": {
            "requests": tally.requests,
            "compared": tally.compared,
            "differ": tally.mismatches,
            "failed": failed,
            "time": costs.duration_ratio or 0,
            "queries": costs.query_ratio or 0,
        },
    }


def _fleeting(path: FleetingPath) -> dict[str, Any]:
    return {
        "row": path,
        "kind": KINDS.get(path.kind, path.kind),
        "share": f"{path.n:,} of {path.compared:,} ({percent(path.share)})",
        "meaning": fleeting_meaning(path),
        "first": moment(path.first_seen_at),
        "last": moment(path.last_seen_at),
    }


def _noise(path: NoisyPath) -> dict[str, Any]:
    return {
        "row": path,
        "share": f"{path.differed:,} of {path.asked:,} ({percent(path.share)})",
        "meaning": noise_meaning(path),
        "last": moment(path.last_seen_at),
    }
