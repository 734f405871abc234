"""Crossfade asked by what others use: the OpenFeature SDK with its OFREP provider, over real sockets."""

import asyncio
from collections.abc import Iterator

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode

from proxy.canary import bucket
from proxy.flags import Flag
from proxy.openfeature_sdk import SdkSource
from proxy.provider_answers import NoAnswer, Said
from proxy.stages import Stage
from tests.support.flag_system import TOKEN, FlagSystem, flag_system


@pytest.fixture
def system() -> Iterator[FlagSystem]:
    with flag_system(escrows=Flag(Stage.CANARY, 0.5), leads=Flag(Stage.LIVE)) as system:
        yield system
    api.clear_providers()


def provider(system: FlagSystem, token: str = TOKEN) -> OFREPProvider:
    return OFREPProvider(
        system.url, headers_factory=lambda: {"Authorization": f"Bearer {token}"}, timeout=30.0
    )


def client(system: FlagSystem, token: str = TOKEN) -> OpenFeatureClient:
    api.set_provider_and_wait(provider(system, token), "test")
    return api.get_client("test")


def test_a_stage_is_a_string_with_variant_reason_and_metadata(system: FlagSystem) -> None:
    found = client(system).get_string_details("crossfade.escrows", "default")

    assert (found.value, found.variant, found.reason, found.error_code) == (
        "canary",
        "canary",
        "STATIC",
        None,
    )
    assert found.flag_metadata == {
        "version": 1,
        "stage": "canary",
        "canary_share": 0.5,
        "sample_rate": 1.0,
    }


def test_whom_modern_serves_is_a_boolean_for_each_client_as_the_proxy_decides(system: FlagSystem) -> None:
    asking = client(system)
    keys = [f"jwt:{number}" for number in range(20)]

    told = [
        asking.get_boolean_value("crossfade.escrows.modern", False, EvaluationContext(key)) for key in keys
    ]

    assert told == [bucket(key, "escrows") < 0.5 for key in keys]


def test_a_change_is_seen_by_the_next_question(system: FlagSystem) -> None:
    asking = client(system)
    before = asking.get_string_value("crossfade.leads", "default")
    system.rows["leads"] = Flag(Stage.SHADOW)

    assert (before, asking.get_string_value("crossfade.leads", "default")) == ("live", "shadow")


def test_an_endpoint_is_asked_for_by_its_name(system: FlagSystem) -> None:
    assert client(system).get_string_value("crossfade.GET /v1/leads", "default") == "live"


@pytest.mark.parametrize(
    ("key", "targeting_key", "code"),
    [
        ("crossfade.orders.modern", "jwt:1", ErrorCode.FLAG_NOT_FOUND),
        ("crossfade.escrows.modern", None, ErrorCode.TARGETING_KEY_MISSING),
        ("crossfade.escrows.modern", "john", ErrorCode.INVALID_CONTEXT),
        ("crossfade.escrows", "jwt:1", ErrorCode.TYPE_MISMATCH),
    ],
)
def test_what_has_no_value_has_a_code_of_openfeature(
    system: FlagSystem, key: str, targeting_key: str | None, code: ErrorCode
) -> None:
    found = client(system).get_boolean_details(key, False, EvaluationContext(targeting_key))

    assert (found.value, found.error_code) == (False, code)


def test_a_client_without_the_right_token_gets_its_default(system: FlagSystem) -> None:
    found = client(system, "wrong").get_string_details("crossfade.escrows", "default")

    assert (found.value, found.error_message) == ("default", "unauthorized")


def test_stages_can_be_followed_through_that_provider_too(system: FlagSystem) -> None:
    async def ask(token: str) -> object:
        source = SdkSource(lambda: provider(system, token), "ofrep", timeout_s=30.0)
        try:
            return (await source.ask(["crossfade.escrows"]))["crossfade.escrows"]
        finally:
            await source.close()

    assert asyncio.run(ask(TOKEN)) == Said(Stage.CANARY, 0.5)
    assert asyncio.run(ask("wrong")) == NoAnswer("answered GENERAL: unauthorized")
