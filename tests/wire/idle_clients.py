"""A process of its own that holds many idle keep-alive connections: `python idle_clients.py PORT COUNT`.

Each has one request answered; then the number of connections is printed, and they stay until standard input ends.
"""

import socket
import sys
from contextlib import suppress

REQUEST = b"GET /v1/escrows HTTP/1.1\r\nHost: crm.example.test\r\n\r\n"


def main() -> None:
    """Connect, ask once, wait."""
    port, count = int(sys.argv[1]), int(sys.argv[2])
    held: list[socket.socket] = []
    with suppress(OSError):
        while len(held) < count:
            one = socket.create_connection(("127.0.0.1", port), timeout=10)
            one.sendall(REQUEST)
            got = b""
            while not got.endswith(b"ok"):
                part = one.recv(4_096)
                if not part:
                    raise ConnectionError
                got += part
            held.append(one)
    sys.stdout.write(f"{len(held)}\n")
    sys.stdout.flush()
    sys.stdin.read()
    still = 0
    for one in held:
        one.setblocking(False)
        with suppress(BlockingIOError):
            still -= one.recv(1) == b""
        still += 1
    sys.stdout.write(f"{still}\n")


if __name__ == "__main__":
    main()
