"""Two texts beside each other: lines that belong together stand together, and what differs is marked."""

import json

from parity.side_by_side import MAX_LINES, Row, Rows, side_by_side


def written(rows: tuple[Rows, ...]) -> list[tuple[str | None, str | None]]:
    """Each row as text, with what is marked in brackets."""
    return [(side(row.legacy), side(row.modern)) for block in rows for row in block.rows]


def side(pieces: tuple[tuple[str, bool], ...] | None) -> str | None:
    return None if pieces is None else "".join(f"[{text}]" if marked else text for text, marked in pieces)


def document(**changes: object) -> str:
    return json.dumps({f"k{number:02}": number for number in range(40)} | changes, indent=2)


def test_words_that_differ_in_a_line_are_marked_on_both_sides() -> None:
    found = side_by_side(
        '{\n  "a": 1,\n  "b": "in escrow now"\n}', '{\n  "a": 1,\n  "b": "in listing now"\n}'
    )

    assert written(found) == [
        ("{", "{"),
        ('  "a": 1,', '  "a": 1,'),
        ('  "b": "in [escrow] now"', '  "b": "in [listing] now"'),
        ("}", "}"),
    ]


def test_lines_without_anything_in_common_are_marked_whole() -> None:
    assert written(side_by_side("445000", '"closed"')) == [("[445000]", '["closed"]')]


def test_a_line_that_one_side_has_stands_beside_nothing() -> None:
    found = side_by_side('{\n  "a": 1\n}', '{\n  "a": 1,\n  "b": 2\n}')

    assert written(found)[1:3] == [('  "a": 1', '  "a": 1[,]'), (None, '  "b": 2')]


def test_a_side_that_has_nothing_has_no_lines() -> None:
    assert written(side_by_side(None, "[\n  1\n]")) == [(None, "["), (None, "  1"), (None, "]")]


def test_equal_lines_far_from_what_differs_are_folded() -> None:
    found = side_by_side(document(), document(k20="x"))

    assert [(len(block.rows), block.folded) for block in found] == [
        (18, True), (3, False), (1, False), (3, False), (17, True),
    ]  # fmt: skip


def test_folding_loses_no_line() -> None:
    legacy, modern = document(k05=None), document(k35=True)

    rows = [row for block in side_by_side(legacy, modern) for row in block.rows]

    assert "\n".join(plain(row.legacy) for row in rows if row.legacy is not None) == legacy
    assert "\n".join(plain(row.modern) for row in rows if row.modern is not None) == modern


def plain(pieces: tuple[tuple[str, bool], ...]) -> str:
    return "".join(text for text, _ in pieces)


def test_lines_that_both_sides_have_can_be_shown_as_one() -> None:
    found = side_by_side('{\n  "a": 1,\n  "b": 2\n}', '{\n  "a": 1,\n  "b": 3\n}')

    assert [block.equal_text for block in found] == ['{\n  "a": 1,', None, "}"]


def test_equal_texts_are_not_folded_away() -> None:
    assert [block.folded for block in side_by_side(document(), document())] == [False]


def test_long_texts_are_shown_without_marks() -> None:
    lines = [str(number) for number in range(MAX_LINES + 1)]

    (block,) = side_by_side("\n".join(lines), "\n".join(lines[1:]))

    assert len(block.rows) == MAX_LINES + 1
    assert block.rows[0] == Row((("0", False),), (("1", False),), differs=False)
    assert block.rows[-1].modern is None
