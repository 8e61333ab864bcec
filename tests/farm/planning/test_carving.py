"""The parts of a box that a run uses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.board.backends.fake import Fake
from farm.board.kinds import KINDS
from farm.board.parts import Part, partitions
from farm.board.selection import select_boards
from farm.core.board import Board
from farm.planning.carving import Demand, chosen_boards, shares_any

BOXES = [kind for kind in KINDS.values() if kind.box]
BOARDS = {box.name: select_boards(f"fake:{box.name}/auto") for box in BOXES}


def needing(box: str, mesh: tuple[int, int], seconds: float = 1.0) -> Demand:
    """Vectors that run wherever a mesh opens."""
    return Demand(frozenset(board.kind.name for board in BOARDS[box] if mesh in board.kind.meshes), seconds)


def names(boards: list[Board]) -> list[str]:
    return [board.id.removeprefix("fake:") for board in boards]


@pytest.mark.parametrize(
    ("demands", "chosen"),
    [
        ([((1, 4), 1.0)], ["t3000/1x4:0", "t3000/1x4:1"]),
        ([((4, 1), 1.0)], ["t3000/1x4:0", "t3000/1x4:1"]),
        ([((1, 1), 1.0)], [f"t3000/n300:{number}" for number in range(4)]),
        ([((2, 4), 1.0)], ["t3000:0"]),
        ([((1, 4), 1.0), ((2, 4), 9.0)], ["t3000/1x4:0", "t3000/1x4:1", "t3000:0"]),
        ([((1, 4), 5.0), ((1, 2), 5.0)], ["t3000/1x4:0", "t3000/n300:2", "t3000/n300:3"]),
        ([((1, 4), 99.0), ((1, 2), 1.0)], ["t3000/1x4:0", "t3000/n300:2", "t3000/n300:3"]),
        ([((2, 2), 1.0), ((1, 2), 1.0)], ["t3000/2x2:0", "t3000/n300:1", "t3000/n300:3"]),
        ([], ["t3000:0"]),
    ],
)
def test_a_box_is_split_by_what_is_needed(demands: list[tuple[tuple[int, int], float]], chosen: list[str]) -> None:
    assert names(chosen_boards(BOARDS["t3000"], [needing("t3000", *each) for each in demands])) == chosen


def test_parts_are_as_many_as_their_share_of_the_time() -> None:
    boards = chosen_boards(BOARDS["galaxy"], [needing("galaxy", (2, 4), 30.0), needing("galaxy", (1, 1), 10.0)])
    kinds = [board.kind.name for board in boards]
    assert (kinds.count("galaxy/tray"), kinds.count("galaxy/1x1")) == (3, 8)


@given(st.data())
def test_parts_never_share_chips_and_serve_all_that_the_box_does(data: st.DataObject) -> None:
    box = data.draw(st.sampled_from(BOXES))
    meshes = data.draw(st.lists(st.sampled_from(box.meshes), unique=True, max_size=4))
    demands = [needing(box.name, mesh, data.draw(st.floats(0.0, 1e4))) for mesh in meshes]
    boards = chosen_boards(BOARDS[box.name], demands)
    parts = [board for board in boards if board.box]
    assert not shares_any(parts)
    assert {chip for part in parts for chip in part.chips} <= {*BOARDS[box.name][0].chips}
    assert all(any(board.kind.name in demand.kinds for board in boards) for demand in demands)
    assert boards == chosen_boards(BOARDS[box.name], demands), "the same each time"
    assert not parts or boards[: len(parts)] == parts, "the box comes after its parts"


def test_several_boxes_are_split_each_by_itself() -> None:
    boards = [*select_boards("fake:t3000/auto*2"), *select_boards("fake:n300")]
    chosen = chosen_boards(boards, [needing("t3000", (1, 4)), Demand(frozenset({"n300"}), 1.0)])
    assert len(chosen) == len({board.id for board in chosen})
    assert not shares_any(chosen)
    assert sum(board.kind.name == "t3000/1x4" for board in chosen) == 2
    assert names(chosen)[-1] == "n300:0"


def test_boards_without_common_chips_stay_as_they_are() -> None:
    box = KINDS["t3000"]
    way = partitions(box)[0]
    boards = Fake().boards(way.kind, part=Part(box, way))
    assert not shares_any(boards)
    assert chosen_boards(boards, []) == boards
