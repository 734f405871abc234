"""An endpoint as data."""

from dataclasses import FrozenInstanceError

import pytest

from domains.routes import ROUTES


def test_a_route_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        ROUTES[0].path = "/elsewhere"  # type: ignore[misc]  # that it is refused is the point
