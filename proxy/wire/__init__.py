"""The data plane: bytes between clients and backends, one module a concern; what is decided, is decided in `proxy/`.

client.py        one connection: requests one after another, answers in that order, deadlines, back-pressure
heads.py         the head, checked by llhttp, read as field lines; what is doubtful is refused
forwarding.py    one request: once more or to legacy where that is safe; what becomes of it is told once
pool.py          a connection that is idle, or a new one, or a place in line
backend.py       sends it, takes the answer's head and body, goes back to the pool if nothing is in doubt
framing.py       where bodies end; chunks are decoded strictly and framed anew
busy_polling.py  where requests come one by one, the loop stays awake for their answers
outgoing.py      what a turn of a busy loop has to send goes out at its end; then the books of it are kept
tunnel.py        after an upgrade: bytes both ways
plane.py         what they share; timeouts.py: the one timer behind all deadlines; seams.py: who needs what of whom
"""
