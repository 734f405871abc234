"""A load test as one HTML file that needs nothing else: no network, no script; light and dark, print and phone.

It looks as parity's report does, whose style sheet it takes and adds to. Charts are SVG; behind each stands a table with
the same numbers. A Content-Security-Policy allows the page's own style sheet by its hash, and nothing else.
"""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from loadtests.reports import charts, words
from loadtests.reports.distributions import both, together
from parity.load_results import ALL, MET, MISSED, LoadBlock, LoadEndpoint, LoadJudgement, LoadSide, LoadTest

_COLUMNS: dict[str, Callable[[LoadSide], str]] = {
    "requests": lambda side: f"{side.requests:,}",
    "requests/s": lambda side: words.number(side.rps),
    "mean": lambda side: words.milliseconds(side.mean_ms),
    "p50": lambda side: words.milliseconds(side.p50_ms),
    "p90": lambda side: words.milliseconds(side.p90_ms),
    "p95": lambda side: words.milliseconds(side.p95_ms),
    "p99": lambda side: words.milliseconds(side.p99_ms),
    "queries": lambda side: words.number(side.queries, 2),
    "database": lambda side: words.milliseconds(side.db_ms),
    "cache hits": words.hits,
    "errors": words.errors,
}
_SHOWN_UNMET = 8
_MOODS = {MET: "agrees", MISSED: "differs"}


def render_html(test: LoadTest) -> str:
    """The page."""
    templates = Environment(
        loader=PackageLoader("loadtests.reports"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    style = "".join(
        PackageLoader(package).get_source(templates, name)[0]
        for package, name in (("parity", "report.css"), ("loadtests.reports", "loadtest.css"))
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ours = {"style": Markup(style), "policy": policy}  # noqa: S704  our own, no value in it
    return templates.get_template("loadtest.html.j2").render(_values(test) | ours)


def _values(test: LoadTest) -> dict[str, Any]:
    unmet = words.unmet(test)
    bound = [one for one in unmet if one.judgement.binding]
    cold = together(test.cold)
    return {
        "headline": words.headline(test),
        "mood": "" if test.problem else _MOODS.get(test.judgement, ""),
        "subject": words.subject(test),
        "partial": words.partial(test),
        "tiles": [
            (_judgement(words.Judged(test.overall, one), test), words.behind(test.overall, one.measure))
            for one in test.overall.judgements
        ],
        "unmet": [
            _judgement(one, test) | {"remedy": said}
            for one, said in zip(bound, words.remedies(bound, test), strict=True)
        ],
        "unbinding": len(unmet) - len(bound),
        "shown": _SHOWN_UNMET,
        "charts": _charts(test),
        "ratios": _ratios(test.endpoints),
        "sums": [_row(row) for row in (test.overall, *_domains(test))],
        "endpoints": [_row(row) for row in test.endpoints],
        "small": _small(test.endpoints),
        "cold": [
            _row(row) for row in ([cold] if cold else []) + [one for one in test.cold if one.endpoint != ALL]
        ],
        "judgements": [_judgement(one, test) for one in words.judged(test)],
        "processes": [(one.side, words.process(one)) for one in test.processes],
        "blocks": [_block(block) for block in test.blocks],
        "notes": words.notes(test),
        "columns": list(_COLUMNS),
    }


def _domains(test: LoadTest) -> list[LoadEndpoint]:
    return test.by_domain if len(test.by_domain) > 1 else []


def _charts(test: LoadTest) -> dict[str, Markup]:
    legacy, modern = both([test.overall])
    return {
        "distributions": charts.distributions("all", "How long answers took, all endpoints", legacy, modern),
        "percentiles": charts.percentiles(
            "spectrum", "How long the slowest took, all endpoints", legacy, modern
        ),
        "over_time": charts.over_time(test),
        "cpu": charts.processes("cpu", "CPU a request", "ms", test.blocks, lambda block: block.cpu_ms),
        "memory": charts.processes("memory", "Memory", "MiB", test.blocks, lambda block: block.memory_mb),
    }


def _ratios(endpoints: list[LoadEndpoint]) -> dict[str, Any]:
    """The slowest by legacy first."""
    ordered = sorted(endpoints, key=words.time_ratio, reverse=True)
    x = charts.ratio_axis(ordered)
    rows = []
    for row in ordered:
        found = words.time_judgement(row)
        rows.append(
            {
                "name": words.place(row),
                "domain": row.domain,
                "chart": charts.ratio(row, x),
                "measured": words.measured(found),
                "target": words.target(found) if found else "-",
                "judgement": found.judgement if found else "",
            }
        )
    return {"scale": charts.ratio_scale(x), "rows": rows}


def _small(endpoints: list[LoadEndpoint]) -> list[dict[str, Any]]:
    made = [
        {"name": row.endpoint, "chart": charts.of_endpoint(f"endpoint-{number}", row), "row": _row(row)}
        for number, row in enumerate(words.by_need(endpoints))
    ]
    return [one for one in made if one["chart"]]


def _judgement(one: words.Judged, test: LoadTest) -> dict[str, Any]:
    judgement = one.judgement
    return {
        "place": one.place,
        "measure": one.measure,
        "said": one.said,
        "what": words.WHAT.get(judgement.measure, ""),
        "value": words.value(judgement),
        "interval": words.interval(judgement),
        "measured": words.measured(judgement),
        "target": words.target(judgement),
        "judgement": judgement.judgement,
        "binding": judgement.binding,
        "remedy": _remedy(judgement, test),
    }


def _remedy(judgement: LoadJudgement, test: LoadTest) -> str:
    if judgement.measured is None:
        return judgement.why or "not measured"
    return words.remedy(judgement, test)


def _row(row: LoadEndpoint) -> dict[str, Any]:
    return {
        "name": words.place(row),
        "is_sum": row.endpoint == ALL,
        "judgement": words.worst_of(row),
        "said": words.deciding(row),
        "time": words.measured(words.time_judgement(row)),
        "cells": {name: (of(row.legacy), of(row.modern)) for name, of in _COLUMNS.items()},
    }


def _block(block: LoadBlock) -> dict[str, Any]:
    return {
        "pair": block.pair + 1,
        "side": block.side,
        "begun": f"{block.begun_s:,.0f} s",
        "measured": f"{block.measured_s:.1f} s",
        "requests": f"{block.requests:,}",
        "errors": f"{block.errors:,}",
        "p50": words.milliseconds(block.p50_ms),
        "p95": words.milliseconds(block.p95_ms),
        "p99": words.milliseconds(block.p99_ms),
        "cpu": words.milliseconds(block.cpu_ms),
        "memory": words.number(block.memory_mb, 0),
        "seed": block.seed,
        "problem": block.problem,
    }
