"""The signature that tells a copy."""

import hashlib
import hmac

import pytest

from domains.shared.shadow import Copy, copy_of, proof_of, within_s

SECRET, NOW = "secret", 1_800_000_000


def signature(
    at: int = NOW, *, method: str = "GET", target: str = "/a?b=%2F", body: bytes = b"", key: str = SECRET
) -> str:
    text = f"{method}\n{target}\n{at}\n{hashlib.sha256(body).hexdigest()}"
    return f"t={at},v1={hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()}"


def judged(mark: str | None, value: str | None, *, secret: str = SECRET, body: bytes = b"") -> Copy | None:
    return copy_of(mark, value, method="GET", target="/a?b=%2F", body=body, secret=secret, now_s=NOW + 0.5)


def test_a_signed_mark_is_a_copy() -> None:
    assert judged("read", signature())
    assert judged("read", signature(body=b"x"), body=b"x")
    assert judged("read", signature(NOW - 299)) is Copy.READ
    assert judged("rehearse", signature()) is Copy.REHEARSE


@pytest.mark.parametrize(
    ("mark", "value"),
    [
        (None, signature()),
        ("write", signature()),
        ("read", None),
        ("read", ""),
        ("read", "t=1,v1=zz"),
        ("read", signature(NOW - 301)),
        ("read", signature(NOW + 302)),
        ("read", signature(method="PUT")),
        ("read", signature(target="/a?b=/")),
        ("read", signature(body=b"x")),
        ("read", signature(key="guess")),
    ],
)
def test_anything_else_is_not(mark: str | None, value: str | None) -> None:
    assert judged(mark, value) is None


def test_without_a_secret_nothing_is_a_copy() -> None:
    assert not judged("read", signature(key=""), secret="")


def test_the_proof_is_of_the_question_and_of_the_secret() -> None:
    proof = hmac.new(b"secret", b"rehearses\nt=1,v1=aa", hashlib.sha256).hexdigest()

    assert proof_of("t=1,v1=aa", SECRET) == proof
    assert len({proof, proof_of("t=2,v1=aa", SECRET), proof_of("t=1,v1=aa", "guess")}) == 3


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0.15", 0.15), (None, 5.0), ("", 5.0), ("soon", 5.0), ("60", 5.0), ("-1", 0.0), ("nan", 0.0)],
)
def test_a_rehearsal_has_the_time_that_it_says_within_a_bound(text: str | None, seconds: float) -> None:
    assert within_s(text) == seconds
