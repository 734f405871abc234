"""A load test as JUnit XML: a suite a domain, a case a binding judgement, and one of each endpoint that nothing binds.

A missed target is a failure, an undecided one is skipped with what would decide it, a run that is not whole an error.
"""

from xml.etree import ElementTree as ET

from loadtests.reports.words import (
    Judged,
    beside,
    change,
    headline,
    milliseconds,
    number,
    partial,
    place,
    remedy,
    subject,
)
from parity.junit import add_case, add_skipped, add_suite, add_text, begin, close
from parity.load_results import ALL, MISSED, UNDECIDED, LoadEndpoint, LoadTest

NAME = "crossfade loadtest"
_KIND = "loadtest"


def render_junit(test: LoadTest) -> str:
    """The document."""
    root = begin(NAME)
    run = add_suite(root, "run", test.begun_at)
    run.set("time", f"{max(test.ended_at - test.begun_at, 0):.1f}")
    whole = add_case(run, _KIND, "every block went through")
    if test.problem:
        add_text(whole, "error", partial(test), message=partial(test), type="not whole")
    add_text(run, "system-out", f"{headline(test)}\n{subject(test)}")
    rows = [test.overall, *test.by_domain, *test.endpoints]
    for domain in dict.fromkeys(row.domain for row in rows):
        suite = add_suite(root, domain or ALL, test.begun_at)
        for row in rows:
            if row.domain == domain:
                _row(suite, test, row)
    return close(root)


def _row(suite: ET.Element, test: LoadTest, row: LoadEndpoint) -> None:
    bound = [one for one in row.judgements if one.binding]
    for one in bound:
        judged = Judged(row, one)
        case = add_case(suite, _KIND, f"{judged.place}: {judged.measure}")
        said = judged.said
        if one.judgement == MISSED:
            add_text(case, "failure", said, message=said, type=one.measure)
        elif one.judgement == UNDECIDED:
            add_skipped(case, "; ".join(filter(None, (said, remedy(one, test)))))
        add_text(case, "system-out", _numbers(row))
    if not bound and row.endpoint != ALL:
        case = add_case(suite, _KIND, place(row))
        if not (row.legacy.judged and row.modern.judged):
            add_skipped(case, next((one.why for one in row.judgements if one.why), "nothing was measured"))
        add_text(case, "system-out", _numbers(row))


def _numbers(row: LoadEndpoint) -> str:
    legacy, modern = row.legacy, row.modern
    times = (
        f"p50 {change(milliseconds(legacy.p50_ms), milliseconds(modern.p50_ms))} ms, "
        f"p95 {change(milliseconds(legacy.p95_ms), milliseconds(modern.p95_ms))} ms, {beside(row)}, "
        f"queries {change(number(legacy.queries), number(modern.queries))}"
    )
    judgements = [f"{Judged(row, one).said}: {one.judgement}" for one in row.judgements]
    return "\n".join([times, *judgements])
