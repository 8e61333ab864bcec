"""Resetting a board: one at a time on a host, recorded before it starts, and judged by what is there after it.

    FARM_RESET_COMMAND='tt-smi -r {addresses}'      # {addresses}: PCI addresses; {board}, {kind}: its id and kind

`farm.board.reset_ways` chooses how. A board in use by a process is not reset, and no such process is ended. A reset is
good if its command ends with 0, doesn't print that it failed, and all chips of the board are back with their firmware.

Every reset is a line in `resets.jsonl` in the host's state folder (FARM_STATE) before it begins, and another when it
ended, so that restarts of farm don't reset a board without end.
"""

from __future__ import annotations

import logging
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from farm.board.backends import backend_of
from farm.board.backends.base import Backend
from farm.board.chip_presence import RETURN_SECONDS, Chips, await_return
from farm.board.discovery.umd_memory import UmdMemory
from farm.board.external_tools import ToolEnd, run_tool
from farm.board.holders import Holder
from farm.board.parts import resets_more
from farm.board.reset_journal import ResetJournal
from farm.board.reset_output import reset_complaint
from farm.board.reset_ways import NO_WAY, UNKNOWN_FLAG, ResetWay, reset_way
from farm.core.board import Board
from farm.core.errors import FarmError
from farm.core.state_folder import host_state

RECENT_SECONDS = 3600.0
"""Resets of a board within this time count against its budget, whichever process started them."""
_LONGEST_MESSAGE = 400
"""Characters of a failed command's output that are kept."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reset:
    """The result of a reset.

    Attributes:
        good: the board was reset, and all of it is back.
        seconds: how long it took, with the wait for other resets.
        message: why it is not good.
        timed_out: it passed its limit and was killed.
        users: the processes for which the board was not reset.
    """

    good: bool
    seconds: float
    message: str = ""
    timed_out: bool = False
    users: tuple[Holder, ...] = ()


class Resetter:
    """Resets one board.

    Attributes:
        board: the board.
        way: how it is reset; None if nothing resets it.
        limit: the seconds the command may take.
    """

    def __init__(
        self,
        board: Board,
        limit: float,
        folder: Path | None = None,
        *,
        backend: Backend | None = None,
        way: ResetWay | None = None,
        return_seconds: float = RETURN_SECONDS,
    ) -> None:
        """Prepare resets.

        Args:
            board: the board.
            limit: the seconds the command may take.
            folder: the host's state folder; None for that of the settings.
            backend: drives the board; None for that of its name.
            way: how it is reset; None for the way of its kind and host.
            return_seconds: how long its chips may take to come back.
        """
        self.board = board
        self.way = way or reset_way(board)
        self.limit = limit
        self._backend = backend or backend_of(board)
        self._folder = folder or host_state()
        self._journal = ResetJournal(self._folder)
        self._return_seconds = return_seconds

    def recent(self, now: float | None = None) -> int:
        """How often this board was reset on this host within `RECENT_SECONDS`; unreadable records count as none."""
        since = (time.time() if now is None else now) - RECENT_SECONDS
        return 0 if self.way is None else self._journal.count(self.board.id, since)

    def users(self) -> tuple[Holder, ...]:
        """The processes that a reset would take the board from."""
        return tuple(self._backend.users(self.board))

    def reset(self) -> Reset:
        """Reset the board. A command that fails is a result, not an error."""
        began = time.monotonic()
        if self.way is None:
            return _failed(began, NO_WAY)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self._folder / "reset.lock", timeout=self.limit):
                result = self._reset(self.way, began)
        except Timeout:
            result = _failed(began, "another reset of this host did not end in time", timed_out=True)
        except OSError as error:
            result = _failed(began, f"{self._folder}: {error.strerror or error}")
        except FarmError as error:
            result = _failed(began, str(error))
        level = logging.INFO if result.good else logging.WARNING
        _LOG.log(level, "%s: reset ended after %.1f s: %s", self.board.id, result.seconds, result.message or "good")
        return result

    def _reset(self, way: ResetWay, began: float) -> Reset:
        if users := self.users():
            scope = ", since that resets all chips of its host" if resets_more(self.board.kind) else ""
            message = f"not reset{scope}: {'; '.join(map(str, users))}"
            return Reset(good=False, seconds=time.monotonic() - began, message=message, users=users)
        before = self._backend.chips()
        commands = way.commands(before or {})
        # on disk before it starts, in case it takes the host down
        record = self._journal.begin(self.board.id, way.name, commands[0])
        result = self._run(commands, before, began)
        if self._backend.addresses(self.board):
            UmdMemory(self._folder).forget()
        self._journal.end(record, good=result.good, seconds=result.seconds, message=result.message)
        return result

    def _run(self, commands: Sequence[Sequence[str]], before: Chips | None, began: float) -> Reset:
        end = ToolEnd(None)
        for command in commands:
            _LOG.info("%s: reset begins: %s", self.board.id, shlex.join(command))
            end = run_tool(command, self.limit)
            if end.code != UNKNOWN_FLAG:
                break
        output = f"{end.output}\n{end.errors}"
        complaint = reset_complaint(output)
        if end.code is None:
            # what it printed before it was killed may say why it took so long
            trouble = f"{Path(commands[0][0]).name} {end.trouble}"
            return _failed(began, f"{trouble}: {complaint}" if complaint else trouble, timed_out=end.timed_out)
        if end.code != 0:
            return _failed(began, f"exit code {end.code}: {complaint or _last_line(output)}".rstrip(": "))
        if complaint:
            return _failed(began, f"exit code 0, but it says: {complaint}")
        lost = self._lost(before)
        return _failed(began, lost) if lost else Reset(good=True, seconds=time.monotonic() - began)

    def _lost(self, before: Chips | None) -> str:
        """What of the board is not back; "" for a board that no driver shows."""
        addresses = self._backend.addresses(self.board)
        if before is None or not addresses:
            return ""
        return await_return(addresses, before, lambda: self._backend.chips() or {}, self._return_seconds)


def _failed(began: float, message: str, *, timed_out: bool = False) -> Reset:
    message = message[-_LONGEST_MESSAGE:]
    return Reset(good=False, seconds=time.monotonic() - began, message=message, timed_out=timed_out)


def _last_line(output: str) -> str:
    return next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "")
