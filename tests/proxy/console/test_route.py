"""What an endpoint of the API is."""

from proxy.console.answers import Flags
from proxy.console.route import Route
from proxy.console.tokens import Role


def test_whatever_is_not_only_read_may_change_something() -> None:
    made = [Route(method, "/a", "a", Role.VIEWER, "A", Flags) for method in ("GET", "HEAD", "POST", "DELETE")]

    assert [route.method for route in made if route.changes] == ["POST", "DELETE"]
