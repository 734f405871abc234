"""The endpoints of the reference CRM are known without its rooms, and are always those of its rooms."""

import subprocess
import sys
from pathlib import Path

from cli.reference_endpoints import KEPT, ROOT, as_kept, listed, listing_digest, reference_endpoints


def test_what_is_kept_is_what_the_rooms_list() -> None:
    assert KEPT.read_bytes() == as_kept(), "python -m cli.reference_endpoints keeps them anew"
    assert reference_endpoints() == listed()


def test_where_the_rooms_list_others_they_are_asked(tmp_path: Path) -> None:
    stale = tmp_path / "kept.json"
    stale.write_text('{"digest": "of another day", "endpoints": []}')

    assert reference_endpoints(stale) == listed()


def test_another_line_in_any_list_of_endpoints_is_noticed(tmp_path: Path) -> None:
    room = tmp_path / "domains" / "escrows"
    room.mkdir(parents=True)
    mounted, routes = tmp_path / "domains" / "rooms.py", room / "routes.py"
    mounted.write_text("ROOMS = ('escrows',)\n")
    routes.write_text("ROUTES = ()\n")
    digests = [listing_digest(tmp_path)]

    for file in (mounted, routes):
        file.write_text(f"{file.read_text()}\n")
        digests.append(listing_digest(tmp_path))

    assert len(set(digests)) == len(digests)


def test_none_of_what_the_rooms_are_made_of_is_imported() -> None:
    code = (
        "import sys\n"
        "from cli.reference_endpoints import reference_endpoints\n"
        "print(len(reference_endpoints()) > 0, 'domains' in sys.modules)\n"
    )

    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert said.stdout == "True False\n"
