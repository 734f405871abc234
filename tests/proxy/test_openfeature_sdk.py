"""Providers of the real OpenFeature SDK: sound ones, and ones that hang, fail, go stale, or hand the default back."""

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEventDetails
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagResolutionDetails, Reason
from openfeature.provider import FeatureProvider
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider
from openfeature.provider.no_op_provider import NoOpProvider

from proxy.errors import ProviderError
from proxy.openfeature_sdk import SdkSource, load_factory
from proxy.provider_answers import NoAnswer, ProviderAnswer, Said
from proxy.stages import Stage
from tests.proxy.rig import until

LIVE = InMemoryFlag("on", {"on": "live"})


class Resolving(InMemoryProvider):
    """A provider whose resolution is what a test says."""

    def __init__(
        self,
        resolve: Callable[[str, str], FlagResolutionDetails[Any]],
        initialize: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__({})
        self.resolve = resolve
        self.begin = initialize
        self.contexts: list[EvaluationContext | None] = []
        self.is_shut_down = threading.Event()

    def initialize(self, evaluation_context: EvaluationContext) -> None:
        del evaluation_context
        self.begin()

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        self.contexts.append(evaluation_context)
        return self.resolve(flag_key, default_value)

    def shutdown(self) -> None:
        self.is_shut_down.set()


def says(value: object, reason: str | None = "STATIC", **metadata: Any) -> Resolving:
    return Resolving(
        lambda _key, _default: FlagResolutionDetails(value, reason=reason, flag_metadata=metadata)
    )


@pytest.fixture(autouse=True)
def clear_sdk() -> Iterator[None]:
    yield
    api.clear_providers()


@asynccontextmanager
async def asking(
    factory: Callable[[], FeatureProvider], timeout_s: float = 30.0, **options: Any
) -> AsyncIterator[SdkSource]:
    source = SdkSource(factory, "acme", timeout_s=timeout_s, **options)
    try:
        yield source
    finally:
        await source.close()


async def answer_of(provider: FeatureProvider) -> ProviderAnswer:
    async with asking(lambda: provider) as source:
        return (await source.ask(["stage"]))["stage"]


async def test_what_a_provider_evaluates_is_its_answer() -> None:
    flags = {"a": LIVE, "b": InMemoryFlag("on", {"on": "canary"}, flag_metadata={"canary_share": 0.25})}

    async with asking(lambda: InMemoryProvider(flags)) as source:
        told = await source.ask(["a", "b"])

    assert told == {"a": Said(Stage.LIVE), "b": Said(Stage.CANARY, 0.25)}


async def test_the_provider_is_told_the_targeting_key() -> None:
    provider = says("live")

    async with asking(lambda: provider, targeting_key="staging") as source:
        await source.ask(["stage"])

    assert [one.targeting_key for one in provider.contexts if one is not None] == ["staging"]


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*_: object) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    ("provider", "problem"),
    [
        (InMemoryProvider({}), "answered FLAG_NOT_FOUND"),
        (NoOpProvider(), "gives the default in the code"),
        (Resolving(lambda _key, default: FlagResolutionDetails(default)), "gives the default in the code"),
        (Resolving(lambda _key, default: FlagResolutionDetails(default, reason=Reason.STATIC)), "gives the default in the code"),
        (says("live", "DEFAULT"), "gives a default, which nobody chose"),
        (says("live", Reason.STALE), "says that its answer may be out of date"),
        (says("live", "ERROR"), "could not evaluate it"),
        (Resolving(lambda _key, _default: FlagResolutionDetails("live", error_code=ErrorCode.GENERAL)), "answered GENERAL"),
        (says("Live"), "says 'Live': expected a stage"),
        (says(True), "answered TYPE_MISMATCH"),
        (says(None), "answered TYPE_MISMATCH"),
        (Resolving(raising(RuntimeError("no connection"))), "answered GENERAL: no connection"),
        (Resolving(raising(SystemExit(3))), "failed"),
    ],
)  # fmt: skip
async def test_a_provider_that_decides_nothing_gives_no_answer(
    provider: FeatureProvider, problem: str
) -> None:
    told = await answer_of(provider)

    assert isinstance(told, NoAnswer)
    assert told.problem.startswith(problem)


async def test_a_provider_that_says_it_is_stale_or_broken_is_not_believed_until_it_is_ready_again() -> None:
    provider = says("live")

    async with asking(lambda: provider) as source:
        told = [(await source.ask(["stage"]))["stage"]]
        for tell in (
            provider.emit_provider_stale,
            provider.emit_provider_error,
            provider.emit_provider_ready,
        ):
            tell(ProviderEventDetails())
            told.append((await source.ask(["stage"]))["stage"])

    assert told == [Said(Stage.LIVE), NoAnswer("is stale"), NoAnswer("is error"), Said(Stage.LIVE)]


async def test_a_provider_that_goes_stale_while_it_is_asked_is_not_believed() -> None:
    def resolve(_key: str, _default: str) -> FlagResolutionDetails[Any]:
        provider.emit_provider_stale(ProviderEventDetails())
        return FlagResolutionDetails("live", reason="STATIC")

    provider = Resolving(resolve)

    assert await answer_of(provider) == NoAnswer("is stale")


async def test_a_provider_that_hangs_is_not_waited_for_nor_asked_again_until_it_returns() -> None:
    go_on, calls = threading.Event(), []

    def resolve(key: str, _default: str) -> FlagResolutionDetails[Any]:
        calls.append(key)
        if key == "slow":
            go_on.wait(60)
        return FlagResolutionDetails("live", reason="STATIC")

    async with asking(lambda: Resolving(resolve), timeout_s=0.2) as source:
        first = await source.ask(["quick", "slow", "after"])
        second = await source.ask(["quick"])
        go_on.set()
        await until(lambda: "after" in calls)
        await until(lambda: not any(one.name == "openfeature" for one in threading.enumerate()))
        third = await source.ask(["quick"])

    late = NoAnswer("did not answer within 0.2 s")
    assert first == {"quick": Said(Stage.LIVE), "slow": late, "after": late}
    assert second == {"quick": NoAnswer("has not returned from an earlier question")}
    assert third == {"quick": Said(Stage.LIVE)}


async def test_a_provider_that_cannot_begin_is_made_anew_after_a_while_and_not_before() -> None:
    now, made = 1_000.0, 0

    def factory() -> FeatureProvider:
        nonlocal made
        made += 1
        return (
            Resolving(says("live").resolve, raising(RuntimeError("no network")))
            if made == 1
            else says("live")
        )

    async with asking(factory, clock=lambda: now) as source:
        told = [(await source.ask(["stage"]))["stage"]]
        now += 10
        told.append((await source.ask(["stage"]))["stage"])
        now += 21
        told.append((await source.ask(["stage"]))["stage"])

    assert told == [NoAnswer("failed: no network"), NoAnswer("is error"), Said(Stage.LIVE)]
    assert made == 2


async def test_a_provider_that_cannot_be_made_is_not_replaced_by_another_of_the_process() -> None:
    api.set_provider_and_wait(InMemoryProvider({"stage": LIVE}))

    async with asking(raising(RuntimeError("no key"))) as source:
        told = [(await source.ask(["stage"]))["stage"] for _ in range(2)]

    assert told == [
        NoAnswer("failed: no key"),
        NoAnswer("failed: it could not be made, and is made again soon"),
    ]


async def test_the_provider_is_shut_down_at_the_end() -> None:
    provider = says("live")

    async with asking(lambda: provider) as source:
        await source.ask(["stage"])

    assert provider.is_shut_down.wait(60)


async def test_who_was_closed_can_ask_again() -> None:
    async with asking(lambda: says("live")) as source:
        first = await source.ask(["stage"])
        await source.close()
        second = await source.ask(["stage"])

    assert first == second == {"stage": Said(Stage.LIVE)}


async def test_a_factory_that_ends_its_thread_is_an_answer_too() -> None:
    async with asking(raising(SystemExit("no licence"))) as source:
        told = await source.ask(["stage"])

    assert told == {"stage": NoAnswer("failed: no licence")}


def test_a_factory_is_named_by_module_and_name() -> None:
    assert load_factory("openfeature.provider.no_op_provider:NoOpProvider") is NoOpProvider


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("no_such_module:make", "No module named 'no_such_module'"),
        ("openfeature.api:no_such_name", "has no attribute 'no_such_name'"),
        ("openfeature.api:__doc__", "expected something that can be called"),
        ("of_no_use:make", "out of order"),
    ],
)
def test_a_factory_that_cannot_be_had_is_one_sentence(
    spec: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "of_no_use.py").write_text("raise RuntimeError('out of order')")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ProviderError, match=problem) as caught:
        load_factory(spec)

    assert str(caught.value).startswith(f"openfeature.provider: {spec!r}: expected ")
