"""What is proposed for an endpoint: copies or none, and what shows a write."""

import pytest

from cli.listed import Listed
from cli.proposals import propose
from parity.exchange import Endpoint


def mirrored(method: str, path: str) -> bool:
    (proposal,) = propose([Listed("x", method, path)])
    assert bool(proposal.why) or proposal.endpoint.mirrorable
    return proposal.endpoint.mirrorable


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/login"),
        ("POST", "/v1/auth/google"),
        ("POST", "/users/sign_in"),
        ("DELETE", "/users/sign-out"),
        ("POST", "/v1/sessions"),
        ("POST", "/oauth2/token"),
        ("POST", "/password-resets"),
        ("GET", "/v1/logout"),
        ("GET", "/oauth/callback"),
        ("GET", "/newsletter/unsubscribe"),
        ("GET", "/v1/orders/{id}/confirm"),
        ("GET", "/v1/verify-email"),
    ],
)
def test_what_signs_in_or_out_or_changes_something_by_get_gets_no_copies(method: str, path: str) -> None:
    assert not mirrored(method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/orders"),
        ("GET", "/v1/sessions"),
        ("GET", "/v1/auth/profile"),
        ("GET", "/v1/catalogue"),
        ("GET", "/v1/confirm/{token}"),
        ("GET", "/v1/blog/logins-explained"),
        ("POST", "/v1/orders/{id}/cancel"),
        ("PUT", "/v1/authors/{id}"),
    ],
)
def test_what_does_not_look_like_it_does(method: str, path: str) -> None:
    assert mirrored(method, path)


def test_a_write_says_which_read_shows_it() -> None:
    read, made, changed, sent = propose(
        [
            Listed("orders", "GET", "/orders/{id}"),
            Listed("orders", "POST", "/orders"),
            Listed("orders", "PUT", "/orders/{id}"),
            Listed("mail", "POST", "/mail"),
        ]
    )

    assert read.why == ()
    assert (made.endpoint.read_back, made.why) == ("", ("read back by GET /orders/{id}",))
    assert (changed.endpoint.read_back, changed.why) == ("", ("read back by GET /orders/{id}",))
    assert sent.endpoint == Endpoint("mail", "POST", "/mail", read_back="none")
    assert sent.why == ("not read back: no GET of its domain is at its path or above",)


@pytest.mark.parametrize(
    ("id_paths", "proposed"),
    [((), ""), (("$.data.id", "$.number"), ""), (("$.order.number", "$.order.key"), "$.order.number")],
)
def test_where_the_answer_names_the_id_is_proposed_if_the_default_would_not_find_it(
    id_paths: tuple[str, ...], proposed: str
) -> None:
    listed = [Listed("orders", "GET", "/orders/{id}"), Listed("orders", "POST", "/orders", id_paths)]

    assert propose(listed)[1].endpoint.read_back_id == proposed


def test_an_id_that_the_path_has_is_not_looked_for_in_the_answer() -> None:
    listed = [Listed("orders", "GET", "/orders/{id}"), Listed("orders", "PUT", "/orders/{id}", ("$.number",))]

    assert propose(listed)[1].endpoint == Endpoint("orders", "PUT", "/orders/{id}")


def test_what_was_given_is_kept() -> None:
    given = Listed(
        "a", "POST", "/login", given={"mirrorable": True, "read_back": "/x", "read_back_id": "$.n"}
    )

    (proposal,) = propose([given])

    assert proposal.endpoint == Endpoint("a", "POST", "/login", True, "/x", "$.n")
    assert proposal.why == ()
