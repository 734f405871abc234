"""Nobody looks for garbage in what a process imports: neither while it starts, nor when it serves."""

import subprocess
import sys
from pathlib import Path

LOOKS = (
    "import gc\n"
    "looked = []\n"
    "gc.callbacks.append(lambda phase, _: looked.append(phase))\n"
    "from cli import starting\n"
)


def said_by(code: str) -> str:
    root = Path(__file__).parent.parent.parent
    return subprocess.run(
        [sys.executable, "-c", LOOKS + code], cwd=root, capture_output=True, text=True, check=True
    ).stdout


def test_what_is_imported_at_the_start_is_not_looked_at() -> None:
    said = said_by("starting.begin()\nimport domains.routes, sqlalchemy\nprint(looked)\n")

    assert said == "[]\n"


def test_who_serves_looks_as_ever_at_what_comes_and_no_more_at_what_was_there() -> None:
    said = said_by(
        "usually = gc.get_threshold()\n"
        "starting.begin()\n"
        "imported = len(gc.get_objects())\n"
        "starting.begun()\n"
        "print(gc.get_threshold() == usually, gc.get_freeze_count() >= imported)\n"
    )

    assert said == "True True\n"
