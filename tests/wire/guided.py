"""Heads and framing by themselves, as the proxy reads them and as h11 does; for fuzzers that want many tries a second.

`python -m tests.wire.guided requests|answers [options of libFuzzer]` has atheris look for bytes that take another way
through the code: `make fuzz`. Without it `check_requests` and `check_answers` are what a test calls.
"""

import sys
from collections.abc import Callable, Sequence
from itertools import chain, repeat
from pathlib import Path

from proxy.wire.errors import FramingError, HeadError
from proxy.wire.framing import Body, ChunkedBody, OpenBody, SizedBody
from proxy.wire.heads import CHUNKED, HEAD_END, answer_head, request_head
from tests.wire.second import Read, ReadAnswer, read_answer, read_requests

_SEEDS = Path(__file__).parent / "corpus"


def check_requests(raw: bytes, widths: Sequence[int]) -> None:
    """What is taken for whole requests is what h11 takes for them, and h11 finds no fault in what is taken."""
    ours, consumed = _requests(raw, widths)
    theirs = read_requests(consumed)
    both = min(len(ours), len(theirs.requests))
    # h11 reads no further behind HTTP/1.0 or an upgrade, and says that this is clean
    assert ours[:both] == [Read(one.method, one.target, one.body) for one in theirs.requests[:both]], raw
    assert theirs.is_clean or len(ours) <= len(theirs.requests), raw


def check_answers(raw: bytes, widths: Sequence[int]) -> None:
    """What is taken for a whole answer to a GET is what h11 takes for it."""
    ours = _answer(raw, widths)
    if ours is not None:
        status, content, consumed = ours
        assert read_answer(consumed) == ReadAnswer(status, content, is_whole=True), raw


def _requests(raw: bytes, widths: Sequence[int]) -> tuple[list[Read], bytes]:
    """The whole requests, and their bytes without trailers and without the empty line that may stand before each."""
    found: list[Read] = []
    consumed, rest = b"", raw
    while True:
        rest = rest.removeprefix(b"\r\n")
        end = rest.find(HEAD_END) + len(HEAD_END)
        if end < len(HEAD_END):
            break
        try:
            head = request_head(rest[:end])
            body: Body = ChunkedBody() if head.length == CHUNKED else SizedBody(head.length)
            content, behind = _fed(body, rest[end:], widths)
        except (HeadError, FramingError):
            break
        if not body.done:
            break
        framed = rest[end : len(rest) - len(behind)]
        consumed += rest[:end] + (_without_trailer(framed) if head.length == CHUNKED else framed)
        rest = behind
        method, target, _ = head.line.split(b" ")
        found.append(Read(method, target, content))
        if head.upgrade or not head.keeps_alive or method == b"CONNECT":
            break
    return found, consumed + rest


def _answer(raw: bytes, widths: Sequence[int]) -> tuple[int, bytes, bytes] | None:
    """Status and content of the one that counts, if it is whole, and all bytes up to its end without trailers."""
    rest = raw
    while True:
        end = rest.find(HEAD_END) + len(HEAD_END)
        if end < len(HEAD_END):
            return None
        try:
            head = answer_head(rest[:end], to_head=False)
        except HeadError:
            return None
        rest = rest[end:]
        if not head.is_interim:
            break
    if head.status == 101:
        return None
    sized = head.length >= 0
    body: Body = SizedBody(head.length) if sized else ChunkedBody() if head.length == CHUNKED else OpenBody()
    try:
        content, behind = _fed(body, rest, widths)
    except FramingError:
        return None
    if not (body.done or body.eof()):
        return None
    framed = rest[: len(rest) - len(behind)]
    heads = raw[: len(raw) - len(rest)]
    return (
        head.status,
        content,
        heads + (_without_trailer(framed) if head.length == CHUNKED else framed),
    )


def _without_trailer(chunks: bytes) -> bytes:
    """A whole body in chunks; h11 reads trailers as if their fields meant something, the proxy drops them."""
    at = 0
    while True:
        end = chunks.index(b"\r\n", at) + 2
        size = int(chunks[at:end].partition(b";")[0], 16)
        if not size:
            return chunks[:end] + b"\r\n"
        at = end + size + 2


def _fed(body: Body, data: bytes, widths: Sequence[int]) -> tuple[bytes, bytes]:
    """The content of a body that comes in pieces of these widths, and what is behind it."""
    content, at = b"", 0
    for width in chain(widths, repeat(len(data) + 1)):
        if body.done or at >= len(data):
            break
        content += bytes(body.feed(data[at : at + width]))
        at += width
    return content, bytes(body.rest) + data[at:] if body.done else b""


def _fuzz(check: Callable[[bytes, Sequence[int]], None], arguments: list[str]) -> None:
    import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]  # in an environment of its own

    def one(data: bytes) -> None:
        # the first bytes are the widths, so that a seed is a message behind a zero
        count = data[0] % 8 if data else 0
        check(data[1 + count :], [1 + width for width in data[1 : 1 + count]])

    atheris.instrument_all()
    atheris.Setup([sys.argv[0], *arguments], one)
    atheris.Fuzz()


if __name__ == "__main__":
    what = sys.argv[1]
    corpus = Path("build") / "fuzz" / what
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in (_SEEDS / what).iterdir():
        (corpus / f"seed-{seed.name}").write_bytes(b"\0" + seed.read_bytes())
    _fuzz({"requests": check_requests, "answers": check_answers}[what], [str(corpus), *sys.argv[2:]])
