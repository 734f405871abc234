"""A journey that is under way: its requests one after the other, and what their answers hold for those that follow."""

import json
import time
from collections.abc import Sequence
from typing import Any

from locust import FastHttpUser

from loadtests.errors import RecordingError
from loadtests.recording import Sendable, sendable
from loadtests.users.load import Load
from loadtests.workload import Step

_TIMER_MS = 5.0
"""What a timer may be late without being told: it is in the time of the request all the same."""


class Underway:
    """Sends the steps of one journey, each when it is told to."""

    def __init__(self, load: Load, user: FastHttpUser, steps: Sequence[Step] = ()) -> None:
        self._load, self._user = load, user
        self._steps = [*reversed(steps)]
        self._answers: dict[str, Any] = {}

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to send."""
        return not self._steps

    def send(self, *, late_ms: float = 0.0, due_at: float | None = None) -> bool:
        """Send the next step; whether there was a whole answer.

        With `due_at` its time counts from that moment and not from when it was sent.
        """
        step = self._steps.pop()
        try:
            request = sendable(step.exchange, self._load.credentials, self._answers)
        except RecordingError:
            # the creation failed and was counted; the rest of its life cycle cannot be sent
            self._steps.clear()
            return True
        started_at = time.perf_counter()
        if due_at is not None:
            late_ms, started_at = max(0.0, started_at - due_at) * 1_000, due_at
        return self._ask(step, request, started_at, late_ms, is_due=due_at is not None)

    def _ask(self, step: Step, request: Sendable, started_at: float, late_ms: float, *, is_due: bool) -> bool:
        told_ms = 0.0 if is_due and late_ms < _TIMER_MS else late_ms
        context = {"load": self._load, "step": step, "late_ms": told_ms, "started_at": started_at}
        with self._user.client.request(
            request.method,
            request.target,
            name=step.endpoint,
            data=request.body.decode() if request.body is not None else None,
            headers=request.headers,
            catch_response=True,
            context=context,
        ) as response:
            if is_due:  # for Locust's own statistics, too
                response.request_meta["response_time"] += late_ms
            if response.status_code == step.exchange.status:
                response.success()
                self._remember(step, response.content)
            else:
                response.failure(f"{response.status_code or 'no answer'}, recorded as {step.exchange.status}")
            return bool(response.status_code)

    def _remember(self, step: Step, body: bytes | None) -> None:
        if step.exchange.method == "POST" and body:
            try:
                self._answers[step.exchange.name] = json.loads(body)
            except ValueError:
                self._answers.pop(step.exchange.name, None)


def as_recorded(user: FastHttpUser) -> None:
    """Have the user's client send what is recorded and nothing else: it follows no redirects and keeps no cookies."""
    user.client.client.redirect_response_codes = frozenset()  # type: ignore[misc]  # of this client alone
    user.client.client.cookiejar = None
