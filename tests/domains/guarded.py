"""The contract of every room's permissions: whom a row is shown to, and that a stranger learns and changes nothing.

A room's `test_services.py` inherits `GuardedRoom` and declares its facts, and so `VersionedRoom` where rows have versions.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tests.domains.support import Modern

Asked = tuple[str, str, Any]
"""A method, what stands behind the path of a row, and a body."""


class GuardedRoom:
    """One room's rows, of which agent_ben is a stranger to the private ones."""

    item: ClassVar[str]
    """The path of the seeded row of a number, with `{:012}` in it."""
    name: ClassVar[str]
    tables: ClassVar[Sequence[str]]
    """What its requests write."""
    shown: ClassVar[Mapping[tuple[str, int], int]]
    """User and number of a row → status of reading it."""
    foreign: ClassVar[Sequence[int]]
    """Rows that are there, but not for agent_ben."""
    requests: ClassVar[Sequence[Asked]]
    wrong: ClassVar[Sequence[Asked]] = ()
    """Requests whose faults are told only to who may send them."""
    accepts_unknown: ClassVar[Sequence[str]] = ()
    """Suffixes of requests that a system_admin may send for what is not there, as recorded."""
    no_ids: ClassVar[Sequence[str]] = ("not-an-id", "%00", "deadbeef-0000-4000-8000-000000000000")
    """Keys of nothing."""
    strangers: ClassVar[Sequence[str]] = ("agent_ben",)
    verbs: ClassVar[Mapping[str, str]] = {"GET": "access", "DELETE": "delete"}
    """Method → what a stranger may not do, as the refusal says it; else modify."""
    personal: ClassVar[bool] = False
    """Whether strangers are told that there is no such row."""

    async def test_a_row_is_shown_to_whom_it_was_granted(self, modern: Modern) -> None:
        found = {
            (user, number): (await modern.send(user, "GET", self.item.format(number))).status
            for user, number in self.shown
        }

        assert found == self.shown

    async def test_a_stranger_is_refused_alike_whether_the_row_exists_or_not_and_changes_nothing(
        self, modern: Modern
    ) -> None:
        paths = [*map(self.item.format, self.foreign), *map(self._path_of, self.no_ids)]
        before = self._stored(modern)

        told = {
            (method, suffix, str(body), path, user): await modern.send(user, method, f"{path}{suffix}", body)
            for user in self.strangers
            for method, suffix, body in (*self.requests, *self.wrong)
            for path in paths
        }

        assert {asked: (reply.status, reply.body["error"]) for asked, reply in told.items()} == {
            asked: self._refusal(asked[0]) for asked in told
        }
        assert self._stored(modern) == before

    async def test_a_system_admin_is_told_that_there_is_no_such_row(self, modern: Modern) -> None:
        told = {
            (method, suffix, key): await modern.send(
                "admin_ada", method, f"{self._path_of(key)}{suffix}", body
            )
            for method, suffix, body in self.requests
            for key in self.no_ids
            if suffix not in self.accepts_unknown
        }

        assert {asked: reply.refusal for asked, reply in told.items()} == dict.fromkeys(
            told, (404, "NOT_FOUND")
        )

    def _path_of(self, key: str) -> str:
        return re.sub(r"[^/]*\{:012\}", key, self.item)

    def _refusal(self, method: str) -> tuple[int, dict[str, str]]:
        """The status and the error that a stranger is answered."""
        if self.personal:
            return 404, {"code": "NOT_FOUND", "message": f"{self.name.capitalize()} not found"}
        message = f"You do not have permission to {self.verbs.get(method, 'modify')} this {self.name}"
        return 403, {"code": "FORBIDDEN", "message": message}

    def _stored(self, modern: Modern) -> list[list[tuple[Any, ...]]]:
        return [modern.rows(f"SELECT * FROM {table} ORDER BY id") for table in self.tables]


class VersionedRoom:
    """Rows whose update may name the version that it is of."""

    versioned: ClassVar[str]
    """The path of a row of agent_ann's, at its first version."""
    change: ClassVar[Mapping[str, Any]]

    async def test_of_updates_of_one_version_at_once_one_succeeds_and_the_others_are_told(
        self, modern: Modern
    ) -> None:
        update = {**self.change, "version": 1}

        replies = await asyncio.gather(
            *(modern.send("agent_ann", "PUT", self.versioned, update) for _ in range(4))
        )
        late = await modern.send("agent_ann", "PUT", self.versioned, update)
        next_one = await modern.send("agent_ann", "PUT", self.versioned, {**update, "version": 2})
        unversioned = await modern.send("agent_ann", "PUT", self.versioned, dict(self.change))

        conflicts = [reply.body["error"] for reply in (*replies, late) if reply.status == 409]
        assert sorted(reply.status for reply in replies) == [200, 409, 409, 409]
        assert {(told["code"], told["currentVersion"], told["attemptedVersion"]) for told in conflicts} == {
            ("VERSION_CONFLICT", 2, 1)
        }
        assert [late.status, next_one.status, unversioned.status] == [409, 200, 200]
