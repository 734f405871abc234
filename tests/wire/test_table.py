"""Every line of wire.md as bytes on sockets, on both sides of the proxy."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from proxy.stages import Stage
from tests.wire import cases_body, cases_change, cases_pass, cases_refuse
from tests.wire.case import Case, Rule
from tests.wire.run import Wired, in_pieces, plain, play, problems, wired

CASES = [*cases_pass.CASES, *cases_change.CASES, *cases_refuse.CASES, *cases_body.CASES]
SPLITTABLE = [
    case for case in CASES if (sent := plain(case)) is not None and len(sent) < 400 and len(case.sends) == 1
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def on(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wired]:
    """One proxy for all cases, at a stage that mirrors, which changes no byte on the wire.

    Each case has connections of its own, and the backend forgets between them.
    """
    async with wired(tmp_path_factory.mktemp("table"), stage=Stage.SHADOW) as running:
        yield running


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_the_wire_is_as_the_rule_says(on: Wired, case: Case) -> None:
    played = await play(case, on)

    assert problems(case, played) == []


@pytest.mark.asyncio(loop_scope="module")
async def test_it_makes_no_difference_how_the_bytes_are_split(on: Wired) -> None:
    found = {
        str(case): found
        for case in SPLITTABLE
        if (found := problems(case, await play(in_pieces(case, 7), on)))
    }

    assert found == {}


def test_every_rule_has_its_cases_and_every_case_its_own_name() -> None:
    rules = Counter(case.rule for case in CASES)
    names = Counter(str(case) for case in CASES)

    assert set(rules) == set(Rule)
    assert [name for name, count in names.items() if count > 1] == []
