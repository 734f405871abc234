"""What is proposed for the endpoints that were found: which never get a copy, and what shows a write."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from msgspec.structs import replace

from cli.listed import Listed
from parity.exchange import NO_READ_BACK, SAFE_METHODS, Endpoint
from proxy.read_backs import ReadBacks


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SIGN_IN_OUT = _set("login logout logoff signin signout signup signoff refresh oauth oauth2 sso saml oidc")
_OF_WRITES = _SIGN_IN_OUT | _set(
    "auth register registration session sessions token tokens otp mfa 2fa password passwords"
)
"""A POST to `/sessions` signs in; a GET of it lists them."""
_PAIRS = frozenset({("sign", "in"), ("sign", "out"), ("sign", "up"), ("log", "in"), ("log", "out")})
_VERBS = _set(
    """
    activate approve callback cancel checkout confirm create delete disable enable logout remove reset revoke run send
    start stop subscribe sync trigger unsubscribe update verify
    """
)
_WORD = re.compile(r"[a-z]+|\d[a-z]+")


@dataclass(frozen=True, slots=True)
class Proposal:
    """An endpoint with what was decided for it; `why` are the sentences that say so."""

    endpoint: Endpoint
    why: tuple[str, ...] = ()


def propose(listed: Sequence[Listed]) -> list[Proposal]:
    """One proposal for each, in their order; what was given is kept."""
    mirrored = [_mirrorable(one) for one in listed]
    plain = [endpoint for endpoint, _ in mirrored]
    read_backs = ReadBacks(plain)
    proposals = []
    for one, (endpoint, why) in zip(listed, mirrored, strict=True):
        if endpoint.is_read or not endpoint.mirrorable or endpoint.read_back or endpoint.read_back_id:
            proposals.append(Proposal(endpoint, why))
        else:
            proposals.append(_with_read_back(one, endpoint, read_backs))
    return proposals


def _mirrorable(one: Listed) -> tuple[Endpoint, tuple[str, ...]]:
    why: tuple[str, ...] = ()
    given = {"mirrorable": True, **one.given}
    if "mirrorable" not in one.given:
        if word := _signs_in_or_out(one):
            given["mirrorable"] = False
            why = (f"no copies: {word!r} in the path looks like signing in, out or refreshing",)
        elif one.method == "GET" and (verb := _verb_at_end(one.path)):
            given["mirrorable"] = False
            why = (f"no copies: a GET that ends in {verb!r} looks as if it changes something",)
    return Endpoint(one.domain, one.method, one.path, **given), why


def _with_read_back(one: Listed, endpoint: Endpoint, read_backs: ReadBacks) -> Proposal:
    read_back = read_backs.of(endpoint.name)
    if read_back is None:
        why = "not read back: no GET of its domain is at its path or above"
        return Proposal(replace(endpoint, read_back=NO_READ_BACK), (why,))
    shown = f"read back by {read_back.read.name}"
    if not read_back.wants_answer or not one.id_paths or set(one.id_paths) & set(read_back.id_paths):
        return Proposal(endpoint, (shown,))
    path = one.id_paths[0]
    chosen = replace(endpoint, read_back_id=path)
    return Proposal(chosen, (f"{shown}, whose id its answer has at {path}, by the document",))


def _signs_in_or_out(one: Listed) -> str:
    telling = _SIGN_IN_OUT if one.method in SAFE_METHODS else _OF_WRITES
    for segment in _literals(one.path):
        words = _WORD.findall(segment)
        if set(words) & telling or set(pairwise(words)) & _PAIRS:
            return segment
    return ""


def _verb_at_end(path: str) -> str:
    literals = _literals(path)
    last = path.rstrip("/").rpartition("/")[2].lower()
    if not literals or literals[-1] != last:
        return ""
    words = _WORD.findall(last)
    return last if words and words[0] in _VERBS else ""


def _literals(path: str) -> list[str]:
    return [part.lower() for part in path.split("/") if part and not part.startswith("{")]
