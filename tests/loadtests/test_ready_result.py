"""What the rounds came to: as a table of 80 columns and as JSON, and when all of it is ready."""

import io
import json
from collections import Counter
from dataclasses import replace
from typing import Any

from rich.console import Console

from loadtests.ready_result import Accepted, DomainResult, ReadyResult, accepted_by, render_ready
from loadtests.ready_runs import Played
from parity.outcome import Outcome
from parity.tally import Balance, Tally
from parity.verdict import Verdict
from tests.parity.reports import group, report
from tests.parity.test_verdict_text import verdict

TALLY = Tally(
    mirrored=3_500,
    not_mirrored={"refused_write": 22, "never": 3},
    outcomes={Outcome.MATCH: 3_100, Outcome.ACCEPTED: 390},
    reasons={Outcome.SKIPPED: {"unknown_commit": 3, "not_shown": 1}, Outcome.TRANSIENT: {"moved": 2}},
)
ACCEPTED = (Accepted("Q-09", 8, 1_516), Accepted("Q-15", 1, 988))
PLAYED = Played(rounds=3, requests=25_100, writes=1_089, reads={("ann", "/v1/escrows")})


def result(*verdicts: Verdict, **changes: Any) -> ReadyResult:
    fields: dict[str, Any] = {
        "domains": [DomainResult(one, TALLY, ACCEPTED) for one in verdicts or (verdict(),)],
        "played": PLAYED,
        "seconds": 171.26,
        "report": report(balance=Balance(3_500, 3_500)),
    }
    return ReadyResult(**(fields | changes))


def rendered(found: ReadyResult) -> str:
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    render_ready(found, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]  # the file is the one from above


def test_it_is_ready_when_all_domains_are_all_was_sent_and_the_books_balance() -> None:
    not_ready = verdict(open_groups=(group(),))

    assert result().is_ready
    assert not result(verdict(), not_ready).is_ready
    assert not result(report=report(balance=Balance(3_500, 3_499))).is_ready
    assert not result(played=replace(PLAYED, unsendable=Counter({"leads-1 lost": 1}))).is_ready


def test_a_domain_is_a_line_and_under_it_is_what_was_no_plain_match() -> None:
    text = rendered(result())

    heading, row, *_ = text.splitlines()
    assert heading.split() == [
        "domain",
        "verdict",
        "compared",
        "accepted",
        "differ",
        "under",
        "cells",
        "time",
        "queries",
    ]
    assert row.split()[:2] == ["escrows", "ready"]
    assert row.split()[3] == "390"
    for line in (
        "accepted Q-09 1,516 in 8 groups, Q-15 988 in 1 group",
        "transient moved 2",
        "skipped not_shown 1, unknown_commit 3",
        "not mirrored never 3, refused_write 22",
        "25,100 requests, 1,089 of them writes, 1 different reads, in 3 rounds and 171 s",
        "the books balance: 3,500 mirrored = 3,500 outcomes + 0 in flight",
    ):
        assert line in " ".join(text.split())


def test_what_keeps_a_domain_from_being_ready_is_said() -> None:
    text = rendered(
        result(
            verdict(open_groups=(group(),)),
            played=replace(PLAYED, unsendable=Counter({"leads-1 [lost]": 2})),
            report=report(balance=Balance(3_500, 3_499)),
        )
    )

    assert "1 open difference group" in text
    assert "not sent leads-1 [lost], 2 times" in text
    assert "the books do not balance: 3,500 mirrored ≠ 3,499 outcomes" in text


def test_it_fits_80_columns() -> None:
    long = replace(verdict().domain, name="appointments")

    lines = rendered(result(replace(verdict(), domain=long))).splitlines()

    assert max(map(len, lines)) <= 80
    assert "…" not in lines[0]


def test_groups_are_added_up_by_the_quirk_that_accepts_them() -> None:
    groups = [
        group(accepted_by="Q-15: the export is real", n=4),
        group(accepted_by="Q-09: page=abc", n=2),
        group(accepted_by="Q-15: the statistics are real", n=3),
        group(accepted_by="prices as text", n=1),
    ]

    assert accepted_by(groups) == [
        Accepted("Q-09", 1, 2),
        Accepted("Q-15", 2, 7),
        Accepted("prices as text", 1, 1),
    ]


def test_as_json_it_has_a_schema_and_each_domain_with_verdict_and_counts() -> None:
    values = json.loads(json.dumps(result().to_json()))

    assert (values["schema"], values["ready"]) == ("crossfade.ready/1", True)
    assert values["balance"]["balanced"] is True
    (domain,) = values["domains"]
    assert (domain["domain"], domain["verdict"], domain["mirrored"]) == ("escrows", "ready", 3_500)
    assert domain["accepted"][0] == {"by": "Q-09", "groups": 8, "exchanges": 1_516}
