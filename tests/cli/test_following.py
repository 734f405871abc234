"""How the taking of stages is wired, from a configuration to a change of a flag."""

import asyncio
from pathlib import Path

import pytest

from cli.context import Context
from cli.errors import UnavailableError, UsageError
from cli.following import open_following, open_source, until_signalled
from cli.openfeature_sections import OpenFeatureSection
from cli.settings import Settings
from proxy.errors import ProviderError
from proxy.flags import Flag
from proxy.ofrep_source import OfrepSource
from proxy.openfeature_sdk import SdkSource
from proxy.stages import Stage
from tests.proxy.rig import until
from tests.support.flag_system import TOKEN, flag_system


def context(tmp_path: Path, **openfeature: object) -> Context:
    section = OpenFeatureSection.model_validate(openfeature)
    return Context(Settings(state_dir=tmp_path, openfeature=section), None, "", "olivia")


def test_without_a_provider_there_is_nothing_to_run(tmp_path: Path) -> None:
    assert open_following(context(tmp_path)) is None


def test_an_address_is_asked_by_ofrep_and_a_factory_by_the_sdk(tmp_path: Path) -> None:
    keys = {"escrows": "stage"}

    by_ofrep = open_source(context(tmp_path, provider="https://flags.internal", keys=keys))
    by_sdk = open_source(
        context(tmp_path, provider="openfeature.provider.no_op_provider:NoOpProvider", keys=keys)
    )

    assert isinstance(by_ofrep, OfrepSource)
    assert isinstance(by_sdk, SdkSource)
    assert (by_ofrep.name, by_sdk.name) == (
        "flags.internal",
        "openfeature.provider.no_op_provider:NoOpProvider",
    )


def test_a_factory_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="No module named 'acme'"):
        open_following(context(tmp_path, provider="acme:make", keys={"escrows": "stage"}))


def test_settings_that_do_not_fit_together_are_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected at least one"):
        open_following(context(tmp_path, provider="https://flags.internal"))


async def test_what_the_provider_says_reaches_the_flag_table_with_its_verdict(tmp_path: Path) -> None:
    with flag_system(escrows=Flag(Stage.SHADOW)) as system:
        made = context(
            tmp_path,
            provider=system.url,
            token=TOKEN,
            keys={"escrows": "crossfade.escrows"},
            settle_s=0,
            timeout_s=30,
        )
        watch = open_following(made)
        assert watch is not None
        running = asyncio.create_task(watch.run())
        await until(lambda: "escrows" in made.flags.table().rows)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    change = made.flags.history(1)[0]
    assert (made.flags.table().rows["escrows"].stage, change.actor) == (
        Stage.SHADOW,
        f"openfeature:{system.url.removeprefix('http://')}",
    )
    assert change.verdict is not None
    assert change.verdict.word == "not yet"


async def test_metrics_that_cannot_be_served_are_told(tmp_path: Path) -> None:
    watch = open_following(context(tmp_path, provider="http://127.0.0.1:9", keys={"escrows": "stage"}))
    assert watch is not None

    with pytest.raises(UnavailableError, match=r"cannot listen on 203\.0\.113\.1:80"):
        await until_signalled(watch, ("203.0.113.1", 80))
