"""Without named boards, the mock boards are those that the vectors need."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.core.board import BoardKind
from farm.core.traced_opening import TracedOpening
from farm.core.verdicts import Reason
from farm.planning.mock_coverage import Plan, add_needed_mocks
from farm.planning.unrunnable import Unrunnable
from farm.planning.vectors import Vector
from tests.farm.running.driver_helpers import vector
from tracer.device_config import DeviceConfig

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


def test_of_kinds_that_serve_as_many_the_one_that_was_traced_on_is_added() -> None:
    plan = plan_of(a="n150 p100 p150 p300")

    def traced(kinds: Iterable[BoardKind]) -> list[Vector]:
        return [replace(each, openings=(TracedOpening(DeviceConfig(), "p150b"),)) for each in plan(kinds)]

    assert [board.kind.name for board in add_needed_mocks(N300, plan)[0]] == ["n300", "n300", "n150"]
    assert [board.kind.name for board in add_needed_mocks(N300, traced)[0]] == ["n300", "n300", "p150"]


def test_the_same_kinds_are_added_each_time() -> None:
    code = """if True:
        from farm.core.sweep_spec import SweepSpec
        from farm.planning.sweep_plan import plan_sweep

        planned = plan_sweep(SweepSpec.of(["linear"], suite="model_traced"))
        print([(board.id, board.kind.name) for board in planned.boards])
    """
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in "1234"
    }
    assert len(runs) == 1
    assert "mock:p150" in runs.pop()


def test_a_vector_that_no_kind_serves_adds_no_board() -> None:
    assert kinds_for(a="", b="n300") == ["n300", "n300"]


def test_the_boards_that_are_added_are_opened_like_the_others() -> None:
    first = replace(N300[0], python="/somewhere/python", environment={**N300[0].environment, "A": "1"})
    [_, added], _ = add_needed_mocks([first], plan_of(a="p150"))
    [plain] = mock_boards(KINDS["p150"], 1)
    assert added == replace(plain, python="/somewhere/python", environment={**plain.environment, "A": "1"})
