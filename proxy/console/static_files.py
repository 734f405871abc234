"""What pages load: a fixed set of files, read once, so that no path of a request ever reaches the file system."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from aiohttp import web

from proxy.console.errors import NotFoundError

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_FILES = (
    ("parity", "templates", "report.css"),
    ("proxy.console", "static", "console.css"),
    ("proxy.console", "static", "console.js"),
    ("proxy.console", "static", "icon.svg"),
    ("proxy.console", "static", "uplot.iife.min.js"),
    ("proxy.console", "static", "uplot.min.css"),
)


KEPT = "private, max-age=604800, immutable"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file with its media type and what tells its content."""

    content: bytes
    content_type: str
    tag: str


class StaticFiles:
    """Serves them under `/static/`; addresses carry the content's tag, so a new version is a new address."""

    def __init__(self) -> None:
        self._files = {name: _read(package, folder, name) for package, folder, name in _FILES}

    def address(self, name: str) -> str:
        """Where a page finds it."""
        return f"/static/{name}?{self._files[name].tag}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer with one of them; raises NotFoundError."""
        found = self._files.get(request.match_info["name"])
        if found is None:
            raise NotFoundError("there is no such file")
        # an address with another tag, of a page from before an update, must not be kept for the new content
        is_current = request.query_string == found.tag
        return web.Response(
            body=found.content,
            content_type=found.content_type,
            charset="utf-8",
            headers={"Cache-Control": KEPT} if is_current else None,
        )


def _read(package: str, folder: str, name: str) -> StaticFile:
    content = files(package).joinpath(folder, name).read_bytes()
    tag = hashlib.sha256(content).hexdigest()[:12]
    return StaticFile(content, _TYPES[name.rpartition(".")[2]], tag)
