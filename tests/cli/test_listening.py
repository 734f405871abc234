"""The socket that all workers inherit."""

import socket

import pytest

from cli.errors import UnavailableError
from cli.listening import bind


def test_a_socket_that_is_bound_takes_connections_once_somebody_listens() -> None:
    with bind("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))

        bound.listen()

        socket.create_connection(("127.0.0.1", port)).close()


def test_it_may_be_of_ipv6() -> None:
    with bind("::1", 0) as bound:
        bound.listen()

        socket.create_connection(("::1", bound.getsockname()[1])).close()


def test_a_newer_one_has_the_same_port_beside_it_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with bind("127.0.0.1", 0) as old:
        old.listen()
        port = old.getsockname()[1]

        with bind("127.0.0.1", port) as new:
            assert new.getsockname() == old.getsockname()

    assert f"another process has 127.0.0.1:{port} too" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_not_ours_is_one_sentence(host: str) -> None:
    with pytest.raises(UnavailableError, match=f"cannot listen on {host}:0: "):
        bind(host, 0)


def test_a_port_that_another_program_has_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(
            UnavailableError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use"
        ):
            bind("127.0.0.1", port)
