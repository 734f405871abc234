"""Templates become pages."""

import pytest
from jinja2 import UndefinedError

from proxy.console.errors import NotFoundError
from proxy.console.rendering import Rendering
from proxy.console.static_files import StaticFiles

VALUES = {"refusal": NotFoundError("<script>alert(1)</script>"), "notice": None, "caller": None}


def test_everything_is_escaped() -> None:
    text = Rendering(StaticFiles()).page("refusal.html.j2", VALUES)

    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_a_name_that_is_not_known_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        Rendering(StaticFiles()).page("refusal.html.j2", VALUES | {"refusal": None})


def test_no_template_has_a_style_or_a_script_of_its_own() -> None:
    rendering = Rendering(StaticFiles())
    environment = rendering._templates
    assert environment.loader is not None
    names = [
        name for name in environment.list_templates() if name.endswith(".j2") and "report.html" not in name
    ]

    sources = {name: environment.loader.get_source(environment, name)[0] for name in names}

    assert len(sources) > 10
    for source in sources.values():
        assert " style=" not in source
        assert "<style" not in source
        assert " on" + "click=" not in source
        assert "|safe" not in source
