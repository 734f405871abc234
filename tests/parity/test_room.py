"""Room is bounded in items and bytes, in the order of asking."""

import asyncio

from parity.room import Room


async def entering(room: Room, *sizes: int) -> list[asyncio.Task[None]]:
    """Ask for room for each, in this order."""
    tasks = [asyncio.create_task(room.take(size)) for size in sizes]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


def let_in(tasks: list[asyncio.Task[None]]) -> list[bool]:
    return [task.done() for task in tasks]


async def test_items_are_bounded() -> None:
    room = Room(2, 1_000)
    tasks = await entering(room, 1, 1, 1)

    before = let_in(tasks)
    room.give_back(1)
    await asyncio.gather(*tasks)

    assert before == [True, True, False]
    assert (room.held_items, room.held_bytes) == (2, 2)


async def test_bytes_are_bounded_and_nobody_overtakes() -> None:
    room = Room(10, 100)
    tasks = await entering(room, 60, 50, 10)

    before = let_in(tasks)
    room.give_back(60)
    await asyncio.gather(*tasks)

    assert before == [True, False, False]
    assert room.held_bytes == 60


async def test_what_is_larger_than_the_room_is_let_in_alone() -> None:
    room = Room(10, 100)
    tasks = await entering(room, 50, 500, 1)

    room.give_back(50)
    await asyncio.sleep(0.01)
    alone = let_in(tasks)
    room.give_back(500)
    await asyncio.gather(*tasks)

    assert alone == [True, True, False]


async def test_who_gives_up_waiting_leaves_the_room_to_others() -> None:
    room = Room(10, 100)
    tasks = await entering(room, 60, 100, 30)

    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert (room.held_items, room.held_bytes) == (2, 90)


async def test_who_gives_up_just_when_there_is_room_gives_it_back() -> None:
    room = Room(10, 100)
    tasks = await entering(room, 60, 100, 100)

    room.give_back(60)
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert let_in(tasks) == [True, True, True]
    assert (room.held_items, room.held_bytes) == (1, 100)
