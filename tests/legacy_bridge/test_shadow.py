"""The signature that makes a request a copy."""

import time
from collections.abc import Mapping

import pytest

from legacy_bridge.shadow import is_copy
from tests.legacy_bridge.support import SHADOW_SECRET, signed

TARGET = "/v1/escrows?limit=1"


def _is_copy(
    headers: Mapping[str, str], *, target: str = TARGET, body: bytes = b"", secret: str = SHADOW_SECRET
) -> bool:
    return is_copy(headers, "GET", target, body, secret=secret, now_s=time.time())


def test_a_signed_request_is_a_copy() -> None:
    assert _is_copy(signed(TARGET))
    assert _is_copy(signed(TARGET, body=b"{}"), body=b"{}")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Crossfade-Shadow": "read"},
        {"X-Crossfade-Shadow": "read", "X-Crossfade-Signature": "t=1,v1=00"},
        signed(TARGET) | {"X-Crossfade-Shadow": "rehearse"},
        signed(TARGET) | {"X-Crossfade-Signature": "t=" + "9" * 4000 + ",v1=" + "0" * 64},
        signed(TARGET, secret="another"),
        signed(TARGET, method="PUT"),
        signed("/v1/escrows"),
        signed(TARGET, body=b"{}"),
    ],
)
def test_any_other_request_is_not(headers: dict[str, str]) -> None:
    assert not _is_copy(headers)


def test_a_signature_holds_for_five_minutes() -> None:
    assert _is_copy(signed(TARGET, age_s=290))
    assert not _is_copy(signed(TARGET, age_s=310))
    assert not _is_copy(signed(TARGET, age_s=-310))


def test_without_a_secret_no_request_is_a_copy() -> None:
    assert not _is_copy(signed(TARGET, secret=""), secret="")
