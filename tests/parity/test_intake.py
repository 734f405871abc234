"""Connections: frames as far as there is room, receipts in order, and no connection outlives what broke it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from parity.database import open_database
from parity.exchange import Receipt
from parity.intake import Intake
from parity.redact import Redactor
from parity.room import Room
from parity.rules import RuleBook
from parity.runs import Runs
from parity.store import ParityStore
from parity.wire import encode
from tests.parity.factories import Carried, batch, exchange, until
from tests.support.receipts import read_receipt


async def test_a_half_sent_frame_gives_its_room_back(tmp_path: Path, sqlite_url: str) -> None:
    engine = open_database(sqlite_url)
    stop = asyncio.Event()
    room = Room(1, 1_000_000)
    with ThreadPoolExecutor(1) as thread:
        store = ParityStore(engine, Redactor(b"key"))
        runs = Runs(store, RuleBook(), Carried(), thread=thread, room=room, stop=stop)
        intake = Intake(runs, room, stop)
        server = await asyncio.start_unix_server(intake.serve, tmp_path / "s")
        _, broken = await asyncio.open_unix_connection(tmp_path / "s")
        broken.write(encode(batch(exchange()))[:50])
        await until(lambda: room.held_items == 1)
        reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
        writer.write(encode(batch(exchange())))
        await asyncio.sleep(0.02)
        broken.transport.abort()

        receipt = await asyncio.wait_for(read_receipt(reader), 5)
        writer.close()
        server.close()
        await intake.drain(1)
        engine.dispose()

    assert receipt == Receipt(1)
    assert (room.held_items, room.held_bytes) == (0, 0)
