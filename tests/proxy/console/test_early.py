"""What is told before the work is over."""

import threading
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from proxy.console.early import EarlyAnswers
from proxy.console.threads import StoreThreads
from tests.parity.factories import until


async def test_the_answer_does_not_wait_for_what_comes_after_it() -> None:
    threads, go_on, ended = StoreThreads(30.0), threading.Event(), threading.Event()

    def act(told: Callable[[str], None]) -> None:
        told("served")
        go_on.wait(30.0)
        ended.set()

    answer: str = await EarlyAnswers(threads).answer(act)
    was_over = ended.is_set()
    go_on.set()
    await until(ended.is_set)

    assert (answer, was_over) == ("served", False)
    threads.close()


async def test_what_keeps_it_from_an_answer_is_raised_and_not_logged() -> None:
    threads = StoreThreads(30.0)

    def act(_told: Callable[[str], None]) -> None:
        raise ValueError("refused")

    with capture_logs() as logs, pytest.raises(ValueError, match="refused"):
        await EarlyAnswers(threads).answer(act)

    assert logs == []
    threads.close()


async def test_what_goes_wrong_afterwards_is_logged() -> None:
    threads, answers = StoreThreads(30.0), None

    def act(told: Callable[[str], None]) -> None:
        told("served")
        raise ValueError("no verdict")

    with capture_logs() as logs:
        answers = EarlyAnswers(threads)
        assert await answers.answer(act) == "served"
        await until(lambda: bool(logs))

    assert [(one["event"], one["fault"]) for one in logs] == [("rollback_without_verdict", "ValueError")]
    threads.close()
