"""How faults act: on the value of an answer, on the answer as a whole, or on what was asked for."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from domains.shared.faults.fault import Act, Asked

Change = Callable[[Any], Any]
"""Another value for the value of an answer."""


def on_value(change: Change, status: int = 200) -> Act:
    """Change the JSON value of the answers with that status."""

    async def act(asked: Asked) -> web.StreamResponse:
        answer = await asked.answer()
        body = whole(answer, status)
        if body is not None and isinstance(answer, web.Response):
            answer.body = written(change(json.loads(body)))
        return answer

    return act


def on_answer(change: Callable[[web.Response], None], status: int = 200) -> Act:
    """Change the answers with that status as they are sent: status, headers, bytes."""

    async def act(asked: Asked) -> web.StreamResponse:
        answer = await asked.answer()
        if whole(answer, status) is not None and isinstance(answer, web.Response):
            change(answer)
        return answer

    return act


def on_query(change: Callable[[Mapping[str, str]], Mapping[str, str]]) -> Act:
    """Ask for something else: what is then answered was read from the database so."""

    async def act(asked: Asked) -> web.StreamResponse:
        request = asked.request
        query = change(dict(request.query))
        return await asked.handler(request.clone(rel_url=request.rel_url.with_query(query)))

    return act


def without(*names: str) -> Callable[[Mapping[str, str]], Mapping[str, str]]:
    """The query without some of its parameters."""
    return lambda query: {name: value for name, value in query.items() if name not in names}


def whole(answer: web.StreamResponse, status: int) -> bytes | None:
    """The body of an answer with that status; None of a file, which is sent while it is made."""
    body = answer.body if isinstance(answer, web.Response) and answer.status == status else None
    return body if isinstance(body, bytes) else None


def written(value: Any) -> bytes:
    """A value as JSON, numbers in the form that Python gives them."""
    return json.dumps(value, ensure_ascii=False).encode()
