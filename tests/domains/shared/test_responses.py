"""The envelope of the API."""

import json

from domains.shared.errors import EndpointNotFoundError, Fault, InvalidInputError
from domains.shared.responses import failure, finish, plain, success
from domains.shared.statements import Tally


def test_a_success_has_its_parts_in_their_order() -> None:
    answer = success(status=201, message="done", data={"b": 1, "a": "é"})

    assert (answer.status, answer.body) == (
        201,
        '{"success":true,"message":"done","data":{"b":1,"a":"é"}}'.encode(),
    )
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


def test_a_failure_has_a_code_a_message_and_what_goes_with_them() -> None:
    answer = failure(InvalidInputError([Fault("city", "City must be a string")]))

    assert answer.status == 400
    assert json.loads(answer.text or "") == {
        "success": False,
        "error": {
            "code": "VALIDATION_ERROR",
            "message": "Invalid input data",
            "details": [{"message": "City must be a string", "field": "city"}],
        },
    }


def test_a_missing_endpoint_has_the_time_beside_the_error() -> None:
    body = json.loads(failure(EndpointNotFoundError("2026-11-23T04:24:48.722Z")).text or "")

    assert body["timestamp"] == "2026-11-23T04:24:48.722Z"


def test_a_request_that_did_not_come_to_the_rate_limit_has_no_header_of_it() -> None:
    limited, unlimited = plain({}), plain({})

    finish(limited, Tally(statements=3, seconds=0.0015), limits={"RateLimit-Limit": "500"})
    finish(unlimited, Tally(), limits=None)

    assert "RateLimit-Limit" in limited.headers
    assert "RateLimit-Limit" not in unlimited.headers
    assert (limited.headers["X-Query-Count"], limited.headers["Server-Timing"]) == ("3", "db;dur=1.50")


def test_a_wait_for_a_connection_is_told_beside_the_time_in_the_database() -> None:
    waited, at_once = plain({}), plain({})

    finish(waited, Tally(seconds=0.0015, waited_s=0.0612), limits=None, cache="miss")
    finish(at_once, Tally(seconds=0.0015, waited_s=0.0001), limits=None)

    assert waited.headers["Server-Timing"] == "db;dur=1.50, pool;dur=61.20, cache;desc=miss"
    assert at_once.headers["Server-Timing"] == "db;dur=1.50"


def test_only_a_write_that_failed_says_that_nothing_was_committed_and_only_where_that_is_certain() -> None:
    def said(status: int, *, is_write: bool = True, may_have_committed: bool = False) -> str | None:
        answer = plain({}, status=status)
        finish(answer, Tally(may_have_committed=may_have_committed), limits=None, is_write=is_write)
        return answer.headers.get("X-Committed")

    assert [said(500), said(503)] == ["0", "0"]
    assert [said(201), said(400), said(500, is_write=False), said(500, may_have_committed=True)] == [None] * 4
