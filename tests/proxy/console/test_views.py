"""What the console shows."""

import os
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from parity.errors import RulesError
from parity.holdings import Declared
from parity.verdict import Verdict
from proxy.console.errors import NotFoundError
from proxy.console.seams import GuardShown
from proxy.console.views import Views, flag_words, modern_share, summary, without_samples
from proxy.flag_rows import Registration
from proxy.flags import Flag
from proxy.stages import Stage
from tests.proxy.console.rig import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.make(f"sqlite:///{tmp_path}/store.sqlite3")


@pytest.mark.parametrize(
    ("stage", "share"),
    [(Stage.OFF, 0), (Stage.SHADOW, 0), (Stage.CANARY, 0.2), (Stage.LIVE, 1), (Stage.COMPLETE, 1)],
)
def test_the_share_that_modern_serves_is_told_of_every_stage(stage: Stage, share: float) -> None:
    assert modern_share(Flag(stage, 0.2)) == share


def test_a_worker_that_serves_an_older_version_is_behind(store: Store) -> None:
    store.flags.register(Registration("w-1", "proxy-1", socket.gethostname(), os.getpid()))
    store.flags.acknowledge("w-1", store.flags.version())
    current = Views(store.sources).status()
    store.flip(Stage.SHADOW)

    after, rows = Views(store.sources).status(), Views(store.sources).workers().workers

    assert (current.workers, current.behind, after.behind) == (1, 0, 1)
    assert [(row.name, row.is_behind) for row in rows] == [("proxy-1", True)]


def test_rules_that_are_wrong_do_not_keep_the_report_from_being_read(store: Store) -> None:
    def broken() -> Declared:
        raise RulesError(["a fault"])

    store.differ()

    report = Views(replace(store.sources, declared=broken)).report("escrows")

    assert report.tally.compared == 13
    assert [group["samples"] for group in without_samples(report.to_json())["groups"]] == [[]]


def test_the_overview_does_not_wait_for_verdicts_that_take_long(store: Store) -> None:
    gate = threading.Event()

    def slow(domain: str) -> Verdict:
        gate.wait(20)
        return store.judge(domain)

    views = Views(replace(store.sources, judge=slow), patience_s=0.05)
    before = views.status()
    page = views.domain("escrows")
    gate.set()
    for domain in ("escrows", "leads"):
        views.verdict(domain)
    after = views.status()
    views.close()

    assert [one.verdict for one in before.domains] == ["", ""]
    assert (page.domain.verdict, page.conditions, page.coverage) == ("", [], [])
    assert [one.verdict for one in after.domains] == ["not yet", "not yet"]


def test_the_guards_that_it_is_given_are_shown_with_their_domain(store: Store) -> None:
    def guards(domain: str) -> list[GuardShown]:
        return [GuardShown("errors", "breached", f"{domain}: 3% of 40, wanted 1% at most", is_alarming=True)]

    shown = Views(replace(store.sources, guards=guards)).domain("leads").guards

    assert [(one.state, one.text, one.is_alarming) for one in shown] == [
        ("breached", "leads: 3% of 40, wanted 1% at most", True)
    ]
    assert Views(store.sources).domain("leads").guards == []


def test_a_change_is_told_in_a_line(store: Store) -> None:
    store.flip(Stage.SHADOW, Stage.CANARY)

    change = store.flags.history(1)[0]

    assert summary(change) == "escrows: shadow → canary 5% by walker"
    assert flag_words(None) == "off"


def test_a_domain_that_there_is_none_of_is_told_from_the_others(store: Store) -> None:
    with pytest.raises(NotFoundError, match="there are escrows, leads"):
        Views(store.sources).domain("ledas")
