"""Boards of a run that share chips take turns."""

from __future__ import annotations

from farm.board.selection import select_boards
from farm.core.verdicts import Verdict
from farm.running.chip_turns import ChipTurns
from farm.store import Store
from tests.farm.local_fleet import LocalFleet
from tests.farm.running.driver_helpers import run, vector, verdicts
from tracer.device_config import DeviceConfig

BOX = select_boards("fake:t3000")[0]
ROWS = select_boards("fake:t3000/1x4")
ROW, WHOLE = DeviceConfig((1, 4)), DeviceConfig((2, 4))


def test_a_box_waits_for_all_of_its_parts() -> None:
    turns = ChipTurns()
    assert [turns.begin(board) for board in (*ROWS, BOX)] == [True, True, False]
    busy = {ROWS[1].id}
    assert turns.finished(lambda board: board not in busy) == []
    assert turns.finished(lambda _board: True) == ROWS
    assert turns.end(ROWS[0].id) == []
    assert turns.end(ROWS[1].id) == [BOX]
    assert turns.finished(lambda _board: True) == [], "nothing waits for the box"


def test_parts_that_come_later_wait_for_those_before_them() -> None:
    turns = ChipTurns()
    cards = select_boards("fake:t3000/n300")
    assert turns.begin(ROWS[0])
    assert not turns.begin(BOX)
    assert not turns.begin(cards[3]), "it would keep the box waiting"
    assert turns.end(ROWS[0].id) == [BOX]
    assert turns.end(BOX.id) == [cards[3]]


class _Watched(LocalFleet):
    """A fleet that notes which boards are started at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now: set[str] = set()
        self.together: list[frozenset[str]] = []

    def start(self, board):  # type: ignore[no-untyped-def]
        self.now.add(board.id)
        self.together.append(frozenset(self.now))
        super().start(board)

    def drop(self, board: str) -> None:
        self.now.discard(board)
        super().drop(board)


def test_vectors_that_need_the_box_run_after_those_of_its_parts(store: Store) -> None:
    rows = [vector(f"row{number}", ROW, ("t3000/1x4", "t3000")) for number in range(4)]
    whole = [vector(f"whole{number}", WHOLE, ("t3000",)) for number in range(2)]
    fleet = _Watched()
    view = run(store, [*ROWS, BOX], [*whole, *rows], fleet)
    assert {verdict for verdict, _ in verdicts(view).values()} == {Verdict.VALIDATED.value}
    ran_on = {each.vector_id: each.board for each in view.vectors}
    assert {ran_on[each.id] for each in whole} == {BOX.id}
    assert {ran_on[each.id] for each in rows} == {board.id for board in ROWS}
    assert fleet.together == [
        frozenset({ROWS[0].id}),
        frozenset(board.id for board in ROWS),
        frozenset({BOX.id}),
    ]
