"""What a provider says is copied into a real store, as far as it may be; what it does when broken changes nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from proxy.flag_rows import Judged
from proxy.flags import DEFAULT_FLAG, Flag
from proxy.openfeature_copier import RETRY_S
from proxy.openfeature_states import ProviderState
from proxy.provider_answers import NoAnswer, Said
from proxy.settings import OpenFeatureSettings
from proxy.stages import Stage
from tests.support.following import LIST, NOT_YET, POLL_S, READY, Desk, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as desk:
        yield desk


async def test_a_step_forward_is_taken_when_it_was_said_for_long_enough_and_once(desk: Desk) -> None:
    watch = desk.watch()

    early = await desk.hear(watch, Said(Stage.SHADOW), polls=6)
    before = desk.flag().stage
    later = await desk.hear(watch, Said(Stage.SHADOW), polls=10)

    assert (early.state, before) == (ProviderState.SETTLING, Stage.OFF)
    assert (later.state, desk.flag().stage) == (ProviderState.AGREES, Stage.SHADOW)
    changes = desk.store.history()
    assert [(one.actor, one.action, one.reason) for one in changes] == [
        ("openfeature:acme", "advance", "flag acme-escrows says shadow")
    ]
    assert changes[0].verdict == READY


async def test_a_step_back_is_taken_at_once_whatever_the_verdict_and_the_calendar_say(desk: Desk) -> None:
    desk.at(Stage.LIVE)
    desk.verdict, desk.now = lambda _key: NOT_YET, datetime(2026, 12, 24, tzinfo=UTC).timestamp()

    state = await desk.hear(desk.watch(), Said(Stage.OFF))

    assert (state.state, desk.flag().stage) == (ProviderState.AGREES, Stage.OFF)
    assert desk.store.history(1)[0].actor == "openfeature:acme"


async def test_a_jump_forward_is_refused_and_told(desk: Desk) -> None:
    state = await desk.hear(desk.watch(), Said(Stage.LIVE), polls=20)

    assert (state.state, desk.flag().stage, desk.judged) == (ProviderState.REFUSED, Stage.OFF, 0)
    assert "escrows is at off and cannot go to live" in state.problem


async def test_the_canary_share_is_the_providers_and_less_of_it_is_taken_at_once(desk: Desk) -> None:
    desk.at(Stage.SHADOW)
    watch = desk.watch()

    shares = []
    for answer, polls in ((0.1, 8), (0.4, 8), (0.2, 1), (0.3, 1)):
        await desk.hear(watch, Said(Stage.CANARY, answer), polls)
        shares.append(desk.flag().canary_share)

    assert desk.flag().stage is Stage.CANARY
    assert shares == [0.1, 0.4, 0.2, 0.2]


async def test_canary_without_a_share_begins_with_that_of_a_new_flag_and_keeps_its_own(desk: Desk) -> None:
    desk.at(Stage.CANARY, 0.9)
    watch = desk.watch()
    await desk.hear(watch, Said(Stage.SHADOW))

    await desk.hear(watch, Said(Stage.CANARY), polls=8)
    begun = desk.flag()
    desk.store.flip("escrows", Stage.CANARY, canary_share=0.3, actor="ada", reason="by hand")
    state = await desk.hear(watch, Said(Stage.CANARY), polls=8)

    assert begun == Flag(Stage.CANARY, DEFAULT_FLAG.canary_share)
    assert (state.state, desk.flag().canary_share) == (ProviderState.AGREES, 0.3)


async def test_back_to_a_smaller_canary_share_takes_one_poll(desk: Desk) -> None:
    desk.at(Stage.LIVE, 0.5)

    await desk.hear(desk.watch(), Said(Stage.CANARY, 0.1))

    assert desk.flag() == Flag(Stage.CANARY, 0.1)


async def test_back_to_a_larger_canary_share_waits_as_every_step_forward(desk: Desk) -> None:
    desk.at(Stage.LIVE, 0.1)
    watch = desk.watch()

    await desk.hear(watch, Said(Stage.CANARY, 0.5))
    at_once = desk.flag()
    await desk.hear(watch, Said(Stage.CANARY, 0.5), polls=8)

    assert (at_once, desk.flag()) == (Flag(Stage.CANARY, 0.1), Flag(Stage.CANARY, 0.5))


async def test_a_verdict_that_is_not_ready_refuses_and_is_asked_again_now_and_then(desk: Desk) -> None:
    desk.at(Stage.SHADOW)
    desk.judged, desk.verdict = 0, lambda _key: NOT_YET
    watch = desk.watch()

    refused = await desk.hear(watch, Said(Stage.CANARY, 0.1), polls=7 + int(2 * RETRY_S / POLL_S))
    judged = desk.judged
    desk.verdict = lambda _key: READY
    later = await desk.hear(watch, Said(Stage.CANARY, 0.1), polls=int(RETRY_S / POLL_S))

    assert refused.state is ProviderState.REFUSED
    assert "comparisons: 12, wanted 100 at least" in refused.problem
    assert judged == 3
    assert (later.state, desk.flag().stage) == (ProviderState.AGREES, Stage.CANARY)


async def test_a_freeze_window_refuses_steps_forward(desk: Desk) -> None:
    desk.now = datetime(2026, 12, 24, tzinfo=UTC).timestamp()

    state = await desk.hear(desk.watch(), Said(Stage.SHADOW), polls=8)

    assert (state.state, desk.flag().stage) == (ProviderState.REFUSED, Stage.OFF)
    assert "closing" in state.problem


@pytest.mark.parametrize("stage", Stage)
async def test_a_provider_that_gives_no_answer_changes_nothing_and_freezes_with_time(
    desk: Desk, stage: Stage
) -> None:
    desk.at(stage)
    before, version = desk.flag(), desk.store.version()
    watch = desk.watch()

    with capture_logs() as logs:
        soon = await desk.hear(watch, NoAnswer("did not answer within 2 s"), polls=12)
        late = await desk.hear(watch, NoAnswer("did not answer within 2 s"), polls=50)

    assert (soon.state, late.state) == (ProviderState.UNANSWERED, ProviderState.FROZEN)
    assert (desk.flag(), desk.store.version()) == (before, version)
    assert [(one["log_level"], one["problem"]) for one in logs if one.get("state") == "frozen"] == [
        ("warning", "did not answer within 2 s")
    ]


async def test_after_silence_a_step_forward_settles_anew_and_one_back_does_not_wait(desk: Desk) -> None:
    watch = desk.watch()
    await desk.hear(watch, Said(Stage.SHADOW), polls=6)
    await desk.hear(watch, NoAnswer("is gone"))

    forward = await desk.hear(watch, Said(Stage.SHADOW), polls=6)
    stage = desk.flag().stage
    await desk.hear(watch, Said(Stage.SHADOW))
    await desk.hear(watch, NoAnswer("is gone"), polls=40)
    back = await desk.hear(watch, Said(Stage.OFF))

    assert (forward.state, stage) == (ProviderState.SETTLING, Stage.OFF)
    assert (back.state, desk.flag().stage) == (ProviderState.AGREES, Stage.OFF)


async def test_a_provider_that_flaps_takes_a_flag_back_once_and_never_forward(desk: Desk) -> None:
    desk.at(Stage.CANARY)
    version = desk.store.version()
    watch = desk.watch()

    for _ in range(20):
        await desk.hear(watch, Said(Stage.SHADOW), polls=2)
        await desk.hear(watch, Said(Stage.CANARY, 0.5), polls=3)

    assert desk.store.version() == version + 1
    assert desk.flag().stage is Stage.SHADOW
    assert watch.figures.changes == {("escrows", "back"): 1}


async def test_what_somebody_took_back_stays_back_until_the_provider_has_agreed(desk: Desk) -> None:
    desk.at(Stage.SHADOW)
    watch = desk.watch()
    await desk.hear(watch, Said(Stage.CANARY, 0.1), polls=8)
    desk.store.roll_back("escrows", to=Stage.SHADOW, actor="guard:errors", reason="5 % of errors")

    held = await desk.hear(watch, Said(Stage.CANARY, 0.1), polls=30)
    held_at = desk.flag().stage
    restarted = await desk.hear(desk.watch(), Said(Stage.CANARY, 0.1), polls=30)
    agreed = await desk.hear(watch, Said(Stage.SHADOW))
    await desk.hear(watch, Said(Stage.CANARY, 0.2), polls=8)

    assert (held.state, held_at, restarted.state) == (
        ProviderState.OVERRULED,
        Stage.SHADOW,
        ProviderState.OVERRULED,
    )
    assert "guard:errors took it back in version 3 (5 % of errors)" in held.problem
    assert agreed.state is ProviderState.AGREES
    assert desk.flag() == Flag(Stage.CANARY, 0.2)


async def test_that_the_provider_agreed_is_known_to_the_next_process(desk: Desk) -> None:
    desk.at(Stage.SHADOW)
    desk.store.roll_back("escrows", actor="ada", reason="an incident")
    await desk.hear(desk.watch(), Said(Stage.OFF))

    await desk.hear(desk.watch(), Said(Stage.SHADOW), polls=8)

    assert desk.flag().stage is Stage.SHADOW


async def test_what_somebody_took_forward_by_hand_is_taken_back(desk: Desk) -> None:
    desk.at(Stage.SHADOW)
    watch = desk.watch()
    await desk.hear(watch, Said(Stage.SHADOW))
    desk.store.flip("escrows", Stage.CANARY, actor="ada", reason="by hand")

    await desk.hear(watch, Said(Stage.SHADOW))

    assert desk.flag().stage is Stage.SHADOW


async def test_what_was_judged_is_what_is_changed(desk: Desk) -> None:
    def meanwhile(_key: str) -> Judged:
        desk.verdict = lambda _key: READY
        desk.store.roll_back("escrows", actor="ada", reason="an incident")
        return READY

    desk.at(Stage.SHADOW)
    watch = desk.watch()
    await desk.hear(watch, Said(Stage.CANARY), polls=6)
    desk.verdict = meanwhile

    await desk.hear(watch, Said(Stage.CANARY), polls=20)

    assert desk.flag().stage is Stage.OFF


async def test_an_endpoint_follows_a_flag_of_its_own(desk: Desk) -> None:
    desk.at(Stage.SHADOW)
    desk.settings = OpenFeatureSettings({LIST.name: "acme-list"}, POLL_S, 0.0, 60.0)
    watch = desk.watch()

    await desk.hear(watch, Said(Stage.CANARY, 0.1), flag="acme-list")

    assert (desk.flag().stage, desk.flag(LIST.name)) == (Stage.SHADOW, Flag(Stage.CANARY, 0.1))
