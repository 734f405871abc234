"""GoReplay files: as GoReplay writes them, and as we do."""

import io

import pytest

from parity.errors import RecordingError
from parity.recordings.goreplay import SEPARATOR, GoReplayWriter, read_goreplay
from parity.recordings.line import BadLine, RecordedExchange
from tests.parity.recordings.factories import recorded

ID, NEXT = b"932079936fa4306fc308d67588178d17d823647c", b"8e091765ae902fef8a2b7d9dd960e9d52222bd8c"
START = 1_439_818_823_587_396_305
GET = b"GET /v1/escrows?a=1 HTTP/1.1\r\nHost: crm.example\r\nAuthorization: Bearer a\r\n\r\n"
OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"id": 1}'


def request(message: bytes = GET, id_: bytes = ID, at_ns: int = START) -> bytes:
    return b"1 %s %d 0\n%s" % (id_, at_ns, message)


def answer(message: bytes = OK, id_: bytes = ID, told: bytes = b"%d 2500000" % (START + 2_500_000)) -> bytes:
    return b"2 %s %s\n%s" % (id_, told, message)


def read(*payloads: bytes) -> list[RecordedExchange | BadLine]:
    return list(read_goreplay(b"".join(payload + SEPARATOR for payload in payloads)))


def only(*payloads: bytes) -> RecordedExchange:
    [found] = read(*payloads)
    assert isinstance(found, RecordedExchange)
    return found


def test_a_request_has_the_answer_of_its_id() -> None:
    found = only(request(), answer(), answer(OK.replace(b"200", b"500"), NEXT))

    assert (found.method, found.target, found.status, found.answer_body) == (
        "GET",
        "/v1/escrows?a=1",
        200,
        b'{"id": 1}',
    )
    assert found.headers == (("Host", "crm.example"), ("Authorization", "Bearer a"))
    assert (found.id, found.duration_s) == (ID.decode(), 0.0025)


@pytest.mark.parametrize("told", [b"%d" % (START + 2_500_000), b"2500000", b"%d 2500000" % START])
def test_older_files_tell_how_long_it_took_in_other_ways(told: bytes) -> None:
    assert only(request(), answer(told=told)).duration_s == 0.0025


def test_times_count_from_the_first_request() -> None:
    late = request(id_=NEXT, at_ns=START + 1_500_000_000)

    assert [one.at_s for one in read(request(), late) if isinstance(one, RecordedExchange)] == [0.0, 1.5]


def test_clients_are_told_apart_by_their_credentials_which_are_not_shown() -> None:
    other = GET.replace(b"Bearer a", b"Bearer b")

    found = read(
        request(), request(other), request(), request(GET.replace(b"Authorization: Bearer a\r\n", b""))
    )

    sessions = [one.session for one in found if isinstance(one, RecordedExchange)]
    assert sessions == ["client-1", "client-2", "client-1", "client-3"]


def test_chunks_are_put_together() -> None:
    chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"

    found = only(request(chunked))

    assert (found.body, found.headers) == (b"abcde", ())


def test_the_answer_of_an_earlier_replay_is_left_out() -> None:
    assert only(request(), b"3" + answer()[1:]).status == 0


def test_an_address_as_a_proxy_gets_it_is_a_path() -> None:
    assert only(request(b"GET http://crm.example/a?b=c HTTP/1.1\r\n\r\n")).target == "/a?b=c"


@pytest.mark.parametrize("head", [b"HTTP/1.1 304 Not Modified", b"HTTP/1.1 204 No Content"])
def test_an_answer_that_may_have_no_body_has_none(head: bytes) -> None:
    found = only(request(), answer(head + b"\r\nContent-Length: 9\r\n\r\n"))

    assert found.answer_body == b""


def test_an_answer_that_is_not_whole_is_not_compared() -> None:
    found = only(request(), answer(OK[:-2]))

    assert (found.status, found.answer_body, found.answer) == (200, None, None)


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (
            b"hello\nGET / HTTP/1.1\r\n\r\n",
            "'hello': expected a line like `1 ID NANOSECONDS` before the message",
        ),
        (
            b"1 a soon\nGET / HTTP/1.1\r\n\r\n",
            "'1 a soon': expected a line like `1 ID NANOSECONDS` before the message",
        ),
        (request(b"nonsense\r\n\r\n"), "'nonsense': expected a request line like GET /path HTTP/1.1"),
        (request(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"), "the body has 3 of 9 bytes"),
        (
            request(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"),
            "the body ends inside a chunk",
        ),
        (
            request(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"),
            "the body ends inside a chunk",
        ),
    ],
)
def test_a_payload_that_is_no_request_is_told_and_the_others_are_read(payload: bytes, problem: str) -> None:
    found = read(payload, request())

    assert found[0] == BadLine(1, problem)
    assert isinstance(found[1], RecordedExchange)


def test_what_is_written_is_read_again() -> None:
    stream = io.BytesIO()
    given = recorded(
        method="POST",
        target="/v1/escrows?a=1",
        at_s=0.0,
        duration_s=0.0125,
        headers=(("Content-Type", "text/plain"), ("Content-Length", "99")),
        body=b"\xff\r\n\r\nx",
        status=201,
    )
    bare = recorded(number=2, at_s=0.5, status=0, answer_body=b"")

    assert GoReplayWriter(stream, "http://crm.example", 1_795_000_000.0).write([given, bare]) == 2

    found = [one for one in read_goreplay(stream.getvalue()) if isinstance(one, RecordedExchange)]
    assert [(one.method, one.target, one.body, one.status, one.answer_body, one.at_s) for one in found] == [
        ("POST", "/v1/escrows?a=1", given.body, 201, given.answer_body, 0.0),
        ("GET", "/v1/escrows/1", b"", 0, b"", 0.5),
    ]
    assert found[0].duration_s == 0.0125
    assert found[0].headers == (
        ("Host", "crm.example"),
        ("Content-Type", "text/plain"),
        ("Content-Length", "6"),
    )


def test_a_body_with_three_monkeys_cannot_be_written() -> None:
    with pytest.raises(RecordingError, match="a body holds GoReplay's separator"):
        GoReplayWriter(io.BytesIO(), "", 0.0).write([recorded(body=SEPARATOR)])
