"""The words that proxy and parity share."""

from parity.exchange import Backend, Endpoint
from tests.parity.factories import exchange, observation


def test_each_backend_has_one_other() -> None:
    assert [backend.other.other for backend in Backend] == list(Backend)
    assert Backend.LEGACY.other is Backend.MODERN


def test_an_endpoint_is_named_by_method_and_template() -> None:
    endpoint = Endpoint("escrows", "GET", "/v1/escrows/{id}")

    assert endpoint.name == "GET /v1/escrows/{id}"
    assert endpoint.is_read
    assert not Endpoint("escrows", "POST", "/v1/escrows").is_read


def test_the_shadow_is_the_answer_of_the_backend_that_is_not_authoritative() -> None:
    mirrored = exchange(observation(status=200), observation(status=500), authoritative=Backend.MODERN)

    assert mirrored.shadow is mirrored.legacy
    assert mirrored.observation(Backend.MODERN).status == 500


def test_the_first_header_of_a_name_is_found() -> None:
    answer = observation(headers=(("vary", "Origin"), ("vary", "Accept")))

    assert (answer.header("vary"), answer.header("etag")) == ("Origin", None)
