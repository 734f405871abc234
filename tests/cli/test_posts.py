"""Who holds a place, and when somebody is started again."""

from dataclasses import dataclass, field
from signal import SIGKILL, SIGTERM, Signals
from typing import Any

import pytest

from cli.errors import UnavailableError
from cli.posts import FIRST_PAUSE_S, LONGEST_PAUSE_S, STEADY_S, Post

END_WITHIN_S = 5.0


@dataclass
class FakeChild:
    """A process that does what a test says."""

    turn: int
    started_s: float
    exit_code: int = 0
    running: bool = True
    ready: bool = False
    fails: str = ""
    signals: list[Signals] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    replies: list[dict[str, Any]] = field(default_factory=list)

    def is_ready(self, wait_s: float = 0.0) -> bool:
        assert wait_s < 1
        if self.fails:
            raise UnavailableError(self.fails)
        return self.ready

    def said(self) -> list[dict[str, Any]]:
        said, self.replies = self.replies, []
        return said

    def signal(self, number: Signals) -> None:
        self.signals.append(number)

    def kill(self) -> None:
        self.die(-SIGKILL)

    def die(self, code: int = -SIGKILL) -> None:
        if self.running:
            self.running, self.exit_code = False, code

    def end(self, within_s: float) -> int:
        assert within_s == END_WITHIN_S
        self.running = False
        return self.exit_code

    def feed(self, line: bytes) -> None:
        if self.fails:
            raise UnavailableError(self.fails)
        self.lines.append(line)


class Scene:
    """A post, its clock, and everybody who was ever started there."""

    def __init__(self, *, overlaps: bool = True) -> None:
        self.now = 100.0
        self.started: list[FakeChild] = []
        self.ended: list[int] = []
        self.refused = ""
        self.post: Post[FakeChild] = Post(
            "worker",
            self._start,
            ended=self.ended.append,
            end_within_s=END_WITHIN_S,
            overlaps=overlaps,
            clock=lambda: self.now,
        )

    def _start(self, turn: int) -> FakeChild:
        if self.refused:
            raise OSError(self.refused)
        self.started.append(FakeChild(turn, self.now))
        return self.started[-1]

    @property
    def latest(self) -> FakeChild:
        return self.started[-1]

    def pass_s(self, seconds: float) -> None:
        self.now += seconds
        self.post.look()

    def settled(self) -> "Scene":
        self.post.look()
        self.latest.ready = True
        self.post.look()
        assert self.post.is_settled
        return self


def test_who_dies_is_started_again_and_the_pause_grows_while_it_dies_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    scene = Scene().settled()
    pauses = []

    for _ in range(9):
        scene.latest.die()
        scene.post.look()
        died_at, count = scene.now, len(scene.started)
        while len(scene.started) == count:
            scene.pass_s(0.25)
        pauses.append(scene.now - died_at)
        scene.settled()

    assert pauses == [FIRST_PAUSE_S, 1, 2, 4, 8, 16, *[LONGEST_PAUSE_S] * 3]
    assert "worker was killed by SIGKILL and is started again in 0.5 s" in capsys.readouterr().err


def test_who_lived_long_is_started_again_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    scene = Scene().settled()
    scene.pass_s(STEADY_S)

    scene.latest.die(3)
    scene.post.look()

    assert len(scene.started) == 2
    assert capsys.readouterr().err == "worker ended with exit code 3 and is started again\n"
    assert scene.ended == [0]
    assert scene.latest.turn == 0, "the place of the dead is free"


def test_a_signal_without_a_name_is_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    scene = Scene().settled()
    scene.pass_s(STEADY_S)

    scene.latest.die(-35)
    scene.post.look()

    assert capsys.readouterr().err == "worker was killed by signal 35 and is started again\n"


def test_a_replacement_serves_before_the_one_before_is_asked_to_end() -> None:
    scene = Scene().settled()
    old = scene.latest

    scene.post.replace()
    scene.post.look()
    new = scene.latest
    before = (new is old, list(old.signals), scene.post.holder is old)
    new.ready = True
    scene.post.look()
    draining = (old.signals, scene.post.holder is new, scene.post.is_settled)
    old.die(0)
    scene.post.look()

    assert before == (False, [], True)
    assert draining == ([SIGTERM], True, False)
    assert scene.post.is_settled
    assert (old.turn, new.turn, scene.ended) == (0, 1, [0])


def test_a_replacement_that_cannot_start_leaves_the_one_that_is_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    scene = Scene().settled()
    old = scene.latest
    scene.post.replace()
    scene.post.look()

    scene.latest.fails = "worker did not start: no reason"
    scene.post.look()
    for _ in range(50):
        scene.pass_s(1)

    assert (scene.post.failed, scene.post.is_settled, scene.post.holder is old) == (True, True, True)
    assert (len(scene.started), old.signals, scene.ended) == (2, [], [1])
    assert capsys.readouterr().err == "crossfade: worker did not start: no reason\n"


def test_a_process_that_cannot_be_made_is_tried_again_later(capsys: pytest.CaptureFixture[str]) -> None:
    scene = Scene().settled()
    scene.pass_s(STEADY_S)
    scene.refused = "Cannot allocate memory"

    scene.latest.die()
    scene.post.look()
    scene.pass_s(FIRST_PAUSE_S / 2)
    scene.refused = ""
    scene.pass_s(FIRST_PAUSE_S / 2)

    assert len(scene.started) == 2
    assert capsys.readouterr().err.splitlines()[1:] == ["crossfade: Cannot allocate memory"]


def test_a_replacement_takes_the_place_of_one_that_dies_meanwhile() -> None:
    scene = Scene().settled()
    scene.post.replace()
    scene.post.look()

    scene.started[0].die()
    scene.post.look()
    scene.latest.ready = True
    scene.post.look()

    assert (len(scene.started), scene.post.is_settled, scene.post.holder is scene.latest) == (2, True, True)


def test_without_overlap_the_next_one_starts_when_the_one_before_has_ended() -> None:
    scene = Scene(overlaps=False).settled()
    old = scene.latest

    scene.post.replace()
    scene.post.look()
    before = (len(scene.started), list(old.signals), scene.post.is_settled)
    old.die(0)
    scene.post.look()
    scene.settled()

    assert before == (1, [SIGTERM], False)
    assert len(scene.started) == 2


def test_who_does_not_end_is_killed(capsys: pytest.CaptureFixture[str]) -> None:
    scene = Scene().settled()
    scene.post.replace()
    scene.post.look()
    scene.latest.ready = True
    scene.post.look()

    scene.pass_s(END_WITHIN_S)
    scene.post.look()

    assert not scene.started[0].running
    assert scene.post.is_settled
    assert capsys.readouterr().err == "worker did not end within 5 s and was killed\n"


def test_settings_reach_whoever_is_there_and_stays_by_their_turn(capsys: pytest.CaptureFixture[str]) -> None:
    scene = Scene().settled()
    scene.post.replace()
    scene.post.look()

    scene.post.feed(lambda turn: b"settings %d" % turn)
    scene.started[0].replies = [{"reloaded": ""}, {"reloaded": "no room"}]
    scene.post.look()

    assert [child.lines for child in scene.started] == [[b"settings 0"], [b"settings 1"]]
    assert capsys.readouterr().err == "crossfade: worker goes on as before: no room\n"


def test_the_first_one_that_cannot_start_is_an_error() -> None:
    scene = Scene()
    scene.post.begin()
    scene.latest.fails = "worker did not start: port in use"

    with pytest.raises(UnavailableError, match="port in use"):
        scene.post.await_holder()


def test_at_the_end_everybody_is_asked_and_waited_for() -> None:
    scene = Scene().settled()
    scene.post.replace()
    scene.post.look()

    scene.post.dismiss()
    scene.post.end()

    assert [child.signals for child in scene.started] == [[SIGTERM]] * 2
    assert not any(child.running for child in scene.started)
