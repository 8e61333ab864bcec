"""The boards of a run in its display: their states from the scheduler's ledger, with what they run and their faults."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from farm.core.progress import BoardStatus, Progress
from scheduler.board_record import BoardRecord
from scheduler.board_state import BoardState, Transition

LONGEST_TROUBLE = 300
"""Characters kept of the message of a fault."""
_TROUBLES = (BoardState.LOST, BoardState.HELD, BoardState.RETIRED)
"""States whose message is worth showing later. None counts as a fault: a lost supervisor or host says nothing about the
board, and the others follow from faults that were counted."""


class BoardDisplay:
    """Reports the status of each board to a `Progress` when it changes."""

    def __init__(self, records: Mapping[str, BoardRecord], progress: Progress) -> None:
        """Start with nothing shown.

        Args:
            records: the scheduler's ledger, by board.
            progress: the display.
        """
        self._records = records
        self._progress = progress
        self._shown: dict[str, BoardStatus] = {}
        self._activities: defaultdict[str, dict[int, str]] = defaultdict(dict)  # by board and batch
        self._faults: Counter[str] = Counter()
        self._faulty_batches: dict[str, int] = {}  # the last batch of each board in which it was at fault
        self._troubles: dict[str, str] = {}

    def batch_assigned(self, board: str, batch: int, activity: str) -> None:
        """Show that a board got a batch; `activity` is the batch in a few words."""
        self._activities[board][batch] = activity
        self.update(board)

    def fault(self, board: str, batch: int, message: str) -> None:
        """Count a fault of a board. All faults in one batch are one event."""
        if self._faulty_batches.get(board) != batch:
            self._faulty_batches[board] = batch
            self._faults[board] += 1
        self.trouble(board, message)

    def trouble(self, board: str, message: str) -> None:
        """Keep the message of the last trouble with a board, whatever is at fault."""
        self._troubles[board] = message.partition("\n")[0][:LONGEST_TROUBLE]

    def moved(self, transition: Transition) -> None:
        """Show that a board changed its state.

        A lost board is in `lost` only between two instructions; the ledger then holds its next state already.
        """
        if transition.after in _TROUBLES:
            self.trouble(transition.board, transition.message or transition.after.value)
        if self._records[transition.board].state is BoardState.LEAVING:
            self.update(transition.board)
        else:
            self._show(transition.board, transition.after, transition.message)

    def update(self, board: str) -> None:
        """Show the present status of a board."""
        record = self._records[board]
        self._show(board, record.state, record.message)

    def _show(self, board: str, state: BoardState, message: str) -> None:
        status = BoardStatus(state, self._activity(board), message, self._faults[board], self._troubles.get(board, ""))
        if status != self._shown.get(board):
            self._shown[board] = status
            self._progress.board(board, status)

    def _activity(self, board: str) -> str:
        """Describe the batch that a board runs."""
        held, activities = self._records[board].batches, self._activities[board]
        for batch in [batch for batch in activities if batch not in held]:
            del activities[batch]
        return next((activities[batch] for batch in held if batch in activities), "")
