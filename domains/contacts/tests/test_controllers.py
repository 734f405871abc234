"""The words of the answers about contacts."""

from domains.contacts.controllers import ContactController, build
from domains.shared.clock import utc_now
from domains.shared.database import Database
from domains.shared.pagination import Page


def controller() -> ContactController:
    return build(Database("postgresql://nobody@127.0.0.1:1/none", pool_size=1), utc_now)


async def test_a_part_of_the_list_tells_whether_there_is_more() -> None:
    told = [
        controller().pagination(Page([1, 2], total=5, number=1, limit=2, offset=offset)) for offset in (2, 3)
    ]

    assert told == [
        {"total": 5, "limit": 2, "offset": 2, "hasMore": True},
        {"total": 5, "limit": 2, "offset": 3, "hasMore": False},
    ]


async def test_of_a_contact_everything_is_told_and_nothing_is_said() -> None:
    room = controller()

    told = [
        said({"id": 5}) for said in (room.created, room.updated, room.archived, room.restored, room.deleted)
    ]

    assert told == [{"data": {"id": 5}}] * 5
