"""What a library would bring along for uses that this process has not is not imported."""

import sys

import pytest

from cli.without import without


def test_a_package_is_absent_meanwhile_and_can_be_imported_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)

    with without("colorsys"), pytest.raises(ModuleNotFoundError):
        import colorsys
    import colorsys

    assert colorsys.rgb_to_hsv(0, 0, 0) == (0, 0, 0)


def test_one_that_is_imported_already_stays() -> None:
    before = sys.modules["json"]

    with without("json"):
        import json

        assert json is before
    assert sys.modules["json"] is before


def test_they_can_be_imported_again_when_an_import_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)

    with pytest.raises(OSError, match="a bad disk"), without("colorsys"):
        raise OSError("a bad disk")

    assert "colorsys" not in sys.modules
