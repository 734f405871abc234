"""The endpoints of the reference CRM for who serves none of them, without importing what its rooms are made of.

They are kept beside this module with a digest of the files that list them. Where those are others now, the rooms are
imported and asked, which takes half a second of CPU; `python -m cli.reference_endpoints` keeps them anew.
"""

import hashlib
from pathlib import Path

import msgspec

from parity.exchange import Endpoint

ROOT = Path(__file__).parent.parent
KEPT = Path(__file__).with_suffix(".json")


class Kept(msgspec.Struct, frozen=True):
    """What was listed when the files that list it had that digest."""

    digest: str
    endpoints: tuple[Endpoint, ...]


def reference_endpoints(kept: Path = KEPT) -> tuple[Endpoint, ...]:
    """In the order in which the router of modern tries them."""
    known = msgspec.json.decode(kept.read_bytes(), type=Kept)
    return known.endpoints if known.digest == listing_digest() else listed()


def listing_digest(root: Path = ROOT) -> str:
    """Of the rooms that are mounted, and of what their endpoints are written down in."""
    domains = root / "domains"
    files = (domains / "rooms.py", *sorted(domains.glob("*/routes.py")))
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(root)}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def listed() -> tuple[Endpoint, ...]:
    """As the rooms themselves say."""
    from domains.routes import ROUTES

    return tuple(
        Endpoint(
            route.domain,
            route.method,
            route.path,
            route.mirrorable,
            route.read_back,
            required=route.required,
        )
        for route in ROUTES
    )


def as_kept() -> bytes:
    """What is to be kept now, an endpoint a line."""
    now = Kept(listing_digest(), listed())
    return msgspec.json.encode(now).replace(b'{"domain"', b'\n{"domain"') + b"\n"


if __name__ == "__main__":
    KEPT.write_bytes(as_kept())
