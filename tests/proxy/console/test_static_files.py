"""What pages load."""

import hashlib
import re
from pathlib import Path

import pytest

import proxy.console
from proxy.console.static_files import KEPT, StaticFiles
from tests.proxy.console.rig import running

STATIC = Path(proxy.console.__file__).parent / "static"


def test_what_others_wrote_is_what_its_sums_say_and_has_its_licence() -> None:
    lines = (STATIC / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split() for line in lines)}

    assert set(sums) == {"uplot.iife.min.js", "uplot.min.css", "uplot.LICENSE"}
    assert {name: hashlib.sha256((STATIC / name).read_bytes()).hexdigest() for name in sums} == sums
    assert "The MIT License" in (STATIC / "uplot.LICENSE").read_text()


def test_an_address_tells_the_content() -> None:
    assert re.fullmatch(r"/static/console\.js\?[0-9a-f]{12}", StaticFiles().address("console.js"))


@pytest.mark.parametrize("name", ["console.css", "console.js", "uplot.iife.min.js", "report.css", "icon.svg"])
def test_nothing_in_them_asks_another_host(name: str) -> None:
    file = next(
        path for path in (STATIC / name, STATIC.parents[2] / "parity/templates" / name) if path.exists()
    )
    text = re.sub(r"http://www\.w3\.org/\d+/svg|https://github\.com/leeoniya/uPlot", "", file.read_text())

    assert re.findall(r"https?://|url\(|@import|eval\(|new Function", text) == []


async def test_they_are_served_by_name_and_nothing_else_is(tmp_path: Path) -> None:
    async with running(tmp_path) as rig:
        script = await rig.ask("GET", "/static/console.js", None)
        current = await rig.ask("GET", StaticFiles().address("console.js"), None)
        sums = await rig.ask("GET", "/static/SHA256SUMS", None)

    assert (script.status, script.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert (script.headers["Cache-Control"], current.headers["Cache-Control"]) == ("no-store", KEPT)
    assert sums.status == 404
