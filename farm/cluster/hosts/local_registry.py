"""The registry of a host that is in no farm: what `farm boards` shows and does there."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from farm.board.backends import backend_named, host_survey
from farm.board.parts import kind_or_part_named
from farm.board.reset_journal import BoardReset, ResetJournal
from farm.cluster.hosts.board_memory import BoardMemory, RememberedBoard
from farm.cluster.hosts.expected import own_name, own_shortfalls
from farm.cluster.hosts.versions import python_versions
from farm.cluster.registry.action_log import FILE, Action, ActionKind, ActionLog
from farm.cluster.registry.entries import BY_FARM, Hold
from farm.cluster.registry.records import BoardView, FarmView, HostStatus, HostView, Totals
from farm.core.board import Board
from farm.core.errors import FarmError, NotRunnable
from farm.core.settings import load_settings
from farm.core.shortfall import Shortfall, held_by
from farm.core.state_folder import host_state
from scheduler.board_state import BoardState

if TYPE_CHECKING:
    from farm.cluster.probing import BoardCheck

_LOG = logging.getLogger(__name__)
_NO_BOARDS = "no boards on this host: /dev/tenstorrent has none. Mock boards are made per run."


class LocalRegistry:
    """The `BoardRegistry` of this host's boards, and their `ViewSource`."""

    @cached_property
    def _versions(self) -> dict[str, str]:
        """The versions of the boards' Python and its ttnn; none if the interpreter of the settings doesn't run."""
        try:
            return python_versions(load_settings().python)
        except FarmError as error:
            _LOG.warning("%s", error)
            return {}

    def view(self) -> FarmView:
        """See `ViewSource`: the boards that are present or remembered."""
        survey, lacking = own_shortfalls()
        present = {each.board.id: RememberedBoard(each.board.backend, each.board.kind.name) for each in survey.boards}
        boards = [
            self._view(name, board, held_by(lacking, name, board.released))
            for name, board in sorted({**present, **BoardMemory().boards()}.items())
        ]
        totals: dict[str, Totals] = {}
        for board in boards:
            totals.setdefault(board.kind, Totals()).count(board)
        host = HostView(
            name=own_name(load_settings()),
            address="in no farm",
            state=HostStatus.UP,
            boards=len(boards),
            versions=self._versions,
            notes=list(survey.remarks) if boards or survey.remarks else [_NO_BOARDS],
            clock_off=None,
            shortfalls=list(lacking),
            survey=list(survey.lines()),
        )
        return FarmView(at=time.time(), hosts=[host], boards=boards, runs=[], totals=totals)

    def find(self, name: str) -> Board:
        """A board by its id.

        Raises:
            FarmError: there is none.
        """
        for board in host_survey().usable:
            if board.id == name:
                return board
        raise FarmError(f"this host has no board {name}: `farm boards` lists them; for a farm's, give --address")

    def hold(self, name: str, why: str, by: str) -> None:
        """Keep a board from all runs."""
        BoardMemory().hold(self.find(name), why, by)
        self._record(by, ActionKind.HOLD, name, why)

    def release(self, name: str, by: str) -> None:
        """Let a held board be used again."""
        BoardMemory().release(name)
        self._record(by, ActionKind.RELEASE, name)

    def probe(self, name: str, by: str) -> str:
        """Check a board.

        Raises:
            NotRunnable: it doesn't pass.
        """
        board = self.find(name)
        self._record(by, ActionKind.PROBE, name)
        return self._probe(board)

    def reset(self, name: str, by: str) -> str:
        """Reset a board, and check it.

        Raises:
            NotRunnable: the reset fails, or the board doesn't pass its check after it.
        """
        board = self.find(name)
        self._record(by, ActionKind.RESET, name)
        if not (result := _check_of(board).reset()).good:
            raise NotRunnable(f"{name} was not reset: {result.message}")
        return f"{name} was reset; {self._probe(board)}"

    def actions(self, count: int) -> list[Action]:
        """See `ActionLog.last`."""
        return self._log.last(count)

    def resets(self) -> list[BoardReset]:
        """See `BoardRegistry`; those of this host."""
        return ResetJournal(host_state()).resets()

    @property
    def _log(self) -> ActionLog:
        return ActionLog(load_settings().state / FILE)

    def _record(self, who: str, action: ActionKind, name: str, detail: str = "") -> None:
        self._log.record(Action(at=time.time(), who=who, action=action, name=name, detail=detail))

    def _probe(self, board: Board) -> str:
        if trouble := _check_of(board).probe():
            raise NotRunnable(f"{board.id} doesn't pass its check: {trouble}")
        BoardMemory().check_passed(board)
        return f"{board.id} passed its check"

    def _view(self, name: str, board: RememberedBoard, holding: Sequence[Shortfall]) -> BoardView:
        hold = board.hold
        if hold is None and holding:
            hold = Hold("; ".join(each.why for each in holding), BY_FARM, time.time())
        return BoardView(
            id=name,
            host="",
            backend=board.backend,
            kind=board.kind,
            chips=_chips_of(board.kind),
            state=BoardState.HELD if hold else BoardState.HEALTHY if board.checked else BoardState.UNVERIFIED,
            who=hold.by if hold else "",
            doing="",
            run=None,
            seconds=time.time() - hold.since if hold else None,
            faults=0,
            canary=board.checked,
            why=hold.why if hold else "",
            ttnn=self._versions.get("ttnn") if backend_named(board.backend).uses_ttnn else None,
        )


def _chips_of(kind: str) -> int:
    """The number of chips of a board of a kind; 0 for one that an earlier farm knew."""
    try:
        return kind_or_part_named(kind).chips
    except FarmError:
        return 0


def _check_of(board: Board) -> BoardCheck:
    from farm.cluster.probing import BoardCheck  # it imports what drives boards: a list of them needs none of it

    return BoardCheck(board)
