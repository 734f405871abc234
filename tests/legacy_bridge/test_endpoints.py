"""The list of endpoints is what the application serves."""

from aiohttp import web

from legacy_bridge.app import create_app
from legacy_bridge.endpoints import ENDPOINTS


async def test_every_listed_endpoint_has_a_route_and_no_other_is_served() -> None:
    app = create_app(database_url="postgresql://unused", jwt_secret="x")

    served = {
        (route.method, resource.canonical.removesuffix("{slash}"))
        for resource in app.router.resources()
        for route in resource
        if route.method not in {"HEAD", "*"} and isinstance(resource, web.DynamicResource)
    }

    assert served == set(ENDPOINTS)
