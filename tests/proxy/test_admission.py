"""What a request carries through its life."""

import random
from dataclasses import replace

import pytest

from parity.exchange import Backend
from proxy.admission import Admission
from proxy.headers import Peer
from proxy.settings import EndpointBounds
from proxy.stages import Stage
from tests.proxy.rig import QUICK_FORWARD
from tests.proxy.wire.fakes import head_of
from tests.proxy.wire.rig import RecordingEdge, settings_of


def admitted(stage: Stage, method: str = "GET", *fields: str) -> Admission:
    edge = RecordingEdge(settings_of(), stage=stage)
    edge._random = random.Random(1)
    admission = edge.admit(head_of(method, "/v1/escrows", *fields), Peer("192.0.2.9", "http", trusted=False))
    assert isinstance(admission, Admission)
    return admission


def test_modern_is_told_which_writes_it_must_have_seen_and_legacy_is_not() -> None:
    admission = admitted(Stage.SHADOW)

    legacy, modern = (admission.head_for(backend) for backend in Backend)

    stamp = b"X-Crossfade-Writes: %b\r\n" % admission.stamp.encode()
    assert admission.stamp
    assert legacy.startswith(b"GET /v1/escrows HTTP/1.1\r\nHost: crm.example.test\r\n")
    assert b"X-Crossfade" not in legacy
    assert modern == legacy[:-2] + stamp + b"\r\n"


def test_without_modern_there_is_no_stamp() -> None:
    admission = admitted(Stage.OFF)

    assert admission.stamp == ""
    assert admission.head_for(Backend.MODERN) == admission.head_for(Backend.LEGACY)


def test_a_head_is_one_block_that_ends_with_its_empty_line() -> None:
    head = admitted(Stage.LIVE, "POST", "Content-Length: 2").head_for(Backend.MODERN)

    assert head.index(b"\r\n\r\n") == len(head) - 4
    assert head.replace(b"\r\n", b"").count(b"\n") == 0


@pytest.mark.parametrize(
    ("stage", "method", "fields", "falls_back"),
    [
        (Stage.LIVE, "GET", (), True),
        (Stage.LIVE, "POST", (), True),
        (Stage.COMPLETE, "POST", (), False),
        (Stage.SHADOW, "POST", (), False),
        (Stage.LIVE, "GET", ("Connection: Upgrade", "Upgrade: websocket"), False),
        (Stage.COMPLETE, "GET", (), False),
        (Stage.SHADOW, "GET", (), False),
        (Stage.OFF, "GET", (), False),
    ],
)
def test_only_what_legacy_could_answer_falls_back(
    stage: Stage, method: str, fields: tuple[str, ...], *, falls_back: bool
) -> None:
    assert admitted(stage, method, *fields).can_fall_back is falls_back


def test_a_way_says_its_stage() -> None:
    assert admitted(Stage.LIVE).way.stage == "live"


@pytest.mark.parametrize(
    ("stage", "everywhere", "here", "falls_back"),
    [
        (Stage.LIVE, True, None, True),
        (Stage.CANARY, True, None, True),
        (Stage.LIVE, True, False, False),
        (Stage.LIVE, False, None, False),
        (Stage.LIVE, False, True, True),
        (Stage.COMPLETE, True, True, False),
        (Stage.SHADOW, True, True, False),
    ],
)
def test_what_falls_back_is_said_for_all_and_for_an_endpoint_as_long_as_legacy_is_there(
    stage: Stage, *, everywhere: bool, here: bool | None, falls_back: bool
) -> None:
    settings = settings_of(
        forward=replace(QUICK_FORWARD, fallback=everywhere),
        bounds={"GET /v1/escrows": EndpointBounds(fallback=here)},
    )
    edge = RecordingEdge(settings, stage=stage, canary_share=1.0)

    admission = edge.admit(head_of("GET", "/v1/escrows"), Peer("192.0.2.9", "http", trusted=False))

    assert isinstance(admission, Admission)
    assert admission.can_fall_back is falls_back
