"""`crossfade guards` as a user has it: a table of 80 columns, JSON, exit codes, a test of the channels."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from proxy.stages import Stage
from tests.proxy.guarding import FAILING, WELL, Scene, breach, dry
from tests.support.backends import Behaviour, FakeBackend, answering
from tests.support.command import InProcess

ROWS = """
[[endpoints]]
domain = "escrows"
method = "GET"
path = "/v1/escrows"
[[endpoints]]
domain = "clients"
method = "GET"
path = "/v1/clients"
"""


@pytest.fixture
def scene(crossfade: InProcess) -> Iterator[Scene]:
    """A store with two domains, which the commands read by their configuration."""
    configure(crossfade)
    scene = Scene(crossfade.state_dir)
    yield scene
    scene.close()


def configure(crossfade: InProcess, text: str = "") -> None:
    store = f'[store]\nurl = "sqlite:///{crossfade.state_dir}/store.db"\n'
    (crossfade.state_dir / "crossfade.toml").write_text(f"{store}{text}{ROWS}")


def watched_at(scene: Scene, stage: Stage, seconds: int = 5) -> None:
    """Escrows is at that stage, and does well under the eyes of guards."""
    scene.go_to(stage)
    scene.rewind(20)
    breach(scene, scene.watch(), seconds, WELL)
    scene.stand_still()


def test_where_no_guard_watches_is_said_in_one_line(crossfade: InProcess, scene: Scene) -> None:
    del scene
    ran = crossfade("guards")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "no guard watches at their stage: escrows, clients",
        "nobody watches: run crossfade guards watch, or the console",
    ]


def test_each_guard_of_a_domain_is_a_line_with_figure_limit_and_state(
    crossfade: InProcess, scene: Scene
) -> None:
    watched_at(scene, Stage.LIVE)

    ran = crossfade("guards")

    lines = ran.out.splitlines()
    assert ran.code == 0
    assert max(map(len, lines)) <= 80
    assert lines[0] == "escrows at live"
    errors = next(line for line in lines if "error_rate" in line)
    assert errors.split() == ["error_rate", "0", "%", "5", "%", "250", "30", "s", "rolls", "back", "watching"]
    queries = next(line for line in lines if "query_ratio" in line)
    assert queries.endswith("too few of 50")
    assert "no guard watches at their stage: clients" in lines
    assert "watched by one" in lines


def test_the_same_as_json(crossfade: InProcess, scene: Scene) -> None:
    watched_at(scene, Stage.LIVE)

    ran = crossfade("guards", "--domain", "escrows", "--json")

    found = json.loads(ran.out)
    assert (found["schema"], found["holder"], found["channels"]) == ("crossfade.guards/1", "one", [])
    assert {one["domain"] for one in found["guards"]} == {"escrows"}
    errors = next(one for one in found["guards"] if one["guard"] == "error_rate")
    assert errors == {
        "domain": "escrows",
        "stage": "live",
        "guard": "error_rate",
        "state": "watching",
        "held": 0,
        "looks": 3,
        "value": 0.0,
        "limit": 0.05,
        "samples": 250,
        "min_samples": 20,
        "window_s": 30.0,
        "action": "roll_back",
        "dry_run": False,
        "words": "error rate 0 % of 250 in 30 s, limit 5 %",
        "note": "",
    }


def test_a_guard_that_holds_says_of_how_many(crossfade: InProcess, scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    scene.rewind(20)
    breach(scene, scene.watch(), 2)
    scene.stand_still()

    ran = crossfade("guards")

    assert ran.code == 0
    assert "holding 2 of 3" in ran.out


def test_a_breach_in_a_dry_run_is_exit_code_1(crossfade: InProcess, scene: Scene) -> None:
    configure(crossfade, "[guards]\ndry_run = true\n")
    scene.go_to(Stage.LIVE)
    scene.rewind(20)
    breach(scene, scene.watch(dry()), 4)
    scene.stand_still()

    ran = crossfade("guards")

    assert ran.code == 1
    errors = next(line for line in ran.out.splitlines() if "error_rate" in line)
    assert errors.split()[-3:] == ["dry", "run", "breached"]


def test_a_domain_that_was_rolled_back_says_by_whom_and_why(crossfade: InProcess, scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    scene.rewind(20)
    breach(scene, scene.watch())
    scene.stand_still()

    ran = crossfade("guards")

    assert ran.code == 0
    assert "escrows at off: latched until somebody advances it" in ran.out
    assert "error rate 100 % of 150 in 30 s, limit 5 %" in " ".join(ran.out.split())


def test_what_cannot_be_told_is_exit_code_1_with_the_reason(crossfade: InProcess, scene: Scene) -> None:
    watched_at(scene, Stage.LIVE)
    scene.rewind(20)
    scene.tell()

    ran = crossfade("guards")

    assert ran.code == 1
    assert "cannot tell" in ran.out
    assert "proxy worker proxy-1 is silent" in ran.out


def test_guards_that_nobody_watches_are_exit_code_1(crossfade: InProcess, scene: Scene) -> None:
    scene.go_to(Stage.LIVE)

    ran = crossfade("guards")

    assert ran.code == 1
    assert "unwatched" in ran.out


def test_a_domain_that_is_not_there_is_named(crossfade: InProcess, scene: Scene) -> None:
    del scene
    ran = crossfade("guards", "--domain", "escrow")

    assert ran.code == 2
    assert "'escrow' is not a domain" in ran.err


@pytest.mark.parametrize("command", [["guards"], ["guards", "watch"]])
def test_a_rule_for_a_domain_that_is_not_there_is_said_before_anything_runs(
    crossfade: InProcess, scene: Scene, command: list[str]
) -> None:
    del scene
    configure(crossfade, '[[guards.rules]]\nguard = "error_rate"\ndomain = "escrow"\nlimit = 0.1\n')

    ran = crossfade(*command)

    assert ran.code == 2
    assert "guards.rules.0.domain: 'escrow': expected a domain, did you mean 'escrows'?" in ran.err


@contextmanager
def receiving(behaviour: Behaviour) -> Iterator[FakeBackend]:
    """A receiver in a thread, for commands have the loop of this one."""
    loop = asyncio.new_event_loop()
    receiver = FakeBackend(behaviour)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(receiver.__aenter__(), loop).result(30)
    try:
        yield receiver
    finally:
        asyncio.run_coroutine_threadsafe(receiver.__aexit__(None, None, None), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_a_test_notification_goes_to_every_channel_at_once(crossfade: InProcess, scene: Scene) -> None:
    del scene
    with receiving(answering()) as receiver:
        configure(crossfade, f'[notify]\nurls = ["{receiver.url}/a", "json://127.0.0.1:{receiver.port}/b"]\n')
        ran = crossfade("guards", "test-notification")

    assert (ran.code, ran.out.splitlines()) == (0, ["webhook-1: sent", "json-1: sent"])
    assert "webhooks are signed with" in ran.err
    assert sorted(seen.target for seen in receiver.seen) == ["/a", "/b"]
    assert "olivia wants to see that notifications arrive." in receiver.seen[0].body.decode()


def test_a_channel_that_does_not_take_it_is_exit_code_3(crossfade: InProcess, scene: Scene) -> None:
    del scene
    with receiving(answering(status="500 Internal Server Error")) as receiver:
        configure(crossfade, f'[notify]\nurls = ["{receiver.url}/s3cr3t"]\n')
        ran = crossfade("guards", "test-notification", "--json")

    assert ran.code == 3
    assert json.loads(ran.out)["channels"] == [
        {"channel": "webhook-1", "sent": False, "problem": "answered 500"}
    ]
    assert "s3cr3t" not in ran.out + ran.err


def test_without_a_channel_that_is_said(crossfade: InProcess, scene: Scene) -> None:
    del scene
    ran = crossfade("guards", "test-notification")

    assert ran.code == 3
    assert "no channel is configured: give addresses in [notify] urls or urls_file" in ran.err


def test_what_became_of_notifications_is_shown_by_channel(crossfade: InProcess, scene: Scene) -> None:
    scene.channel.name = "webhook-1"
    scene.go_to(Stage.LIVE)
    scene.rewind(20)
    breach(scene, scene.watch())
    scene.stand_still()
    configure(crossfade, '[notify]\nurls = ["https://hooks.example/s3cr3t"]\n')

    ran = crossfade("guards")

    assert "webhook-1: 0 sent, 1 waiting, 0 given up" in ran.out
    assert "s3cr3t" not in ran.out + ran.err


def test_a_breach_of_one_domain_is_not_asked_about_in_another(crossfade: InProcess, scene: Scene) -> None:
    scene.go_to(Stage.LIVE)
    scene.rewind(20)
    scene.tell(escrows=FAILING)

    assert (crossfade("guards").code, crossfade("guards", "--domain", "clients").code) == (1, 0)
