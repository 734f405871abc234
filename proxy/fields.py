"""Field lines of a head: which the proxy has to look at, which stay, and how they read (RFC 9110 section 5)."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

Lines = list[bytes]
"""Field lines as they are on the wire, `name: value` without CR LF; order, repeats and spelling kept."""


# The kinds of lines. Plain numbers, because every line of every head is looked at: members of an enum cost four times
# as much to read and compare.
PASSES: Final = 0
HOP: Final = 1
"""Of this connection alone (RFC 9110 section 7.6.1)."""
INTERNAL: Final = 2
"""Between Crossfade and its backends (docs/adopting.md)."""
CONNECTION: Final = 3
CODING: Final = 4
UPGRADE: Final = 5
TRACEPARENT: Final = 6
FORWARDED: Final = 7
FORWARDED_FOR: Final = 8
FORWARDED_HOST: Final = 9
FORWARDED_PROTO: Final = 10
REQUEST_ID: Final = 11
HOST: Final = 12
"""From here on lines stay where they stand, unless a rule takes them away; those before never pass as they are."""
LENGTH: Final = 13
EXPECT: Final = 14
VIA: Final = 15
SERVER_TIMING: Final = 16
PROOF: Final = 17
"""`X-Served-By` and `X-Flag-Version`."""

_KINDS = {
    b"connection": CONNECTION,
    b"keep-alive": HOP,
    b"proxy-authenticate": HOP,
    b"proxy-authorization": HOP,
    b"proxy-connection": HOP,
    b"te": HOP,
    b"trailer": HOP,
    b"http2-settings": HOP,
    b"transfer-encoding": CODING,
    b"upgrade": UPGRADE,
    b"host": HOST,
    b"expect": EXPECT,
    b"via": VIA,
    b"x-request-id": REQUEST_ID,
    b"traceparent": TRACEPARENT,
    b"forwarded": FORWARDED,
    b"x-forwarded-for": FORWARDED_FOR,
    b"x-forwarded-host": FORWARDED_HOST,
    b"x-forwarded-proto": FORWARDED_PROTO,
    b"content-length": LENGTH,
    b"server-timing": SERVER_TIMING,
    b"x-served-by": PROOF,
    b"x-flag-version": PROOF,
}
_INTERNAL = frozenset({b"x-query-count", b"x-write-set", b"x-committed"})
_IN_ANSWERS = frozenset({HOP, CONNECTION, CODING, UPGRADE, LENGTH, SERVER_TIMING, PROOF})
_ONCE = (HOST, LENGTH, CONNECTION, REQUEST_ID)
_PLAIN = frozenset({PASSES, HOP, INTERNAL, *_ONCE})
_MAX_KNOWN = 4_096
_MAX_NAME_BYTES = 64
_MAX_NAMES = 48
"""What is longer is looked up each time, so that hostile heads do not fill the memory."""

Found = list[tuple[int, bytes]]
"""Lines to look at, with their kinds."""


class Kinds(dict[bytes, int]):
    """The kind of each spelling of a name that was seen. Bounded, whatever clients think up."""

    def __init__(self, table: Mapping[bytes, int]) -> None:
        super().__init__()
        self._table = table

    def __missing__(self, name: bytes) -> int:
        if len(self) >= _MAX_KNOWN:
            self.clear()
        lowered = name.lower()
        # Some servers take `_` for `-`: what is internal, or says who the client is, is so in either spelling.
        dashed = lowered.replace(b"_", b"-")
        if dashed in _INTERNAL or dashed.startswith(b"x-crossfade-"):
            kind = INTERNAL
        elif dashed != lowered and FORWARDED <= self._table.get(dashed, PASSES) <= FORWARDED_PROTO:
            kind = HOP
        else:
            kind = self._table.get(lowered, PASSES)
        if len(name) <= _MAX_NAME_BYTES:
            self[name] = kind
        return kind


REQUESTS = Kinds(_KINDS)
"""Fields of requests."""
ANSWERS = Kinds({name: kind for name, kind in _KINDS.items() if kind in _IN_ANSWERS})
"""Fields of answers: what only a request means something by, passes."""


class Shape:
    """What to do with the lines of a head that has these names in this order.

    `found` are the kinds to look at with their positions, `kept` the positions of what stays (None: all). The `…_at`
    are positions, -1 where there is none. `is_plain` says that nothing is found but what has such a position, each
    once, and lines that go whatever they say. `prefixes` are the names with their colons.
    """

    __slots__ = (
        "connection_at",
        "found",
        "host_at",
        "is_plain",
        "kept",
        "length_at",
        "prefixes",
        "request_id_at",
    )

    def __init__(self, names: Sequence[bytes], known: Kinds) -> None:
        self.prefixes = [name + b":" for name in names]
        kinds = [known[name] for name in names]
        self.found = tuple((kind, at) for at, kind in enumerate(kinds) if kind)
        stays = tuple(at for at, kind in enumerate(kinds) if not 0 < kind < HOST)
        self.kept = None if len(stays) == len(kinds) else stays
        self.host_at = kinds.index(HOST) if HOST in kinds else -1
        self.length_at = kinds.index(LENGTH) if LENGTH in kinds else -1
        self.connection_at = kinds.index(CONNECTION) if CONNECTION in kinds else -1
        self.request_id_at = kinds.index(REQUEST_ID) if REQUEST_ID in kinds else -1
        self.is_plain = all(kind in _PLAIN for kind in kinds) and all(kinds.count(kind) < 2 for kind in _ONCE)

    def is_of(self, lines: Lines) -> bool:
        """Whether so many lines as it has names have these names."""
        for at, prefix in enumerate(self.prefixes):  # noqa: SIM110 -- a generator would cost what this saves
            if not lines[at].startswith(prefix):
                return False
        return True

    def value(self, lines: Lines, at: int) -> bytes:
        """The value of the line at that position, without the white space around it."""
        return lines[at][len(self.prefixes[at]) :].strip(b" \t")


class Shapes(dict[bytes, Shape]):
    """The shapes that were seen: a client or backend that sends many heads sends few of them. Bounded.

    `latest` is the last one of so many lines: to see that it is the one again costs a fifth of finding it by its names.
    """

    def __init__(self, known: Kinds) -> None:
        super().__init__()
        self._known = known
        self.latest: dict[int, Shape] = {}

    def __missing__(self, names: bytes) -> Shape:
        if len(self) >= _MAX_KNOWN:
            self.clear()
        listed = names.split(b"\n") if names else []
        shape = Shape(listed, self._known)
        if len(listed) <= _MAX_NAMES and all(len(name) <= _MAX_NAME_BYTES for name in listed):
            self[names] = shape
        return shape


REQUEST_SHAPES = Shapes(REQUESTS)
ANSWER_SHAPES = Shapes(ANSWERS)


def lines_of(block: bytes, shapes: Shapes) -> tuple[Lines, Shape]:
    """All field lines of a block of them whose syntax is known to be right, each with its CR LF."""
    lines = block[:-2].split(b"\r\n") if block else []
    shape = shapes.latest.get(len(lines))
    if shape is None or not shape.is_of(lines):
        shape = shapes[b"\n".join([line.partition(b":")[0] for line in lines])]
        if len(lines) <= _MAX_NAMES:
            shapes.latest[len(lines)] = shape
    return lines, shape


def sort_out(lines: Lines, shape: Shape) -> tuple[Lines, Found]:
    """The lines that stay, and those to look at; what is of a kind that stays is in both."""
    kept = lines if shape.kept is None else [lines[at] for at in shape.kept]
    return kept, found_in(lines, shape)


def found_in(lines: Lines, shape: Shape) -> Found:
    """The lines to look at."""
    return [(kind, lines[at]) for kind, at in shape.found]


def name_of(line: bytes) -> bytes:
    """The name as it is spelled."""
    return line.partition(b":")[0]


def value_of(line: bytes) -> bytes:
    """The value without the white space around it."""
    return line.partition(b":")[2].strip(b" \t")


def tokens(value: bytes) -> frozenset[bytes]:
    """The members of a comma-separated list, lower case."""
    return _tokens(value) if len(value) <= _MAX_NAME_BYTES else _tokens.__wrapped__(value)


@lru_cache(maxsize=1_024)
def _tokens(value: bytes) -> frozenset[bytes]:
    return frozenset(token.strip(b" \t").lower() for token in value.split(b","))


def text(value: bytes) -> str:
    """As text; bytes that are no UTF-8 become surrogates, so that nothing is lost."""
    return value.decode("utf-8", "surrogateescape")


def pairs(lines: Iterable[bytes]) -> list[tuple[str, str]]:
    """Names and values as text."""
    return [(text(name_of(line)), text(value_of(line))) for line in lines]
