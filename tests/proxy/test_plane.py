"""The seam: what is above it knows no aiohttp, and the aiohttp plane fits it."""

import ast
from pathlib import Path

import pytest

import proxy
from parity.exchange import Backend
from proxy.aiohttp_plane import AiohttpPlane
from proxy.plane import DataPlane
from proxy.settings import ProxySettings

SOURCES = sorted(Path(proxy.__file__).parent.glob("*.py"))
WITH_INPUT_AND_OUTPUT = {"admin.py", "worker.py"}


async def test_the_aiohttp_plane_is_a_data_plane() -> None:
    settings = ProxySettings("http://127.0.0.1:1", "http://127.0.0.1:2", "", Path(), (), b"key")

    plane: DataPlane = AiohttpPlane(settings)

    assert not plane.is_closing
    assert plane.sender(Backend.LEGACY) is not None
    await plane.close()


@pytest.mark.parametrize(
    "source",
    [
        path
        for path in SOURCES
        if not path.name.startswith("aiohttp_") and path.name not in WITH_INPUT_AND_OUTPUT
    ],
    ids=lambda path: path.name,
)
def test_what_a_later_plane_uses_knows_no_aiohttp(source: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.split(".")[0])
            assert not node.module.startswith("proxy.aiohttp_")

    assert not imported & {"aiohttp", "yarl", "multidict"}
