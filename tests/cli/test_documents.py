"""Documents are read within bounds, as JSON or YAML; what is wrong with them is one sentence."""

from pathlib import Path

import pytest

from cli.documents import read_document
from cli.errors import UnavailableError, UsageError
from tests.support.backends import DeadPort, FakeBackend, answering
from tests.support.threads import in_thread


def written(directory: Path, text: str) -> str:
    file = directory / "document"
    file.write_text(text)
    return str(file)


@pytest.mark.parametrize(
    "text",
    [
        '{"openapi": "3.1.0", "n": [1, null]}',
        "openapi: 3.1.0\nn:\n- 1\n- null\n",
        "﻿openapi: 3.1.0\nn: [1, ~]",
    ],
)
def test_json_and_yaml_are_the_same(tmp_path: Path, text: str) -> None:
    assert read_document(written(tmp_path, text)) == {"openapi": "3.1.0", "n": [1, None]}


def test_a_document_may_be_at_an_address() -> None:
    with in_thread(lambda: FakeBackend(answering(b"openapi: 3.0.0"))) as server:
        assert read_document(f"{server.url}/openapi.yaml") == {"openapi": "3.0.0"}
        server.behaviour = answering(status="404 Not Found")
        with pytest.raises(
            UnavailableError, match=r"/openapi.yaml: expected the document, got 404 Not Found"
        ):
            read_document(f"{server.url}/openapi.yaml")


def test_an_address_where_nobody_is_says_so() -> None:
    dead = DeadPort()

    with pytest.raises(UnavailableError, match=r"cannot be fetched: .*refused"):
        read_document(f"{dead.url}/openapi.yaml")
    dead.close()


def test_what_is_larger_than_the_bound_is_not_read(tmp_path: Path) -> None:
    document = written(tmp_path, '{"a": "' + "x" * 100 + '"}')

    with pytest.raises(UsageError, match="expected at most 100 bytes"):
        read_document(document, max_bytes=100)
    with (
        in_thread(lambda: FakeBackend(answering(b"x" * 101))) as server,
        pytest.raises(UsageError, match="at most 100 bytes"),
    ):
        read_document(server.url, max_bytes=100)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1", "neither JSON nor YAML: line 2: did not find"),
        ('{"a": 1', "neither JSON nor YAML: Expecting ',' delimiter"),
        ("a: !!python/object/apply:os.system [x]", "could not determine a constructor"),
        ("a: 2026-13-45", "not valid YAML: month must be in"),
        ("[" * 5_000, "not nested so deeply"),
        ("{a: " * 5_000, "neither JSON nor YAML"),
    ],
)
def test_what_is_no_document_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_document(written(tmp_path, text))

    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_merge_keys_cannot_make_a_small_document_huge(tmp_path: Path) -> None:
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n + 1}: &a{n + 1} {{<<: [{', '.join([f'*a{n}'] * 9)}]}}" for n in range(12)]
    wide = f"a: &a {{x: 1}}\nb: {{<<: [{', '.join(['*a'] * 100)}]}}"

    for text in ("\n".join(lines), wide):
        with pytest.raises(UsageError, match=r"expected at most .* merg"):
            read_document(written(tmp_path, text))
    assert read_document(written(tmp_path, "a: &a {x: 1}\nb: {<<: *a, y: 2}"))["b"] == {"x": 1, "y": 2}


def test_a_file_that_is_not_there_or_no_text_is_said(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(UsageError, match="nothing: cannot be read: No such file"):
        read_document(str(tmp_path / "nothing"))
    with pytest.raises(UsageError, match="binary: expected UTF-8: invalid start byte at byte 0"):
        read_document(str(tmp_path / "binary"))
