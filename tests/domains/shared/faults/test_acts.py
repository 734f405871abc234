"""How faults act on answers and requests."""

from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from domains.shared.database import Database
from domains.shared.faults.acts import on_answer, on_query, on_value, without
from domains.shared.faults.changes import put
from domains.shared.faults.fault import Asked

DATABASE = Database("postgresql://nobody@127.0.0.1:1/none", pool_size=1)


def asked(status: int = 200, target: str = "/v1/escrows") -> tuple[Asked, list[str]]:
    """A request, and the targets that its handler is asked for."""
    heard: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        heard.append(request.raw_path)
        return web.Response(status=status, body=b'{"a": 1}')

    return Asked(make_mocked_request("GET", target), handler, DATABASE, "secret"), heard


async def test_the_value_of_answers_of_one_status_is_changed() -> None:
    act = on_value(put([1.0]), 404)

    changed, other = await act(asked(404)[0]), await act(asked(200)[0])

    assert isinstance(changed, web.Response)
    assert isinstance(other, web.Response)
    assert (changed.body, other.body) == (b"[1.0]", b'{"a": 1}')


async def test_a_file_that_is_sent_while_it_is_made_is_left_alone() -> None:
    streamed = web.StreamResponse()

    async def handler(_: web.Request) -> web.StreamResponse:
        return streamed

    request = Asked(make_mocked_request("GET", "/v1/escrows/export"), handler, DATABASE, "secret")

    assert await on_value(put(1))(request) is streamed
    assert await on_answer(lambda answer: answer.set_status(500))(request) is streamed


async def test_an_answer_is_changed_as_a_whole() -> None:
    answer = await on_answer(lambda answer: answer.set_status(500))(asked()[0])

    assert answer.status == 500


async def test_something_else_is_asked_for() -> None:
    request, heard = asked(target="/v1/escrows?status=a&page=2")

    await on_query(without("status"))(request)

    assert heard == ["/v1/escrows?page=2"]
