"""The kinds of mutations."""

from parity.edits import MutationKind
from parity.mutations import mutations_of
from tests.parity.factories import observation


def test_an_answer_that_holds_everything_is_mutated_in_every_kind() -> None:
    whole = observation({"rows": [{"id": 1}, {"id": 2}], "at": "2026-01-01T00:00:00Z", "none": None})

    kinds = {mutation.kind for mutation in mutations_of(whole, "seed")}

    assert kinds == set(MutationKind)
