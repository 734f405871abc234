"""Templates become pages: everything is escaped, and a name that a template does not know is an error."""

from collections.abc import Mapping
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from proxy.console.page_words import FILTERS
from proxy.console.static_files import StaticFiles
from proxy.console.tokens import Role


class Rendering:
    """The templates of the console, beside those of the report, whose cards it shows."""

    def __init__(self, static: StaticFiles) -> None:
        self._templates = Environment(
            loader=ChoiceLoader([PackageLoader("proxy.console"), PackageLoader("parity")]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(FILTERS)
        self._templates.globals.update(static=static.address, operator=Role.OPERATOR, admin=Role.ADMIN)

    def page(self, template: str, values: Mapping[str, Any]) -> str:
        """The page."""
        return self._templates.get_template(template).render(values)
