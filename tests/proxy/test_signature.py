"""The signature of a copy, as INTERFACES and the backends have it."""

import hashlib
import hmac

from proxy.signature import shadow_headers, sign


def test_the_signature_covers_method_target_time_and_body() -> None:
    text = f"GET\n/v1/escrows?a=%2F\n1700000000\n{hashlib.sha256(b'body').hexdigest()}"
    expected = hmac.new(b"secret", text.encode(), hashlib.sha256).hexdigest()

    assert (
        sign(b"secret", "GET", "/v1/escrows?a=%2F", b"body", 1_700_000_000) == f"t=1700000000,v1={expected}"
    )


def test_every_part_changes_the_signature() -> None:
    signatures = {
        sign(b"secret", "GET", "/", b"", 1),
        sign(b"other", "GET", "/", b"", 1),
        sign(b"secret", "PUT", "/", b"", 1),
        sign(b"secret", "GET", "/x", b"", 1),
        sign(b"secret", "GET", "/", b"x", 1),
        sign(b"secret", "GET", "/", b"", 2),
    }

    assert len(signatures) == 6


def test_without_a_secret_a_copy_says_what_it_is_unsigned() -> None:
    assert shadow_headers(b"", "GET", "/", b"", 1) == [("X-Crossfade-Shadow", "read")]
    assert [name for name, _ in shadow_headers(b"s", "GET", "/", b"", 1)] == [
        "X-Crossfade-Shadow",
        "X-Crossfade-Signature",
    ]
