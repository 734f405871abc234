"""The endpoints of an operator's commands."""

from proxy.console.operator_api import OperatorApi
from proxy.console.operator_routes import OPERATOR_ROUTES
from proxy.console.routes import ROUTES
from proxy.console.tokens import Role


def test_each_has_a_method_that_answers_it_and_is_in_the_list_of_all() -> None:
    assert [one.name for one in OPERATOR_ROUTES if not callable(getattr(OperatorApi, one.name, None))] == []
    assert set(OPERATOR_ROUTES) <= set(ROUTES)


def test_whoever_may_look_reads_and_an_operator_changes() -> None:
    roles = {
        one.changes: {other.role for other in OPERATOR_ROUTES if other.changes is one.changes}
        for one in ROUTES
    }

    assert roles == {False: {Role.VIEWER}, True: {Role.OPERATOR}}
