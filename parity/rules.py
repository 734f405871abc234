"""How paths are compared, and which differences people have accepted: the rule book.

Rules of one endpoint win over those of a glob over endpoints, and these over those of a group. Among equals the
last in the book that holds decides. What stands in a file is said in docs/rules.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from parity.outcome import Acceptance, Difference
from parity.paths import PathGlob, Steps, TextGlob, path_glob
from parity.rule import Compare, Rule
from parity.rule_files import read_rules
from parity.rule_tree import NO_RULES, RuleTree
from parity.value_shapes import takes_shapes

__all__ = ["Compare", "EndpointRules", "Rule", "RuleBook"]


@dataclass(frozen=True, slots=True)
class EndpointRules:
    """What the book says about one endpoint, compiled. `headers` are those that a rule names."""

    tree: RuleTree = NO_RULES
    acceptances: tuple[tuple[PathGlob, Acceptance], ...] = ()
    headers: tuple[str, ...] = ()

    def rule_at(self, steps: Steps) -> Rule | None:
        """The rule that compares the value at this path, which may stand at a path above it."""
        return self.tree.at(steps).value

    def list_rule_at(self, steps: Steps) -> Rule | None:
        """The rule that compares the list at this path by its items."""
        return self.tree.at(steps).items

    def compare_at(self, steps: Steps) -> Compare:
        """How the value at this path is compared."""
        rule = self.rule_at(steps)
        return Compare.VALUE if rule is None else rule.compare

    def acceptance_of(
        self, difference: Difference, statuses: tuple[int, int], today: date
    ) -> Acceptance | None:
        """The acceptance of this difference in an exchange with these (legacy, modern) statuses."""
        for glob, acceptance in self.acceptances:
            if (
                today <= acceptance.expires
                and acceptance.kind in (None, difference.kind)
                and acceptance.legacy_status in (None, statuses[0])
                and acceptance.modern_status in (None, statuses[1])
                and glob.matches(difference.steps)
                and takes_shapes(acceptance.shapes, difference)
            ):
                return acceptance
        return None


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules and acceptances; immutable, but for what it keeps: the compiled views, and the book for two runs."""

    rules: tuple[Rule, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()
    recording: bool = False
    _views: dict[str, EndpointRules] = field(default_factory=dict, init=False, repr=False, compare=False)
    _of_two_runs: list["RuleBook"] = field(default_factory=list, init=False, repr=False, compare=False)

    @classmethod
    def load(cls, paths: Iterable[Path], endpoints: Iterable[str] | None = None) -> "RuleBook":
        """Read rules files; raises RulesError with every fault of every file.

        With the names of the endpoints that there are, a row that holds for none of them is a fault too.
        """
        rules, acceptances = read_rules(paths, endpoints)
        return cls(tuple(rules), tuple(acceptances))

    def for_recording(self) -> "RuleBook":
        """The book for comparing answers of two runs, where created ids and times differ; the same each time."""
        if self.recording:
            return self
        if not self._of_two_runs:
            self._of_two_runs.append(replace(self, recording=True))
        return self._of_two_runs[0]

    def with_rules(self, extra: Iterable[Rule]) -> "RuleBook":
        """The book with more rules, which are stronger than those of the same rank that it has."""
        return replace(self, rules=(*self.rules, *extra))

    def with_acceptances(self, extra: Iterable[Acceptance]) -> "RuleBook":
        """The book with more accepted differences."""
        return replace(self, acceptances=(*self.acceptances, *extra))

    def rules_of(self, endpoint: str) -> list[Rule]:
        """The rules that hold for the endpoint of that name, the strongest last."""
        held = [
            rule
            for rule in self.rules
            if (self.recording or not rule.recording_only) and TextGlob.of(rule.endpoint).matches(endpoint)
        ]
        return sorted(held, key=lambda rule: rule.rank)

    def for_endpoint(self, endpoint: str) -> EndpointRules:
        """What the book says about the endpoint of that name; raises ParityError for a broken path."""
        view = self._views.get(endpoint)
        if view is None:
            compiled = [(path_glob(rule.path), rule) for rule in self.rules_of(endpoint)]
            view = EndpointRules(
                RuleTree(compiled) if compiled else NO_RULES,
                tuple(
                    (path_glob(acceptance.path), acceptance)
                    for acceptance in self.acceptances
                    if TextGlob.of(acceptance.endpoint).matches(endpoint)
                ),
                _named_headers(glob for glob, _ in compiled),
            )
            self._views[endpoint] = view
        return view


def _named_headers(globs: Iterable[PathGlob]) -> tuple[str, ...]:
    roots = (glob.steps[0] for glob in globs)
    named = {
        root.removeprefix("header:") for root in roots if isinstance(root, str) and root.startswith("header:")
    }
    return tuple(sorted(named))
