"""Before the load: every journey against both sides, so that only equal work is compared.

A journey that one side answers otherwise than recorded, with a status below 500, is left out and reported:
the sides are meant to differ there (a declared deviation), or the seed is another one, and the time for one answer
says nothing about the other. A 5xx or a connection closed without an answer is no reason to leave anything out;
it will count as an error. What writes is sent again, and once more in the opposite order from the seed, before what
reads: users come often and in any order, and a journey that succeeds once, or whose answer hangs on who came before,
would make errors of its own.
"""

import contextlib
import http.client
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from loadtests.errors import BackendError, RecordingError
from loadtests.recording import Credentials, Sendable, sendable
from loadtests.turns import is_reading
from loadtests.workload import Journey, Workload
from parity.exchange import Backend

_TIMEOUT_S = 10.0
_TIME_OUTS_AT_MOST = 2


def probe(
    workload: Workload,
    credentials: Credentials,
    urls: Mapping[Backend, str],
    reset: Callable[[], None] | None = None,
) -> Workload:
    """The workload without the journeys on which the sides differ; it is also the warm-up of both processes.

    Both begin with what `reset` makes: what one side writes must not decide how the other answers.
    Raises BackendError when a side does not answer, or legacy nothing as recorded; RecordingError when no journey is left.
    """
    left_out: dict[str, str] = {}
    for side in Backend:
        if reset:
            reset()
        with contextlib.closing(_Prober(side, urls[side], credentials)) as prober:
            left_out = prober.reasons(workload.journeys) | left_out
            prober.require_answers()
            if side is Backend.LEGACY:
                prober.require_successes()
            left_out |= prober.reasons(_writing(workload, left_out), when=" when it is sent again")
    if reset:
        for side in Backend:
            reset()
            with contextlib.closing(_Prober(side, urls[side], credentials)) as prober:
                # what reads comes last: who is kept may have written what it reads
                turned = workload.without(left_out).journeys[::-1]
                left_out |= prober.reasons(sorted(turned, key=is_reading), when=" in another order")
    kept = workload.without(left_out)
    if not kept.journeys:
        name, reason = next(iter(left_out.items()))
        raise RecordingError(f"no recorded exchange has its recorded status on both sides; {name}: {reason}")
    return kept


def _writing(workload: Workload, left_out: Mapping[str, str]) -> Sequence[Journey]:
    """Only they can be in their own way, or in another's."""
    return [one for one in workload.journeys if one.name not in left_out and not is_reading(one)]


class _Prober:
    """One connection to one side."""

    def __init__(self, side: Backend, url: str, credentials: Credentials) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise BackendError(
                f"expected the address of the {side} backend like http://127.0.0.1:9001, got {url!r}"
            )
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=_TIMEOUT_S)
        self._side, self._url, self._credentials = side, url, credentials
        self._answers, self._time_outs, self._problem = 0, 0, ""
        self._successes, self._failure = 0, ""

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def require_answers(self) -> None:
        """Raise BackendError when there was not one answer."""
        if not self._answers:
            raise BackendError(f"the {self._side} backend at {self._url} does not answer: {self._problem}")

    def require_successes(self) -> None:
        """Raise BackendError when nothing succeeded as it was recorded, and something failed: there is nothing to measure."""
        if self._failure and not self._successes:
            raise BackendError(
                f"the {self._side} backend at {self._url} answers nothing as recorded, first {self._failure}; "
                "has its database the seed (crossfade db reset --seed DIR)?"
            )

    def reasons(self, journeys: Sequence[Journey], *, when: str = "") -> dict[str, str]:
        """Which of them must be left out, by name, and why."""
        found = {journey.name: self.reason(journey) for journey in journeys}
        return {name: reason + when for name, reason in found.items() if reason}

    def reason(self, journey: Journey) -> str:
        """Why the journey must be left out, else empty; it is gone through in any case, for its clean-up."""
        reason = ""
        answers: dict[str, Any] = {}
        for step in journey.steps:
            try:
                request = sendable(step.exchange, self._credentials, answers)
            except RecordingError:
                return reason
            status, body = self._ask(request)
            if status == step.exchange.status:
                answers[step.exchange.name] = _json(body)
                self._successes += not step.refused
            elif status >= 500:
                self._failure = self._failure or f"{status} to {step.exchange.name}"
            elif status and not reason:
                name, recorded = step.exchange.name, step.exchange.status
                reason = f"{self._side} answers {status} to {name}, recorded as {recorded}"
        return reason

    def _ask(self, request: Sendable) -> tuple[int, bytes]:
        """Status and body, 0 when the connection was closed without an answer; raises BackendError for a dead side."""
        try:
            self._connection.request(
                request.method, request.target, body=request.body, headers=request.headers
            )
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self._problem = str(error)
            self._time_outs += isinstance(error, TimeoutError)
            if isinstance(error, ConnectionRefusedError) or self._time_outs == _TIME_OUTS_AT_MOST:
                raise BackendError(
                    f"the {self._side} backend at {self._url} does not answer: {error}"
                ) from error
            return 0, b""
        self._answers += 1
        return answer.status, body


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
