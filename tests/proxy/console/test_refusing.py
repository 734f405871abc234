"""Every error is an answer."""

import json

import pytest
from aiohttp import web

from parity.errors import AcceptanceError, RulesError, StoreError
from proxy.console.errors import ForbiddenError
from proxy.console.refusing import envelope, refusal_of
from proxy.errors import (
    ConflictError,
    FlagStoreError,
    ProxyError,
    RefusedError,
    ShareError,
    StageError,
    UnknownKeyError,
)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ConflictError("at 4"), 409, "conflict"),
        (StageError("not yet"), 409, "refused"),
        (ProxyError("frozen"), 409, "refused"),
        (UnknownKeyError("no such"), 404, "not_found"),
        (ShareError("0 to 1"), 422, "invalid"),
        (FlagStoreError("away"), 503, "unavailable"),
        (StoreError("away"), 503, "unavailable"),
        (RulesError(["a"]), 503, "unavailable"),
        (AcceptanceError("no group"), 422, "invalid"),
        (web.HTTPNotFound(), 404, "not_found"),
        (web.HTTPMethodNotAllowed("PUT", {"GET"}), 405, "method_not_allowed"),
        (web.HTTPBadRequest(), 400, "bad_request"),
        (ForbiddenError("no"), 403, "forbidden"),
    ],
)
def test_each_kind_has_its_status_and_word(error: Exception, status: int, code: str) -> None:
    refusal = refusal_of(error)

    assert (refusal.status, refusal.code) == (status, code)


def test_a_refusal_lists_what_is_missing_in_one_sentence() -> None:
    refusal = refusal_of(RefusedError("escrows may not advance", ["comparisons: 0", "coverage: 0 of 2"]))

    assert (refusal.code, refusal.message) == (
        "refused",
        "escrows may not advance: comparisons: 0; coverage: 0 of 2",
    )


def test_what_cannot_be_accepted_so_names_the_field_and_not_an_option() -> None:
    wide = refusal_of(AcceptanceError("--path '$.x': expected a path that takes the group's"))
    shape = refusal_of(AcceptanceError("--shape: group 1a has no sample with a shape"))

    assert [(one.field, one.message) for one in (*wide.fields, *shape.fields)] == [
        ("path", "'$.x': expected a path that takes the group's"),
        ("by_shape", "group 1a has no sample with a shape"),
    ]
    assert wide.message == "path: '$.x': expected a path that takes the group's"


def test_what_nobody_foresaw_tells_nothing_of_what_it_was_about() -> None:
    nothing: dict[str, int] = {}
    with pytest.raises(KeyError) as raised:
        nothing["secret body"] += 1
    refusal = refusal_of(raised.value)

    answer = envelope(refusal)

    assert answer.status == 500
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body) == {
        "error": {
            "code": "internal",
            "message": "something of ours went wrong; the log of the console says where",
            "fields": [],
            "lines": [],
        }
    }
