"""A provider of the OpenFeature SDK, asked in a thread of its own: it may hang, fail, or hand back the default."""

import asyncio
import concurrent.futures
import importlib
import logging
import math
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.provider import FeatureProvider, ProviderStatus

from proxy.errors import ProviderError
from proxy.provider_answers import NoAnswer, ProviderAnswer, none_of, read_answer

_REOPEN_S = 30.0
_DETAILS_CHARS = 160
Factory = Callable[[], FeatureProvider]


class SdkSource:
    """Asks the provider that `factory` makes, through a client of the SDK. `name` is how the ledger calls it.

    All calls are made in one thread: one that hangs is not asked again until it returns, and keeps no process alive.
    A provider that is not ready for half a minute is made anew.
    """

    def __init__(
        self,
        factory: Factory,
        name: str,
        *,
        targeting_key: str = "crossfade",
        timeout_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._factory = factory
        self._name = name
        self._context = EvaluationContext(targeting_key=targeting_key)
        self._timeout_s = timeout_s
        self._clock = clock
        # of this source alone, so that another user of the SDK in this process keeps its provider
        self._domain = f"crossfade-{secrets.token_hex(4)}"
        # what no flag is ever set to: a provider that hands it back has decided nothing
        self._default = f"crossfade-no-answer-{secrets.token_hex(16)}"
        self._client: OpenFeatureClient | None = None
        self._opened_s = -math.inf
        self._busy: threading.Thread | None = None
        # it writes the trace of every evaluation that fails; what failed is told once, by whoever asks
        logging.getLogger("openfeature").setLevel(logging.CRITICAL)

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    async def ask(self, keys: Sequence[str]) -> dict[str, ProviderAnswer]:
        """One after the other; those that the deadline cuts off have no answer."""
        if self._busy is not None and self._busy.is_alive():
            return none_of(keys, "has not returned from an earlier question")
        found: dict[str, ProviderAnswer] = {}
        done: concurrent.futures.Future[None] = concurrent.futures.Future()
        done.set_running_or_notify_cancel()

        def work() -> None:
            problem = ""
            try:
                problem = self._evaluate(keys, found)
            except BaseException as error:  # noqa: BLE001  -- whatever a provider of somebody else raises
                problem = f"failed: {_words(error)}"
            for key in keys:
                if problem:
                    found.setdefault(key, NoAnswer(problem))
            done.set_result(None)

        self._busy = threading.Thread(target=work, name="openfeature", daemon=True)
        self._busy.start()
        try:
            await asyncio.wait_for(asyncio.wrap_future(done), self._timeout_s)
        except TimeoutError:
            late = none_of(keys, f"did not answer within {self._timeout_s:g} s")
            return late | dict(found)
        return found

    async def close(self) -> None:
        """Shut the provider down, without waiting for one that hangs."""
        if self._client is None:
            return
        provider, self._client, self._opened_s = self._client.provider, None, -math.inf
        threading.Thread(target=_shut_down, args=(provider,), name="openfeature-end", daemon=True).start()

    def _evaluate(self, keys: Sequence[str], found: dict[str, ProviderAnswer]) -> str:
        client = self._ready_client()
        status = client.get_provider_status()
        if status is not ProviderStatus.READY:
            return f"is {status.value.lower().replace('_', ' ')}"
        for key in keys:
            details = client.get_string_details(key, self._default, self._context)
            if details.error_code is not None:
                said = f": {details.error_message[:_DETAILS_CHARS]}" if details.error_message else ""
                found[key] = NoAnswer(f"answered {details.error_code}{said}")
            elif details.value == self._default:
                found[key] = NoAnswer("gives the default in the code")
            else:
                reason = None if details.reason is None else str(details.reason)
                found[key] = read_answer(details.value, reason, details.flag_metadata)
        # an answer is one of a provider that was ready before and after it
        status = client.get_provider_status()
        if status is not ProviderStatus.READY:
            found.clear()
            return f"is {status.value.lower().replace('_', ' ')}"
        return ""

    def _ready_client(self) -> OpenFeatureClient:
        """Makes the provider where there is none, or one that is not ready for long; raises what that raises."""
        now = self._clock()
        if self._client is not None and self._client.get_provider_status() is ProviderStatus.READY:
            self._opened_s = now
        elif now - self._opened_s >= _REOPEN_S:
            self._opened_s = now
            provider = self._factory()
            self._client = api.get_client(self._domain)
            api.set_provider_and_wait(provider, self._domain)
        if self._client is None:  # without one the SDK would ask whatever provider others have set
            raise ProviderError("it could not be made, and is made again soon")
        return self._client


def load_factory(spec: str) -> Factory:
    """What `module:factory` names, to be called without arguments. Raises ProviderError."""
    module, _, attribute = spec.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except Exception as error:  # whatever a module of somebody else does when it is imported
        raise ProviderError(
            f"openfeature.provider: {spec!r}: expected module:factory that can be imported: {error}"
        ) from error
    if not callable(found):
        raise ProviderError(f"openfeature.provider: {spec!r}: expected something that can be called")
    return cast("Factory", found)


def _shut_down(provider: FeatureProvider) -> None:
    try:
        provider.shutdown()
    except Exception:
        logging.getLogger("openfeature").debug("shutdown failed", exc_info=True)


def _words(error: BaseException) -> str:
    text = str(getattr(error, "error_message", None) or error).strip().splitlines()
    return (text[0] if text else type(error).__name__)[:_DETAILS_CHARS]
