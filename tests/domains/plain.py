"""The contract of a room as `crossfade domain new` makes it: owned, archived, versioned rows, and nothing special.

The room's `test_services.py` inherits `PlainRoom` and declares its facts. Its table is made for a test where no
migration has made it yet, and its routes are served whether it is mounted already or not.
"""

import csv
import io
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import Table, create_engine, delete, inspect, make_url

from domains.shared.routes import Route
from tests.domains.support import Modern, serving

OWNER, STRANGER, ADMIN = "agent_ann", "agent_ben", "admin_ada"
PLAIN = (
    *(("GET", ""), ("POST", ""), ("GET", "/stats"), ("GET", "/export"), ("POST", "/batch-delete")),
    *(("GET", "/{id}"), ("PUT", "/{id}"), ("DELETE", "/{id}")),
    *(("PUT", "/{id}/archive"), ("PUT", "/{id}/restore")),
)
"""The endpoints that such a room has, and of which its tests ask who gets at them: method, and what follows its path."""
NO_ID = "deadbeef-0000-4000-8000-000000000000"


@contextmanager
def emptied(database_url: str, table: Table) -> Iterator[None]:
    """The table, without a row; made, and dropped at the end, where the database has none of that name."""
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    is_there = inspect(engine).has_table(table.name)
    if is_there:
        with engine.begin() as connection:
            connection.execute(delete(table))
    else:
        table.create(engine)
    try:
        yield
    finally:
        if not is_there:
            table.drop(engine)
        engine.dispose()


class PlainRoom:
    """What holds for every room with nothing special."""

    path: ClassVar[str]
    name: ClassVar[str]
    """As it stands in sentences."""
    table: ClassVar[Table]
    routes: ClassVar[Sequence[Route]]
    new: ClassVar[Mapping[str, Any]]
    change: ClassVar[Mapping[str, Any]]
    wrong: ClassVar[Mapping[str, Any]]
    """A body that makes one, one that changes it, and one whose fields (all of them) are wrong for both."""

    @pytest.fixture
    async def modern(self, seeded_database: str, contract: Path) -> AsyncIterator[Modern]:
        """The modern backend with this room."""
        with emptied(seeded_database, self.table):
            async with serving(seeded_database, contract, routes=self.routes) as running:
                yield running

    async def made(self, modern: Modern) -> str:
        """The path of a new one, which is the owner's."""
        created = await modern.send(OWNER, "POST", self.path, dict(self.new))
        assert created.status == 201
        return f"{self.path}/{created.body['data']['id']}"

    async def test_a_new_one_is_shown_whole_to_its_owner(self, modern: Modern) -> None:
        item = await self.made(modern)

        shown = await modern.send(OWNER, "GET", item)
        listed = await modern.send(OWNER, "GET", f"{self.path}?scope=user")

        collection = self.path.rsplit("/", 1)[-1].replace("-", "_")
        assert shown.body["data"].items() >= self.new.items()
        assert listed.body["data"][collection] == [shown.body["data"]]
        assert listed.body["data"]["pagination"]["totalCount"] == 1

    async def test_a_stranger_gets_at_nothing_and_learns_nothing(self, modern: Modern) -> None:
        paths = [await self.made(modern), f"{self.path}/{NO_ID}", f"{self.path}/not-an-id"]
        requests = [
            *(("GET", "", None), ("DELETE", "", None), ("PUT", "/archive", None), ("PUT", "/restore", None)),
            *(("PUT", "", body) for body in (self.change, self.wrong, {})),
        ]

        replies = [
            await modern.send(STRANGER, method, f"{path}{suffix}", body)
            for path in paths
            for method, suffix, body in requests
        ]
        batch = await modern.send(STRANGER, "POST", f"{self.path}/batch-delete", {"ids": [paths[0][-36:]]})
        listed = await modern.send(STRANGER, "GET", f"{self.path}?scope=user")

        assert {reply.refusal for reply in (*replies, batch)} == {(403, "FORBIDDEN")}
        assert replies[0].body["error"]["message"] == f"You do not have permission to access this {self.name}"
        assert listed.body["data"]["pagination"]["totalCount"] == 0
        assert (await modern.send(OWNER, "GET", paths[0])).body["data"]["version"] == 1

    async def test_without_credentials_nothing_is_answered(self, modern: Modern) -> None:
        paths = [(route.method, route.path.format(id=NO_ID)) for route in self.routes]

        replies = [await modern.send(None, method, path) for method, path in paths]

        assert {reply.status for reply in replies} == {401}

    async def test_a_system_admin_is_told_that_there_is_none(self, modern: Modern) -> None:
        keys = [NO_ID, "not-an-id", "%00"]

        replies = [
            await modern.send(ADMIN, method, f"{self.path}/{key}", body)
            for key in keys
            for method, body in (("GET", None), ("PUT", self.change), ("DELETE", None))
        ]

        assert {reply.refusal for reply in replies} == {(404, "NOT_FOUND")}

    async def test_an_update_with_another_version_is_a_conflict(self, modern: Modern) -> None:
        item = await self.made(modern)

        updated = await modern.send(OWNER, "PUT", item, {**self.change, "version": 1})
        late = await modern.send(OWNER, "PUT", item, {**self.change, "version": 1})
        empty = await modern.send(OWNER, "PUT", item, {"version": 2})

        assert updated.body["data"].items() >= {**self.change, "version": 2}.items()
        assert late.refusal == (409, "VERSION_CONFLICT")
        assert empty.refusal == (400, "NO_UPDATES")

    async def test_what_is_wrong_is_told_with_its_fields_and_changes_nothing(self, modern: Modern) -> None:
        item = await self.made(modern)
        before = await modern.send(OWNER, "GET", item)

        replies = [
            await modern.send(OWNER, "POST", self.path, dict(self.wrong)),
            await modern.send(OWNER, "PUT", item, dict(self.wrong)),
        ]

        assert {reply.refusal for reply in replies} == {(400, "VALIDATION_ERROR")}
        assert [set(reply.faults) >= set(self.wrong) for reply in replies] == [True, True]
        assert (await modern.send(OWNER, "GET", item)).body == before.body

    async def test_what_is_archived_is_hidden_until_it_is_restored_or_deleted(self, modern: Modern) -> None:
        item = await self.made(modern)

        too_early = await modern.send(OWNER, "DELETE", item)
        archived = await modern.send(OWNER, "PUT", f"{item}/archive")
        hidden = await modern.send(OWNER, "GET", item)
        restored = await modern.send(OWNER, "PUT", f"{item}/restore")
        shown = await modern.send(OWNER, "GET", item)
        await modern.send(OWNER, "PUT", f"{item}/archive")
        deleted = await modern.send(OWNER, "DELETE", item)

        assert too_early.refusal == (400, "NOT_ARCHIVED")
        assert hidden.refusal == (404, "NOT_FOUND")
        assert {reply.status for reply in (archived, restored, shown, deleted)} == {200}
        assert modern.rows(f"SELECT * FROM {self.table.name}") == []

    async def test_a_batch_is_deleted_whole_or_not_at_all(self, modern: Modern) -> None:
        items = [await self.made(modern) for _ in range(2)]
        ids = {"ids": [item[-36:] for item in items]}
        await modern.send(OWNER, "PUT", f"{items[0]}/archive")

        refused = await modern.send(OWNER, "POST", f"{self.path}/batch-delete", ids)
        await modern.send(OWNER, "PUT", f"{items[1]}/archive")
        deleted = await modern.send(OWNER, "POST", f"{self.path}/batch-delete", ids)

        assert refused.refusal == (400, "NOT_ARCHIVED")
        assert deleted.body["deletedCount"] == 2

    async def test_the_statistics_and_the_export_are_those_of_the_list(self, modern: Modern) -> None:
        for _ in range(3):
            await self.made(modern)

        counted = await modern.send(OWNER, "GET", f"{self.path}/stats?scope=user")
        headers = modern.credentials.headers(OWNER)
        async with modern.client.get(f"{self.path}/export?scope=user", headers=headers) as answer:
            table = list(csv.DictReader(io.StringIO(await answer.text(), newline="")))

        assert (counted.body["data"]["total"], len(table)) == (3, 3)

    async def test_a_request_stays_within_its_budget_of_statements(self, modern: Modern) -> None:
        item = await self.made(modern)
        requests = [
            *(("GET", self.path, None), ("POST", self.path, self.new), ("GET", item, None)),
            *(("PUT", item, self.change), ("PUT", f"{item}/archive", None), ("DELETE", item, None)),
        ]

        replies = [await modern.send(OWNER, method, path, body) for method, path, body in requests]

        assert max(reply.query_count for reply in replies) <= 3
