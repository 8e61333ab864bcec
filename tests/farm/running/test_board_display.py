"""The boards of a run in its display: one status per change, from the scheduler's ledger."""

from __future__ import annotations

import pytest

from farm.core.progress import BoardStatus, Silent
from farm.running.board_display import LONGEST_TROUBLE, BoardDisplay
from scheduler import BoardState, Cause, Transition
from scheduler.board_record import Batch, BoardRecord

BOARD = "n300:0"


class Statuses(Silent):
    """Keeps each status that is shown."""

    def __init__(self) -> None:
        self.shown: list[BoardStatus] = []

    def board(self, board: str, status: BoardStatus) -> None:
        assert board == BOARD
        self.shown.append(status)


def display_of(record: BoardRecord) -> tuple[BoardDisplay, list[BoardStatus]]:
    statuses = Statuses()
    return BoardDisplay({record.id: record}, statuses), statuses.shown


def moved(after: BoardState, message: str = "") -> Transition:
    return Transition(BOARD, BoardState.BUSY, after, Cause.CONNECTION_LOST, message)


def test_a_board_shows_the_batch_it_runs() -> None:
    record = BoardRecord(BOARD, "n300", BoardState.BUSY)
    display, shown = display_of(record)
    for number in (1, 2):
        record.batches[number] = Batch(BOARD, "key", {})
        display.batch_assigned(BOARD, number, f"batch {number}")
    del record.batches[1]
    display.update(BOARD)
    record.batches.clear()
    display.update(BOARD)
    assert [status.activity for status in shown] == ["batch 1", "batch 2", ""]


def test_an_unchanged_status_is_not_shown_again() -> None:
    display, shown = display_of(BoardRecord(BOARD, "n300"))
    display.update(BOARD)
    display.update(BOARD)
    assert shown == [BoardStatus(BoardState.STARTING)]


def test_a_lost_board_passes_through_lost() -> None:
    record = BoardRecord(BOARD, "n300", BoardState.STARTING, "gone")  # as the ledger is once the loss was handled
    display, shown = display_of(record)
    display.moved(moved(BoardState.LOST, "gone"))
    display.moved(moved(BoardState.STARTING, "gone"))
    assert [(status.state, status.faults, status.trouble) for status in shown] == [
        (BoardState.LOST, 0, "gone"),
        (BoardState.STARTING, 0, "gone"),
    ]


def test_a_board_that_leaves_is_shown_as_leaving() -> None:
    display, shown = display_of(BoardRecord(BOARD, "n300", BoardState.LEAVING))
    display.moved(moved(BoardState.SUSPECT))
    assert [status.state for status in shown] == [BoardState.LEAVING]


@pytest.mark.parametrize(("batches", "faults"), [([1], 1), ([1, 1, 1], 1), ([1, 2], 2), ([1, 1, 2, 2, 3], 3)])
def test_faults_are_counted_once_per_batch_with_the_first_line_of_the_last_one(batches: list[int], faults: int) -> None:
    display, shown = display_of(BoardRecord(BOARD, "n300", BoardState.HEALTHY))
    for batch in batches[:-1]:
        display.fault(BOARD, batch, "x")
    display.fault(BOARD, batches[-1], "y" * 1000 + "\nmore")
    display.update(BOARD)
    assert (shown[-1].faults, shown[-1].trouble) == (faults, "y" * LONGEST_TROUBLE)


@pytest.mark.parametrize("state", [BoardState.LOST, BoardState.HELD, BoardState.RETIRED])
def test_a_state_is_no_fault(state: BoardState) -> None:
    display, shown = display_of(BoardRecord(BOARD, "n300", state))
    display.moved(moved(state, "why"))
    assert (shown[-1].faults, shown[-1].trouble) == (0, "why")
