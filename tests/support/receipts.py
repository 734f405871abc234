"""The end of a proxy worker on the socket of a real parity worker, as a stream."""

import asyncio

from parity.exchange import Receipt
from parity.wire import decode_receipt, read_length, read_payload


async def read_receipt(reader: asyncio.StreamReader) -> Receipt | None:
    """The next one, or None when the parity worker has closed between two frames."""
    length = await read_length(reader)
    return None if length is None else decode_receipt(await read_payload(reader, length))
