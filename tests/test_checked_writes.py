"""Writes to the reference CRM through Crossfade: committed once, read back through both backends, whatever those do.

Real backends on one real PostgreSQL; modern has the planted faults.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

import legacy_bridge.seed
from loadtests.recording import Credentials
from parity.exchange import Backend
from parity.outcome import Outcome
from parity.report import Report, build_report
from proxy.stages import Stage
from tests.support.replay import JWT_SECRET
from tests.support.site import Site, running_backend, running_site

CREATE, CHANGE, REMOVE = "POST /v1/escrows", "PUT /v1/escrows/{id}", "PUT /v1/escrows/{id}/archive"
ITEM = "GET /v1/escrows/{id}"
USER = "admin_ada"
UNLIMITED = ("--rate-limit", "1000000", "--failed-auth-limit", "1000000")
TO = {Stage.SHADOW: [Stage.SHADOW], Stage.LIVE: [Stage.SHADOW, Stage.CANARY, Stage.LIVE]}


@dataclass
class Client:
    """Somebody with a token, and an operator of the proxy; counts what was sent."""

    site: Site
    database_url: str
    headers: dict[str, str]
    modern: str
    sent: int = 0

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and answer of a request through the proxy."""
        self.sent += 1
        request = urllib.request.Request(
            f"{self.site.url}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json", **self.headers},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    def create(self, street: str) -> str:
        """An escrow of that address; returns its id."""
        body = {"propertyAddress": street, "city": "Exampleton", "state": "CA", "purchasePrice": 500_000}
        status, answer = self.ask("POST", "/v1/escrows", body)
        assert status == 201, answer
        return str(answer["data"]["id"])

    def faulty(self, name: str, *, is_on: bool) -> None:
        """Switch a fault of modern."""
        method = "PUT" if is_on else "DELETE"
        urllib.request.urlopen(
            urllib.request.Request(f"{self.modern}/__faults/{name}", method=method), timeout=10
        ).close()

    def bring(self, stage: Stage) -> None:
        """The domain from `off` to that stage."""
        self.site.roll_back("escrows")
        for step in TO[stage]:
            self.site.flip(step, canary_share=0.5 if step is Stage.CANARY else None)

    def settled(self) -> Report:
        """The report of the domain, once everything that was sent is in the books."""
        self.site.settled(self.sent)
        return build_report(self.site.context.engine, domain="escrows", endpoints=self.site.context.endpoints)

    def outcomes(self, endpoint: str) -> dict[str, int]:
        """What became of the writes at one endpoint so far, with the reason of those that were not compared."""
        rows = [row.tally for row in self.settled().endpoints if row.endpoint == endpoint]
        if not rows:
            return {}
        plain = {outcome.value: n for outcome, n in rows[0].outcomes.items() if n}
        reasons = {
            f"{outcome.value}({reason})": n
            for outcome, found in rows[0].reasons.items()
            for reason, n in found.items()
        }
        return {key: n for key, n in plain.items() if Outcome(key) not in rows[0].reasons} | reasons

    def rows(self, street: str) -> int:
        """How many escrows of that address there are."""
        with psycopg.connect(self.database_url) as connection:
            found = connection.execute(
                "SELECT count(*) FROM escrows WHERE property_address = %s", [street]
            ).fetchone()
        assert found is not None
        return int(found[0])

    def everything(self) -> dict[str, list[str]]:
        """Every row of every table as text."""
        with psycopg.connect(self.database_url) as connection:
            names = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall()
            rows = sql.SQL("SELECT t::text FROM {} t ORDER BY 1")
            return {
                name: [row for (row,) in connection.execute(rows.format(sql.Identifier(name)))]
                for (name,) in names
            }


@pytest.fixture(scope="module")
def client(database_url: str, contract: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    state_dir = tmp_path_factory.mktemp("site")
    legacy_bridge.seed.reset(database_url, contract / "seed")
    headers = Credentials(contract, JWT_SECRET).headers(USER)
    with (
        running_backend(Backend.LEGACY, database_url, state_dir, *UNLIMITED) as legacy,
        running_backend(Backend.MODERN, database_url, state_dir, *UNLIMITED, "--faults") as modern,
        pytest.MonkeyPatch.context() as monkeypatch,
        running_site(
            monkeypatch, state_dir, legacy=legacy, modern=modern, CROSSFADE_MIRROR__TIMEOUT_S="1.0"
        ) as site,
    ):
        yield Client(site, database_url, headers, modern)


def more(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {key: n - before.get(key, 0) for key, n in after.items() if n != before.get(key, 0)}


@pytest.mark.parametrize("stage", TO)
def test_a_write_is_committed_once_and_its_check_leaves_nothing_behind(client: Client, stage: Stage) -> None:
    client.bring(stage)
    before = {name: client.outcomes(name) for name in (CREATE, CHANGE, REMOVE)}
    street = f"1 {stage} Road"

    made = client.create(street)
    client.settled()
    client.ask("PUT", f"/v1/escrows/{made}", {"purchasePrice": 510_000})
    client.settled()
    status, _ = client.ask("PUT", f"/v1/escrows/{made}/archive")
    written = client.everything()
    after = {name: client.outcomes(name) for name in before}

    assert status == 200
    assert client.rows(street) == 1
    assert client.everything() == written
    assert [sum(more(before[name], after[name]).values()) for name in before] == [1, 1, 1]
    assert all(
        more(before[name], after[name]).keys() <= {"match", "accepted", "skipped(not_shown)"}
        for name in before
    )
    assert more(before[CREATE], after[CREATE]).keys() <= {"match", "accepted"}
    assert client.settled().balance.balanced


def test_a_read_of_modern_that_is_wrong_is_a_mismatch_of_the_write(client: Client) -> None:
    client.bring(Stage.SHADOW)
    before = client.outcomes(CREATE)

    client.faulty("wrong-price", is_on=True)
    client.create("2 Wrong Road")
    after = client.outcomes(CREATE)
    client.faulty("wrong-price", is_on=False)

    assert more(before, after) == {"mismatch": 1}
    assert client.rows("2 Wrong Road") == 1
    groups = client.settled().open_groups
    assert {group.endpoint for group in groups} == {ITEM}
    assert {group.kind for group in groups} == {"value"}
    assert all(group.path.lower().replace("_", "").endswith("purchaseprice") for group in groups)


def test_a_modern_that_breaks_at_the_check_costs_the_check_and_not_the_write(client: Client) -> None:
    client.bring(Stage.SHADOW)
    before = client.outcomes(CREATE)

    client.faulty("drop-answer", is_on=True)
    client.create("3 Broken Road")
    after = client.outcomes(CREATE)
    client.faulty("drop-answer", is_on=False)

    assert more(before, after) == {"error(modern_broken)": 1}
    assert client.rows("3 Broken Road") == 1


def test_a_write_that_is_refused_is_not_read_back(client: Client) -> None:
    client.bring(Stage.SHADOW)
    before = client.outcomes(CREATE)

    status, _ = client.ask("POST", "/v1/escrows", {"purchasePrice": -1})

    assert status == 400
    assert client.outcomes(CREATE) == before
    tally = next(row.tally for row in client.settled().endpoints if row.endpoint == CREATE)
    assert tally.not_mirrored["refused_write"] == 1
