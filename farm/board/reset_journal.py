"""The resets of a host's boards: a file in its state folder, with a line before each reset and one after it."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

FILE = "resets.jsonl"


class ResetLine(BaseModel):
    """A line of the file.

    Attributes:
        at: when, in Unix seconds.
        board: the board's id.
        reset: whether the reset began or ended with this line.
        id: the same in both lines of a reset; "" in those of earlier versions of farm.
        way: how it is reset: `FARM_RESET_COMMAND`, `tt-umd`, `tt-smi`.
        command: the command, where it began.
        good: whether the board was reset, where it ended.
        seconds: how long it took, where it ended.
        message: why it is not good.
    """

    model_config = ConfigDict(frozen=True)

    at: float
    board: str
    reset: Literal["began", "ended"]
    id: str = ""
    way: str = ""
    command: tuple[str, ...] = ()
    good: bool | None = None
    seconds: float | None = None
    message: str = ""


class BoardReset(BaseModel):
    """A reset of a board.

    Attributes:
        at: when it began, in Unix seconds.
        board: the board's id.
        by: the run, or the user and host, that wanted it; "" if that is unknown.
        way: how it was reset: `FARM_RESET_COMMAND`, `tt-umd`, `tt-smi`; "" if that is unknown.
        good: whether the board was reset; None if it hasn't ended, or its host went down.
        seconds: how long it took; None if it hasn't ended.
        message: why it is not good.
    """

    model_config = ConfigDict(frozen=True)

    at: float
    board: str
    by: str = ""
    way: str = ""
    good: bool | None = None
    seconds: float | None = None
    message: str = ""


class ResetJournal:
    """Writes and reads the file.

    Attributes:
        path: the file.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def begin(self, board: str, way: str, command: Sequence[str]) -> ResetLine:
        """Write that a reset begins; return the line, for `end`."""
        line = ResetLine(
            at=time.time(), board=board, reset="began", id=uuid.uuid4().hex, way=way, command=tuple(command)
        )
        self._append(line)
        return line

    def end(self, began: ResetLine, *, good: bool, seconds: float, message: str) -> None:
        """Write that a reset ended."""
        ended = {"reset": "ended", "at": time.time(), "command": (), "seconds": round(seconds, 3)}
        self._append(began.model_copy(update={**ended, "good": good, "message": message}))

    def count(self, board: str, since: float) -> int:
        """How often a board was reset since a time in Unix seconds."""
        return sum(line.board == board and line.reset == "began" and line.at >= since for line in self._lines())

    def resets(self) -> list[BoardReset]:
        """All resets, the oldest first."""
        resets: list[BoardReset] = []
        begun: dict[str, int] = {}  # the place of a reset by its id, or by its board in lines without ids
        for line in self._lines():
            key = line.id or line.board
            if line.reset == "began":
                begun[key] = len(resets)
                resets.append(BoardReset(at=line.at, board=line.board, way=line.way))
            elif (place := begun.pop(key, None)) is not None:
                end = {"good": line.good, "seconds": line.seconds, "message": line.message}
                resets[place] = resets[place].model_copy(update=end)
        return resets

    def _append(self, line: ResetLine) -> None:
        with self.path.open("a", encoding="utf-8") as journal:
            journal.write(line.model_dump_json(exclude_defaults=True) + "\n")
            journal.flush()
            os.fsync(journal.fileno())

    def _lines(self) -> Iterator[ResetLine]:
        """The lines that can be read: one is cut off where the host went down."""
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        yield from (parsed for line in text.splitlines() if (parsed := _parsed(line)) is not None)


def _parsed(line: str) -> ResetLine | None:
    try:
        return ResetLine.model_validate_json(line)
    except ValidationError:
        return None
