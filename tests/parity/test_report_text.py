"""The report in the terminal: 80 columns, readable without colour, captured text as text."""

from io import StringIO

from rich.console import Console

from parity.group_rows import SamePlace
from parity.outcome import Aside
from parity.report import Report
from parity.report_text import SHOWN_GROUPS, render_text
from parity.tally import Balance, Tally
from parity.verdict_summary import Lack, VerdictSummary
from tests.parity.reports import HOSTILE, accepted_as, fleeting, group, noisy, report, sample, together


def rendered(found: Report, *, width: int = 80) -> str:
    out = StringIO()
    render_text(found, Console(file=out, width=width, no_color=True))
    return out.getvalue()


def test_it_says_the_verdict_the_books_the_endpoints_and_the_groups() -> None:
    text = rendered(report())

    assert "3 of 1,204 comparisons differ, in 1 group at 1 endpoint." in text
    assert "12 mirrored requests were not compared" not in text
    assert "13 mirrored requests were not compared: 8 error, 4 timeout, 1 shed." in text
    assert "1,217 mirrored = 1,217 outcomes + 0 in flight" in text
    assert "stage 200, sampled out 83" in text
    assert "GET /v1/escrows/{id}/archive" in text
    assert "$.data.details.purchasePrice  another value" in text
    assert "legacy 200  445000" in text
    assert "modern 200  445001" in text
    assert "group  1a9da0cdc046" in text
    assert "accepted: Q-16: items gain field (crm, until 2027-06-30)" in text


def test_it_shows_noise_and_what_asking_again_brought() -> None:
    tally = Tally(asides={Aside.CONFIRMATIONS: {"persisted": 3}, Aside.UNCONFIRMED: {"rate": 1}})

    text = rendered(report(tally=tally, noise=(noisy(),)))

    assert "confirmations  persisted 3 " in text
    assert "unconfirmed    rate 1 " in text
    assert "Noise, where legacy differs from itself" in text
    assert "7 of 12 (58.33%)  GET /v1/escrows/{id}" in text
    assert "$.data.meta.requestId  string (uuid)" in text
    assert "compared by shape, where no rule says otherwise" in text


def test_more_noise_than_is_shown_is_counted() -> None:
    many = tuple(noisy(path=f"$.k{number}") for number in range(SHOWN_GROUPS + 2))

    assert "and 2 paths more (--html shows all)" in rendered(report(noise=many))


def test_it_fits_eighty_columns() -> None:
    long = group(path="$.data" + ".nested" * 30, samples=(sample(legacy='"' + "x" * 500 + '"', modern=None),))

    noise = (noisy(path="$.data" + ".nested" * 30, other_shape=1),)
    lines = rendered(report(groups=(long,), noise=noise)).splitlines()

    assert max(map(len, lines)) <= 80


def test_captured_text_is_not_taken_as_markup() -> None:
    hostile = group(path=HOSTILE, samples=(sample(legacy=HOSTILE, target=HOSTILE),))

    text = rendered(report(groups=(hostile,)), width=300)

    assert text.count(HOSTILE) == 3


def test_a_side_that_has_nothing_says_so() -> None:
    assert "modern 200  nothing" in rendered(report(groups=(group(samples=(sample(modern=None),)),)))


def test_statuses_are_shown_once() -> None:
    status = sample(path="$status", legacy="200", modern="500", modern_status=500)
    text = rendered(report(groups=(group(path="$status", kind="status", samples=(status,)),)))

    assert [line.split() for line in text.splitlines() if "modern 500" in line] == [["modern", "500"]]


def test_of_many_groups_the_largest_are_shown() -> None:
    groups = tuple(group(id=str(number), path=f"$.k{number}") for number in range(SHOWN_GROUPS + 3))

    text = rendered(report(groups=groups))

    assert f"$.k{SHOWN_GROUPS} " not in text
    assert "and 3 groups more" in text


def test_an_imbalance_is_an_alarm() -> None:
    assert "THE BOOKS DO NOT BALANCE" in rendered(report(balance=Balance(mirrored=9, outcomes=8)))


def test_an_empty_store_is_a_report_too() -> None:
    text = rendered(report(tally=Tally(), endpoints=(), groups=(), balance=Balance(), domain="escrows"))

    assert "Nothing has been compared yet." in text
    assert "(all domains, all time)" in text


def test_groups_that_move_together_come_first_with_the_place_to_look_at() -> None:
    text = " ".join(rendered(together()).split())

    assert "probably one cause. Look at $.data.total first." in text
    assert text.index("Probably one cause") < text.index("Differences, largest first")


def test_a_group_says_its_share_its_clients_its_rule_and_what_takes_it_from_now_on() -> None:
    text = rendered(together())

    assert "3 exchanges (0.25% of 1,204)" in text
    assert "clients 70 or more: 4f1c09aa (9), 9a0d (at least 3), …" in text
    assert "rule    by shape: made anew (* $.data.total)" in text
    assert "taken  from now on: prices as text (crm, until 2027-01-31), a-3f9c0a77" in text


def test_a_group_from_before_an_acceptance_is_named_beside_its_successor() -> None:
    since = group(
        accepted_by="on purpose", owner="crm", expires="2020-01-01", is_expired=True, accepts=(accepted_as(),)
    )
    found = rendered(report(groups=(group(id="x", same_place=(SamePlace("y", "on purpose", 7),)), since)))

    assert "also   7 exchanges accepted: on purpose (y)" in found
    assert "expired: it counts as a mismatch again" in found
    assert found.count("from now on") == 0


def test_a_sample_of_a_rehearsed_write_says_so() -> None:
    found = rendered(
        report(groups=(group(samples=(sample(write="PUT /v1/escrows/{id}", write_check="rehearse"),)),))
    )

    assert "checks PUT /v1/escrows/{id} by a rehearsal" in " ".join(found.split())


def test_what_a_write_check_found_says_which_write() -> None:
    found = group(checks=2, writes=("POST /v1/escrows",), samples=(sample(write="POST /v1/escrows"),))

    text = " ".join(rendered(report(groups=(found,)), width=160).split())

    assert "checks POST /v1/escrows (2 of 3 exchanges)" in text
    assert "search=<text:10:91240174d670>, checks POST /v1/escrows" in text
    assert "checks" not in rendered(report())


def test_what_comes_and_goes_has_a_section_and_a_line_at_the_top() -> None:
    text = rendered(report(fleeting=(fleeting(), fleeting(path="$.b", n=1, endpoint="GET /rare"))))

    assert "1 path comes and goes: what differed there did not when asked again" in text
    assert "Comes and goes, gone when asked again\n\n  7 of 1,204 (0.58%)  GET /v1/escrows/{id}\n" in text
    assert "    first 2026-11-23 11:13:31 UTC, last 2026-11-23 11:14:31 UTC\n" in text
    assert "    not in more than 0.10%: may be chance\n" in text
    assert "Comes and goes" not in rendered(report())


def test_verdicts_stand_at_the_top_a_line_each() -> None:
    lacking = VerdictSummary("escrows", "not yet", missing=(Lack("coverage", "1 of 3"),))
    text = rendered(report(verdicts=(lacking, VerdictSummary("leads", "ready"))))

    assert "\nMay a domain advance?\n  escrows  not yet: coverage" in text
    assert "\n  leads    ready" in text
    assert text.index("May a domain advance?") < text.index("Books")
