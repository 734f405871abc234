"""The contract of every room's permissions: whom a row is shown to, and that a stranger learns and changes nothing.

A room's `test_services.py` inherits `GuardedRoom` and declares its facts.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tests.domains.support import Modern

Asked = tuple[str, str, Any]
"""A method, what stands behind the path of a row, and a body."""
_NO_IDS = ("not-an-id", "%00", "deadbeef-0000-4000-8000-000000000000")
_SENTENCES = {"GET": "access", "DELETE": "delete"}


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

    async def test_a_row_is_shown_to_whom_it_was_granted(self, modern: Modern) -> None:
        found = {
            (user, number): (await modern.send(user, "GET", self.item.format(number))).status
            for user, number in self.shown
        }

        assert found == self.shown

    async def test_a_stranger_is_refused_alike_whether_the_row_exists_or_not_and_changes_nothing(
        self, modern: Modern
    ) -> None:
        collection = self.item.rpartition("/")[0]
        paths = [*map(self.item.format, self.foreign), *(f"{collection}/{key}" for key in _NO_IDS)]
        before = self._stored(modern)

        told = {
            (method, suffix, str(body), path): await modern.send("agent_ben", method, f"{path}{suffix}", body)
            for method, suffix, body in (*self.requests, *self.wrong)
            for path in paths
        }

        sentence = "You do not have permission to {} this {}"
        assert {asked: (reply.status, reply.body["error"]) for asked, reply in told.items()} == {
            asked: (
                403,
                {
                    "code": "FORBIDDEN",
                    "message": sentence.format(_SENTENCES.get(asked[0], "modify"), self.name),
                },
            )
            for asked in told
        }
        assert self._stored(modern) == before

    async def test_a_system_admin_is_told_that_there_is_no_such_row(self, modern: Modern) -> None:
        collection = self.item.rpartition("/")[0]
        told = {
            (method, suffix, key): await modern.send("admin_ada", method, f"{collection}/{key}{suffix}", body)
            for method, suffix, body in self.requests
            for key in _NO_IDS
            if suffix not in self.accepts_unknown
        }

        assert {asked: reply.refusal for asked, reply in told.items()} == dict.fromkeys(
            told, (404, "NOT_FOUND")
        )

    def _stored(self, modern: Modern) -> list[list[tuple[Any, ...]]]:
        return [modern.rows(f"SELECT * FROM {table} ORDER BY id") for table in self.tables]
