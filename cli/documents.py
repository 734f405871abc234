"""Documents that an adopter has: JSON or YAML, from a file or an address, read within bounds.

Raises UsageError where the document is not what was expected, UnavailableError where it cannot be had.
"""

import http.client
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from cli.errors import UnavailableError, UsageError

MAX_BYTES = 16 * 2**20
_FETCH_S = 15.0
_MAX_MERGED = 200_000
"""Keys that merge keys (`<<`) of YAML may add to a document: they multiply what they name."""
_MAX_MERGED_AT_ONCE = 32
_MERGE = "tag:yaml.org,2002:merge"


def read_document(source: str, *, max_bytes: int = MAX_BYTES) -> Any:
    """The value of a JSON or YAML document; `source` is a file, or an address by http or https."""
    content = _fetched(source, max_bytes) if _is_address(source) else _read(Path(source), max_bytes)
    if len(content) > max_bytes:
        raise UsageError(f"{source}: expected at most {max_bytes:,} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{source}: expected UTF-8: {error.reason} at byte {error.start}") from error
    try:
        return _parsed(source, text)
    except RecursionError as error:
        raise UsageError(f"{source}: expected a document that is not nested so deeply") from error


def _is_address(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def _read(file: Path, max_bytes: int) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(max_bytes + 1)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error


def _fetched(url: str, max_bytes: int) -> bytes:
    request = urllib.request.Request(url, headers={"Accept": "application/json, application/yaml, */*"})  # noqa: S310  http and https only, see _is_address
    try:
        with urllib.request.urlopen(request, timeout=_FETCH_S) as answer:  # noqa: S310  as above
            content: bytes = answer.read(max_bytes + 1)
            return content
    except urllib.error.HTTPError as error:
        raise UnavailableError(f"{url}: expected the document, got {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise UnavailableError(f"{url}: cannot be fetched: {reason}") from error


def _parsed(source: str, text: str) -> Any:
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return json.loads(text)
        except ValueError as error:
            json_problem = str(error)
    else:
        json_problem = ""
    try:
        return yaml.load(text, Loader=_BoundedLoader)  # noqa: S506  it is a safe loader
    except yaml.YAMLError as error:
        raise UsageError(f"{source}: neither JSON nor YAML: {json_problem or _in_a_line(error)}") from error
    except ValueError as error:  # a value that YAML takes for a date that is none
        raise UsageError(f"{source}: not valid YAML: {error}") from error


def _is_sequence(node: yaml.Node) -> bool:
    return isinstance(node, yaml.SequenceNode)


def _in_a_line(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem or error.context}"
    return " ".join(str(error).split())


class _BoundedLoader(yaml.CSafeLoader):
    """A safe loader whose merge keys cannot multiply a small document into a huge one."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._merged = 0

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        merges = [value for key, value in node.value if key.tag == _MERGE]
        if any(_is_sequence(value) and len(value.value) > _MAX_MERGED_AT_ONCE for value in merges):
            raise yaml.YAMLError(f"expected at most {_MAX_MERGED_AT_ONCE} mappings in a merge key")
        super().flatten_mapping(node)
        if merges:
            self._merged += len(node.value)
        if self._merged > _MAX_MERGED:
            raise yaml.YAMLError(f"expected at most {_MAX_MERGED:,} keys after merging")
