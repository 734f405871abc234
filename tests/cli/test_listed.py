"""What an endpoint of a document is called, and which cannot be one."""

import pytest

from cli.listed import LeftOut, Listed, domain_name, domain_of, once_each, problem_of
from cli.sections import EndpointRow


@pytest.mark.parametrize(
    ("path", "tag", "domain"),
    [
        ("/v1/orders/{id}", "", "orders"),
        ("/api/v2.1/purchaseOrders", "", "purchase-orders"),
        ("/v1/orders", "Purchase Orders", "purchase-orders"),
        ("/v1/orders", "注文", "orders"),
        ("/{tenant}/v1/orders", "", "orders"),
        ("/2024/3d-models", "", "d-models"),
        ("/{any}", "", "api"),
        ("/", "", "api"),
    ],
)
def test_the_domain_is_the_tag_or_the_first_segment_that_says_something(
    path: str, tag: str, domain: str
) -> None:
    assert domain_of(path, tag) == domain
    assert EndpointRow(domain=domain, method="GET", path=path).domain == domain


def test_a_domain_has_a_bounded_name() -> None:
    assert domain_name("A" * 500) == "a" * 60
    assert domain_name("-- 1 --") == ""


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/v1/orders/{id}", ""),
        ("/v1/orders/{id}/items/{item-id}", ""),
        ("v1/orders", "the path does not begin with a slash"),
        ("/v1/orders?x=1", "the path has a query or fragment"),
        ("/v1/orders/{id}.pdf", "the parameter is only a part of the segment '{id}.pdf'"),
        ("/v1/orders/{a}{b}", "the parameter is only a part of the segment '{a}{b}'"),
        ("/v1/orders/{id", "the parameter is only a part of the segment '{id'"),
    ],
)
def test_a_parameter_takes_a_whole_segment(path: str, problem: str) -> None:
    assert problem_of(path) == problem


def test_what_a_request_could_not_tell_apart_is_there_once() -> None:
    first, same = Listed("orders", "GET", "/v1/orders/{id}"), Listed("orders", "GET", "/v1/orders/{order}")
    other = Listed("orders", "PUT", "/v1/orders/{order}")

    found = once_each([first, same, other])

    assert found.listed == (first, other)
    assert found.left_out == (LeftOut("GET /v1/orders/{order}", "the same as GET /v1/orders/{id}"),)
