"""Header blocks as bytes: one `name: value` line a header, each with its CR LF, in the bytes that were on the wire."""

from collections.abc import Iterable

from proxy.headers import Headers


def lines_of(headers: Headers) -> bytes:
    """The block of these headers; surrogates become the bytes that they stand for."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode("utf-8", "surrogateescape")


def headers_of(lines: bytes) -> list[tuple[str, str]]:
    """The headers of a block, order, repeats and spelling kept; bytes that are no UTF-8 as surrogates."""
    text = lines.decode("utf-8", "surrogateescape")
    return list(_split(text.split("\r\n")))


def _split(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            yield name, value.strip(" \t")
