"""The seam: what decides knows neither sockets nor aiohttp, and the data plane fits it."""

import ast
from pathlib import Path

import pytest

import proxy
from proxy.plane import DataPlane
from proxy.settings import ProxySettings
from proxy.wire.plane import WirePlane

PROXY = Path(proxy.__file__).parent
SOURCES = sorted(set(PROXY.rglob("*.py")) - set(PROXY.glob("console/*.py")))
WITH_AIOHTTP = {
    "admin.py",
    "channels.py",
    "metrics_page.py",
    "ofrep.py",
    "ofrep_source.py",
    "openfeature_metrics.py",
}


async def test_the_plane_of_the_wire_is_a_data_plane() -> None:
    settings = ProxySettings("http://127.0.0.1:1", "http://127.0.0.1:2", "", Path(), (), b"key")

    plane: DataPlane = WirePlane(settings)

    assert not plane.is_closing
    await plane.close()


@pytest.mark.parametrize(
    "source", [path for path in SOURCES if path.name not in WITH_AIOHTTP], ids=lambda path: path.name
)
def test_the_way_of_a_request_knows_no_aiohttp(source: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.split(".")[0])

    assert not imported & {"aiohttp", "yarl", "multidict"}
