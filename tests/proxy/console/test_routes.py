"""The list of endpoints."""

import re

import msgspec

from proxy.console.api import Api
from proxy.console.operator_api import OperatorApi
from proxy.console.routes import ROUTES
from proxy.console.tokens import Role


def test_each_has_a_method_of_the_api_a_name_of_its_own_and_a_struct_to_answer() -> None:
    names = [route.name for route in ROUTES]

    assert len(set(names)) == len(names)
    apis = (Api, OperatorApi)
    assert [name for name in names if not any(callable(getattr(api, name, None)) for api in apis)] == []
    assert all(issubclass(route.answer, msgspec.Struct) for route in ROUTES)


def test_whatever_changes_wants_an_operator_at_least_and_says_what_it_takes() -> None:
    changing = [route for route in ROUTES if route.changes]

    assert len(changing) == 18
    assert all(route.role.may(Role.OPERATOR) and route.body is not None for route in changing)
    assert all(re.fullmatch(r"(/[a-z]+|/\{[a-z]+\})+", route.path) for route in ROUTES)
