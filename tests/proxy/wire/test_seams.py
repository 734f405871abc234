"""The parts fit the seams between them; mypy reads these lines, and so does whoever looks for who plays which part."""

from pathlib import Path

from proxy.settings import ProxySettings
from proxy.wire.client import ClientConnection
from proxy.wire.plane import WirePlane
from proxy.wire.seams import Client, ClientPlane, Connected, Plane


async def test_a_plane_is_what_requests_and_connections_of_clients_need() -> None:
    plane = WirePlane(ProxySettings("http://127.0.0.1:1", "http://127.0.0.1:2", "", Path(), (), b"key"))

    for_requests: Plane = plane
    for_connections: ClientPlane = plane

    assert for_requests is for_connections
    await plane.close()


async def test_a_connection_of_a_client_is_what_its_request_and_its_plane_need() -> None:
    plane = WirePlane(ProxySettings("http://127.0.0.1:1", "http://127.0.0.1:2", "", Path(), (), b"key"))

    connection = ClientConnection(plane)
    for_requests: Client = connection
    for_its_plane: Connected = connection

    assert {id(for_requests), id(for_its_plane)} == {id(connection)}
    await plane.close()
