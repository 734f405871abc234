"""Input that no client of good will sends, as tables: ids, bodies, values, queries, tokens."""

import time
from collections.abc import Mapping
from typing import Any

import jwt

from domains.shared.routes import Route
from tests.support.replay import JWT_SECRET

ADA, NOBODY = "c0ffee00-0000-4000-8000-000000000001", "deadbeef-0000-4000-8000-000000000000"
SQL, HTML = "'; DROP TABLE users; --", "<script>alert(1)</script>"

KEYS = (
    *(
        "not-an-id",
        "%00",
        "%F0%9F%92%A9",
        "%ED%A0%80",
        "%FF",
        "%",
        "-1",
        "0",
        "9" * 20,
        "x" * 3000,
        "NaN",
    ),
    *("'%3B%20DROP%20TABLE%20users%3B%20--", "%3Cscript%3E", "..%2F..", "%20", "{deadbeef}", "ESC-%00"),
)
"""Ids as they stand in a path, of nothing."""
UNREADABLE = (
    *(
        b"null",
        b"5",
        b'"text"',
        b"true",
        b"{",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b"{}{}",
        b"\0",
    ),
    *(b"[" * 50_000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b"\xff\xfe{", b'{"a": 1,}', b"  "),
)
"""Bodies that are no JSON object or array, or nested deeper than anybody reads."""
ODD = (
    *(
        b"",
        b"{}",
        b"[]",
        b'[{"a": [[]]}]',
        b'{"a": 1, "a": 2}',
        b"\xef\xbb\xbf{}",
        b'{"\xff": "\xff"}',
        b'{"": ""}',
    ),
    *(
        b'{"__proto__": {"role": "system_admin"}, "constructor": 1}',
        b'{"a": 1e400}',
        b'{"a": ' + b"9" * 5000 + b"}",
    ),
    *(b'{"a\\u0000": "\\u0000"}', b'{"\\ud800": "\\ud800"}', b'{"ids": {"0": "x", "length": 1}}'),
)
"""Bodies that are JSON, and nothing that anybody asked for."""
VALUES: tuple[Any, ...] = (
    *(
        None,
        "",
        " ",
        "x" * 300,
        "x" * 5000,
        True,
        [],
        ["a"],
        [["a"]],
        [None],
        {},
        {"a\0": 1},
        "\0",
        ["\ud800"],
    ),
    *(
        0,
        -1,
        1.5,
        1e308,
        1e-300,
        2**31,
        2**63,
        10**25,
        "NaN",
        "Infinity",
        "1e400",
        "0x10",
        "1_0",
        "\u0663",
        "\ud800",
    ),
    *(
        "0000-01-01",
        "10000-01-01",
        "2027-02-30",
        "2027-01-01T25:00:00Z",
        "infinity",
        "24:01",
        NOBODY,
        SQL,
        HTML,
    ),
)
"""What a field may be sent as; half of a surrogate pair among them."""
QUERY_VALUES = (
    *(
        "",
        "abc",
        "-1",
        "0",
        "1e400",
        "NaN",
        "9" * 19,
        "9" * 40,
        "%00",
        "%FF",
        "%ED%A0%80",
        "'",
        "%3Cscript%3E",
        "x" * 300,
    ),
    *("2027-02-30", "0000-01-01", "%25", "%5C", "%27%20OR%201%3D1%20--", "a:*%20%26%20!("),
)
QUERY_KEYS = (
    *(
        "page",
        "limit",
        "offset",
        "scope",
        "status",
        "search",
        "sort",
        "order",
        "sortBy",
        "startDate",
        "minPrice",
    ),
    *("minDaysOnMarket", "closingDateEnd", "leadStatus", "type", "role", "name", "brokerId", "requiredRole"),
)
QUERIES = (
    *("&".join(f"{key}={value}" for key in QUERY_KEYS) for value in QUERY_VALUES),
    *(f"{key}=1&{key}=x" for key in QUERY_KEYS),
    *("a[b][c]=1&scope[]=user", "&".join(f"a{number}=1" for number in range(900)), "=&&=&%", "scope"),
)
"""Query strings, each key of any list among them."""
TYPES = (
    *("text/html", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"),
    *(
        "application/json; charset=latin1",
        "application/json; charset=utf-16",
        "application/json; charset=",
        ";;=\xff",
    ),
)
"""Content types of a body that is JSON in UTF-8."""


def tokens() -> dict[str, tuple[str, str]]:
    """Credentials that nobody is let in with: what stands in `Authorization`, and the code of the refusal."""
    claims: dict[str, Any] = {"id": ADA, "email": "a@example.test", "role": "system_admin"}
    fresh, old = {**claims, "exp": time.time() + 600}, {**claims, "exp": time.time() - 600}

    def signed(content: Mapping[str, Any], secret: str = JWT_SECRET, algorithm: str = "HS256") -> str:
        return f"Bearer {jwt.encode(dict(content), secret, algorithm=algorithm)}"

    return {
        "nothing": ("", "NO_AUTH_TOKEN"),
        "another scheme": ("Basic YTpi", "NO_AUTH_TOKEN"),
        "garbage": ("Bearer \xff\xfe.%00.'", "INVALID_TOKEN"),
        "three parts": ("Bearer e30.e30.e30", "INVALID_TOKEN"),
        "no algorithm": (signed(fresh, "", "none"), "INVALID_TOKEN"),
        "another algorithm": (signed(fresh, algorithm="HS512"), "INVALID_TOKEN"),
        "a foreign secret": (signed(fresh, "x" * 40), "INVALID_TOKEN"),
        "expired": (signed(old), "TOKEN_EXPIRED"),
        "of nobody": (signed({**fresh, "id": NOBODY}), "USER_NOT_FOUND"),
    }


def path_of(route: Route, key: str) -> str:
    """The path with the key wherever it takes one."""
    return "/".join(key if part.startswith("{") else part for part in route.path.split("/"))
