"""Business rules, which are checked after the shape of a body; every broken one is named in the answer."""

from legacy_bridge.errors import Refusal


class Violations:
    """The broken rules of one body, in the order in which they were found."""

    def __init__(self) -> None:
        self._found: list[dict[str, str]] = []

    def add(self, field: str, message: str, rule: str) -> None:
        """Note a broken rule."""
        self._found.append({"field": field, "message": message, "rule": rule})

    def refuse(self) -> None:
        """Raise the refusal that names them all, if there is any."""
        if self._found:
            message = "Business rule validation failed"
            raise Refusal(400, "BUSINESS_RULE_VIOLATION", message, violations=self._found)
