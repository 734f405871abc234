"""Edits of bodies that are not JSON."""

from random import Random

import pytest

from parity.bodies import Media
from parity.edits import Edit, MutationKind
from parity.edits_text import editors_of

CSV = b"id,name\n1,Ann\n2,Ben\n"
HTML = b"<html>\n<p>Ann</p>\n<p>Ben</p>\n</html>"
FORM = b"a=1&b=2&c=3"


def edits_of(body: bytes, media: Media, seed: int = 0) -> list[Edit]:
    rng = Random(seed)
    return [edit for editor in editors_of(body, media) if (edit := editor(rng)) is not None]


@pytest.mark.parametrize(
    ("body", "media", "kinds"),
    [
        (b"one\ntwo\n", Media.TEXT, {"change", "drop", "add", "reorder"}),
        (CSV, Media.CSV, {"change", "drop", "add", "reorder"}),
        (HTML, Media.HTML, {"change", "drop", "add"}),
        (FORM, Media.FORM, {"change", "drop", "add"}),
        (b"\x89PNG\xff\x00", Media.BINARY, {"change", "drop"}),
    ],
)
def test_every_edit_changes_the_body(body: bytes, media: Media, kinds: set[str]) -> None:
    found = edits_of(body, media)

    assert {edit.kind.value for edit in found} == kinds
    assert all(edit.body != body and edit.before == body for edit in found)


def test_of_html_only_what_is_shown_is_changed() -> None:
    for seed in range(20):
        changed = next(edit for edit in edits_of(HTML, Media.HTML, seed) if edit.kind is MutationKind.CHANGE)

        assert changed.body.count(b"<p>") == 2
        assert changed.body.count(b"</p>") == 2


def test_a_part_that_is_dropped_or_added_is_a_whole_one() -> None:
    bodies = {edit.what: edit.body for edit in edits_of(FORM, Media.FORM)}

    assert len(bodies["a field"].split(b"&")) == 2
    assert len(bodies["a field once more"].split(b"&")) == 4


@pytest.mark.parametrize("body", [b"\n\n", b"..."])
def test_what_holds_nothing_that_can_be_told_is_left_alone(body: bytes) -> None:
    assert edits_of(body, Media.TEXT) == []


def test_one_line_alone_is_not_dropped() -> None:
    assert {edit.kind.value for edit in edits_of(b"one", Media.TEXT)} == {"change", "add"}
