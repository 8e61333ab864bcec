"""Without named boards, the mock boards are those that the vectors need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.core.board import BoardKind
from farm.core.verdicts import Reason
from farm.planning.mock_coverage import Plan, add_needed_mocks
from farm.planning.unrunnable import Unrunnable
from farm.planning.vectors import Vector
from tests.farm.running.driver_helpers import vector

N300 = mock_boards(KINDS["n300"], 2)


def plan_of(**needed: str) -> Plan:
    """A plan of vectors, each of which the kinds named for it can run."""

    def plan(kinds: Iterable[BoardKind]) -> list[Vector]:
        available = {kind.name for kind in kinds}
        vectors = []
        for name, able in needed.items():
            serving = set(able.split()) & available
            none = None if serving else Unrunnable(Reason.UNSATISFIABLE, "no board opens so")
            vectors.append(replace(vector(name, kinds=sorted(serving)), unrunnable=none))
        return vectors

    return plan


def kinds_for(**needed: str) -> list[str]:
    boards, vectors = add_needed_mocks(N300, plan_of(**needed))
    assert [each.id for each in vectors] == list(needed)
    return [board.kind.name for board in boards]


def test_boards_that_serve_all_vectors_stay_alone() -> None:
    assert kinds_for(a="n150 n300", b="n300 t3000") == ["n300", "n300"]


def test_the_kind_that_serves_most_is_added_once_and_the_smallest_of_equals() -> None:
    assert kinds_for(a="t3000 galaxy", b="t3000 galaxy", c="n300") == ["n300", "n300", "t3000"]
    assert kinds_for(a="t3000 galaxy", b="galaxy") == ["n300", "n300", "galaxy"]
    assert kinds_for(a="galaxy", b="p150 p300") == ["n300", "n300", "p150", "galaxy"]


def test_a_vector_that_no_kind_serves_adds_no_board() -> None:
    assert kinds_for(a="", b="n300") == ["n300", "n300"]


def test_the_boards_that_are_added_are_opened_like_the_others() -> None:
    first = replace(N300[0], python="/somewhere/python", environment={**N300[0].environment, "A": "1"})
    [_, added], _ = add_needed_mocks([first], plan_of(a="p150"))
    [plain] = mock_boards(KINDS["p150"], 1)
    assert added == replace(plain, python="/somewhere/python", environment={**plain.environment, "A": "1"})
