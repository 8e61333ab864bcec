"""Resetting a board: one command at a time on a host, recorded before it starts.

    FARM_RESET_COMMAND='tt-smi -r {addresses}'      # {addresses}: PCI addresses; {board}, {kind}: its id and kind

The board's backend chooses the command: silicon is reset by this variable or by the command of its kind, other
boards only by a command of their own. Every reset is a line in `resets.jsonl` in the host's state folder (FARM_STATE)
before it begins, and another when it ended, so that restarts of farm don't reset a board without end.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import platformdirs
from filelock import FileLock, Timeout

from farm.board.backends import backend_of
from farm.board.signals import signal_group
from farm.core.board import Board

STATE_VARIABLE = "FARM_STATE"
RECENT_SECONDS = 3600.0
"""Resets of a board within this time count against its budget, whichever process started them."""
_LONGEST_OUTPUT = 400
"""Bytes of a failed command's output that are kept."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reset:
    """The result of a reset.

    Attributes:
        good: the command ended with 0.
        seconds: how long it took, with the wait for other resets.
        message: the end of its output, if it failed.
        timed_out: it passed its limit and was killed.
    """

    good: bool
    seconds: float
    message: str = ""
    timed_out: bool = False


def reset_command(board: Board, environment: Mapping[str, str] = os.environ) -> list[str] | None:
    """The command that resets a board; None if there is none."""
    backend = backend_of(board)
    template = backend.reset_template(board, environment)
    if not template or not template.strip():
        return None
    values = {
        "{addresses}": ",".join(backend.addresses(board)),
        "{board}": board.id,
        "{kind}": board.kind.name,
    }
    words = []
    for word in shlex.split(template):
        for name, value in values.items():
            word = word.replace(name, value)  # noqa: PLW2901 - one placeholder after the other
        words.append(word)
    return words


class Resetter:
    """Resets one board.

    Attributes:
        board: the board.
        command: the command that resets it; None if there is none.
        limit: the seconds it may take.
        folder: the host's state folder.
    """

    def __init__(self, board: Board, limit: float, folder: Path | None = None) -> None:
        self.board = board
        self.command = reset_command(board)
        self.limit = limit
        self.folder = folder or Path(os.environ.get(STATE_VARIABLE) or platformdirs.user_state_path("farm") / "host")

    def recent(self, now: float | None = None) -> int:
        """How often this board was reset on this host within `RECENT_SECONDS`; unreadable records count as none."""
        if self.command is None:
            return 0
        since = (time.time() if now is None else now) - RECENT_SECONDS
        with contextlib.suppress(OSError):
            return sum(_is_reset(line, self.board.id, since) for line in self._journal.read_text("utf-8").splitlines())
        return 0

    def reset(self) -> Reset:
        """Reset the board. A command that fails is a result, not an error."""
        began = time.monotonic()
        if self.command is None:
            return Reset(good=False, seconds=0.0, message="there is no command that resets it")
        _LOG.info("%s: reset begins: %s", self.board.id, shlex.join(self.command))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / "reset.lock", timeout=self.limit):
                # on disk before it starts, in case it takes the host down
                self._record("began", command=self.command)
                result = self._run(self.command, began)
                self._record("ended", good=result.good, seconds=round(result.seconds, 3), message=result.message)
        except Timeout:
            result = _failed(began, "another reset of this host did not end in time", timed_out=True)
        except OSError as error:
            result = _failed(began, f"{self.folder}: {error.strerror or error}")
        level = logging.INFO if result.good else logging.WARNING
        _LOG.log(level, "%s: reset ended after %.1f s: %s", self.board.id, result.seconds, result.message or "good")
        return result

    @property
    def _journal(self) -> Path:
        return self.folder / "resets.jsonl"

    def _run(self, command: list[str], began: float) -> Reset:
        with tempfile.TemporaryFile() as output:
            try:
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
                )
            except OSError as error:
                return _failed(began, f"{command[0]}: {error.strerror or error}")
            try:
                code = process.wait(self.limit)
            except subprocess.TimeoutExpired:
                signal_group(process.pid, signal.SIGKILL)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(5)
                return _failed(began, f"it did not end in {self.limit:g} s", timed_out=True)
            signal_group(process.pid, signal.SIGKILL)  # its children, if it left any behind
            if code == 0:
                return Reset(good=True, seconds=time.monotonic() - began)
            return _failed(began, f"exit code {code}: {_end_of(output)}".rstrip(": "))

    def _record(self, event: str, **fields: Any) -> None:
        line = json.dumps({"at": time.time(), "board": self.board.id, "reset": event, **fields})
        with self._journal.open("a", encoding="utf-8") as journal:
            journal.write(line + "\n")
            journal.flush()
            os.fsync(journal.fileno())


def _failed(began: float, message: str, *, timed_out: bool = False) -> Reset:
    return Reset(good=False, seconds=time.monotonic() - began, message=message, timed_out=timed_out)


def _end_of(output: IO[bytes]) -> str:
    output.seek(max(0, output.tell() - _LONGEST_OUTPUT))
    return output.read().decode(errors="replace").strip()


def _is_reset(line: str, board: str, since: float) -> bool:
    try:
        raw = json.loads(line)
        return bool(raw["board"] == board and raw["reset"] == "began" and float(raw["at"]) >= since)
    except (ValueError, KeyError, TypeError):
        return False  # a line that was cut off when the host went down
