"""The parity store: each batch exactly once, the books in balance, bounded, and nothing unredacted."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from parity.compare import compare
from parity.completing import Shed
from parity.database import open_database
from parity.errors import StoreError
from parity.exchange import Batch, Count, Exchange, RowPair
from parity.outcome import Aside, Comparison, Outcome
from parity.redact import Redactor
from parity.report import Report, build_report
from parity.rules import RuleBook
from parity.samples import OTHER_PATHS
from parity.settle import AskedAgain
from parity.store import Limits, ParityStore
from parity.tables import METADATA, RUNS
from tests.parity import factories
from tests.parity.factories import DETAIL, LIST, TODAY, batch, capture, exchange, observation

NOW = 1_795_000_000.0
DAY_S = 86_400.0


def record(store: ParityStore, given: Batch, now: float = NOW) -> bool:
    return factories.record(store, given, now)


def report(engine: sa.Engine, now: float = NOW) -> Report:
    return build_report(engine, now=now)


def mismatch(number: int = 1) -> Exchange:
    return exchange({"n": 0}, {"n": number}, id=f"{number:08x}")


def test_a_batch_is_counted_by_outcome(engine: sa.Engine, store: ParityStore) -> None:
    late = exchange(modern=observation(error="timeout"))

    assert record(store, batch(exchange(), mismatch(), late))

    tally = report(engine).tally
    assert (tally.requests, tally.mirrored, tally.compared, tally.mismatches) == (3, 3, 2, 1)
    assert tally.reasons == {Outcome.TIMEOUT: {"modern_timeout": 1}}


def test_a_batch_sent_again_changes_nothing(engine: sa.Engine, store: ParityStore) -> None:
    first = batch(exchange(), mismatch())
    record(store, first)
    before = report(engine)

    assert not record(store, first)
    assert not record(ParityStore(engine, Redactor(b"key")), first)
    assert report(engine) == before


def test_batches_of_several_runs_are_kept_apart(engine: sa.Engine, store: ParityStore) -> None:
    assert record(store, batch(exchange(), proxy="a", seq=1))
    assert record(store, batch(exchange(), proxy="b", seq=1))
    assert record(store, batch(exchange(), proxy="a", seq=2))

    assert report(engine).tally.total == 3


def test_one_batch_from_two_connections_at_once_is_counted_once(engine: sa.Engine) -> None:
    given = batch(*(mismatch(number) for number in range(1, 20)))
    stores = [ParityStore(engine, Redactor(b"key")) for _ in range(4)]

    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(lambda store: record(store, given), stores))

    assert report(engine).tally.total == 19
    assert sum(taken) == 1


def test_what_fails_half_way_is_recorded_not_at_all(engine: sa.Engine, store: ParityStore) -> None:
    record(store, batch(exchange(), proxy="a", seq=1))
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE parity_samples RENAME TO parity_gone"))
    given = batch(mismatch(), proxy="a", seq=2)

    with pytest.raises(StoreError, match="cannot record a batch"):
        record(store, given)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE parity_gone RENAME TO parity_samples"))

    assert report(engine).tally.total == 1
    assert record(store, given)
    assert report(engine).tally.total == 2


def test_what_the_proxy_counts_under_an_outcome_of_ours_is_not_taken(
    engine: sa.Engine, store: ParityStore
) -> None:
    counts = [
        Count(LIST, "mismatch", "", 5),
        Count(LIST, "shed", "shadow_queue", 2),
        Count(LIST, "mirrored", "", 2),
    ]

    record(store, batch(counts=counts))

    assert report(engine).tally.mismatches == 0
    assert report(engine).tally.outcomes[Outcome.SHED] == 2


def test_differences_are_grouped_with_the_latest_samples_and_the_first(
    engine: sa.Engine, store: ParityStore
) -> None:
    record(store, batch(*(mismatch(number) for number in range(1, 8))))
    record(store, batch(mismatch(8), seq=2), now=NOW + 120)

    (group,) = report(engine, NOW + 120).groups
    assert (group.path, group.kind, group.n, group.share) == ("$.n", "value", 8, 1.0)
    assert [sample.modern for sample in group.samples] == ["8", "7", "6", "5", "4", "1"]
    assert [sample.is_first for sample in group.samples] == [False] * 5 + [True]
    assert (group.first_seen_at, group.last_seen_at) == (NOW, NOW + 120)


def test_too_many_groups_share_one(engine: sa.Engine) -> None:
    store = ParityStore(engine, Redactor(b"key"), Limits(groups_per_endpoint=3))
    keys = [f"k{letter}" for letter in "abcdefgh"]

    record(store, batch(exchange(dict.fromkeys(keys, 1), dict.fromkeys(keys, 2))))

    groups = report(engine).groups
    assert {group.path for group in groups} == {OTHER_PATHS, "$.ka", "$.kb", "$.kc"}


def test_nothing_unredacted_is_on_disk(tmp_path: Path) -> None:
    secret = "Nettle Brindlefox"
    engine = open_database(f"sqlite:///{tmp_path / 'store.db'}")
    found = exchange(
        {"buyer_name": secret, secret: 1},
        observation({"buyer_name": secret + "!", "note": secret}, headers=(("content-type", secret),)),
        target=f"/v1/escrows/{secret}?search={secret}",
        id=secret,
        stage=secret,
        client=secret,
    )

    record(ParityStore(engine, Redactor(b"key")), batch(found))
    engine.dispose()

    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"<text:17:" in stored
    assert b"Nettle" not in stored
    assert b"Brindlefox" not in stored


def test_pruning_forgets_by_age_and_keeps_the_balance(engine: sa.Engine, store: ParityStore) -> None:
    record(store, batch(exchange(), mismatch()), now=NOW - 40 * DAY_S)
    record(store, batch(mismatch(2), seq=2, proxy="late"), now=NOW)

    found = report(engine)
    assert (found.balance.mirrored, found.balance.outcomes, found.balance.balanced) == (3, 3, True)
    assert [group.n for group in found.groups] == [1]
    assert build_report(engine, since_s=3_600, now=NOW).tally.total == 1
    with engine.connect() as connection:
        assert connection.execute(sa.select(RUNS.c.proxy)).scalars().all() == ["late"]


def test_pruning_bounds_the_samples(engine: sa.Engine) -> None:
    store = ParityStore(engine, Redactor(b"key"), Limits(total_samples=3))
    keys = [f"k{letter}" for letter in "abcdef"]

    record(store, batch(exchange(dict.fromkeys(keys, 1), dict.fromkeys(keys, 2))))

    assert sum(len(group.samples) for group in report(engine).groups) == 3


def test_what_modern_needs_is_summed_beside_what_legacy_needs(engine: sa.Engine, store: ParityStore) -> None:
    quick = observation({"id": 1}, duration_s=0.005, query_count=2)
    silent = observation({"id": 1}, duration_s=0.015, query_count=None)

    record(
        store,
        batch(exchange(None, quick), exchange(None, silent), exchange(modern=observation(error="broken"))),
    )

    (row,) = report(engine).endpoints
    assert (row.costs.n, row.costs.query_n) == (2, 1)
    assert row.costs.duration_ratio == pytest.approx(1.0)
    assert row.costs.query_ratio == pytest.approx(0.5)


def test_a_write_check_is_an_outcome_of_the_write_and_costs_its_read_nothing(
    engine: sa.Engine, store: ParityStore
) -> None:
    write = "POST /v1/escrows"
    check = exchange({"n": 0}, {"n": 1}, endpoint=DETAIL, check="read_back", write=write)

    counts = [Count(write, name, "", 1) for name in ("requests", "mirrored")]
    record(store, batch(captures=(capture(check, endpoint=write, method="POST"),), counts=counts))

    found = report(engine)
    rows = {row.endpoint: (row.tally.mirrored, row.tally.mismatches, row.costs.n) for row in found.endpoints}
    assert rows == {write: (1, 1, 0), DETAIL: (0, 0, 0)}
    assert [(group.endpoint, group.path, group.n, group.share) for group in found.groups] == [
        (DETAIL, "$.n", 1, 1.0)
    ]
    assert (found.tally.checks, found.tally.total, found.balance.balanced) == (1, 1, True)


def test_a_comparison_is_wanted_for_each_capture(store: ParityStore) -> None:
    with pytest.raises(ValueError, match="zip"):
        store.record(batch(exchange(), exchange()), [exchange()], [Comparison(Outcome.MATCH)])


def test_what_the_parity_worker_shed_is_an_outcome_with_its_reason(
    engine: sa.Engine, store: ParityStore
) -> None:
    record(store, batch(exchange(), Shed("shadow_limit"), counts=[Count(LIST, "mirrored", "", 2)]))

    tally = report(engine).tally
    assert (tally.compared, tally.reasons) == (1, {Outcome.SHED: {"shadow_limit": 1}})
    assert report(engine).balance.balanced
    assert report(engine).endpoints[0].costs.n == 1


def test_what_asking_again_brought_is_counted_beside_the_outcomes_once(
    engine: sa.Engine, store: ParityStore
) -> None:
    given = batch(mismatch(), mismatch(2))
    beside = AskedAgain(
        Counter({(LIST, "confirmations", "persisted"): 1, (LIST, "unconfirmed", "Nettle Brindlefox"): 1})
    )
    differing = [compare(one, RuleBook(), today=TODAY) for one in (mismatch(), mismatch(2))]

    for _ in range(2):
        store.record(given, [mismatch(), mismatch(2)], differing, beside, now=NOW)

    tally = report(engine).tally
    assert tally.asides == {Aside.CONFIRMATIONS: {"persisted": 1}, Aside.UNCONFIRMED: {"other": 1}}
    assert (tally.total, tally.mismatches, report(engine).balance.balanced) == (2, 2, True)


def test_up_to_which_batch_a_run_is_recorded_is_known(store: ParityStore) -> None:
    record(store, batch(exchange(), proxy="a", seq=1))
    record(store, batch(exchange(), proxy="a", seq=2))

    assert (store.last_seq("a"), store.last_seq("b")) == (2, 0)


def test_the_tables_are_made_when_they_are_needed(engine: sa.Engine, store: ParityStore) -> None:
    assert report(engine).tally.total == 0

    record(store, batch())

    assert set(METADATA.tables) <= set(sa.inspect(engine).get_table_names())


def test_a_rehearsed_write_is_counted_once_with_what_became_of_its_rows(
    engine: sa.Engine, store: ParityStore
) -> None:
    write = "POST /v1/escrows"
    secret = RowPair("users", {"password_hash": "Nettle"}, {"password_hash": "Brindlefox"})
    rehearsed: dict[str, Any] = {"endpoint": write, "check": "rehearse", "write": write}
    found = [
        exchange(**rehearsed, rows=(secret,), row_counts={"compared": 1, "not_found": 2}),
        exchange(**rehearsed, row_counts={"no_database": 1}),
    ]

    record(store, batch(*found))

    (row,) = report(engine).endpoints
    (group,) = report(engine).groups
    assert (row.endpoint, row.tally.compared, row.tally.checks, row.costs.n) == (write, 2, 0, 0)
    assert row.tally.asides == {
        Aside.REHEARSALS: {"answers": 1, "rows": 1},
        Aside.ROWS: {"compared": 1, "not_found": 2, "no_database": 1},
    }
    assert (group.path, group.samples[0].write_check) == ("$rows.users[*].password_hash", "rehearse")
    assert "Nettle" not in f"{group}"
    assert "Brindlefox" not in f"{group}"
    assert report(engine).balance.balanced
