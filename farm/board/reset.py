"""Resetting a board: a command of its kind, one at a time on a host, written down before it fires.

    FARM_RESET_COMMAND='tt-smi -r {addresses}'      # {addresses}: PCI addresses; {board}, {kind}: its id and kind

Without the variable, silicon is reset by tt-smi; other boards only by a command of their own, which stands in their
environment under the same name. Every reset is a line in `resets.jsonl` in the host's state folder (FARM_STATE) before
it begins, and another when it ended, so that nobody resets a board for ever, however often farm itself starts anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
from filelock import FileLock, Timeout

from farm.board.backends import backend_of
from farm.core.board import Board

STATE_VARIABLE = "FARM_STATE"
RECENT_SECONDS = 3600.0
"""Resets of a board within this time count against its budget, whoever asked for them."""
_LONGEST_WORDS = 400


@dataclass(frozen=True, slots=True)
class Reset:
    """How a reset ended.

    Attributes:
        good: the command ended with 0.
        seconds: how long it took, waiting for others included.
        message: its last words where it failed.
        timed_out: it passed its limit and was killed.
    """

    good: bool
    seconds: float
    message: str = ""
    timed_out: bool = False


def reset_command(board: Board, environment: Mapping[str, str] = os.environ) -> list[str] | None:
    """The command that resets a board; None where there is none."""
    backend = backend_of(board)
    template = backend.reset_template(board, environment)
    if not template or not template.strip():
        return None
    given = {
        "{addresses}": ",".join(backend.addresses(board)),
        "{board}": board.id,
        "{kind}": board.kind.name,
    }
    words = []
    for word in shlex.split(template):
        for name, value in given.items():
            word = word.replace(name, value)  # noqa: PLW2901 - one name after the other
        words.append(word)
    return words


class Resetter:
    """Resets one board.

    Attributes:
        board: the board.
        command: what resets it; None where nothing does.
        limit: the seconds it may take.
        folder: the host's state folder.
    """

    def __init__(self, board: Board, limit: float, folder: Path | None = None) -> None:
        self.board = board
        self.command = reset_command(board)
        self.limit = limit
        self.folder = folder or Path(os.environ.get(STATE_VARIABLE) or platformdirs.user_state_path("farm") / "host")

    def recent(self, now: float | None = None) -> int:
        """How often this board was reset on this host of late; what can't be read counts as nothing."""
        if self.command is None:
            return 0
        since = (time.time() if now is None else now) - RECENT_SECONDS
        with contextlib.suppress(OSError):
            return sum(_is_reset(line, self.board.id, since) for line in self._journal.read_text("utf-8").splitlines())
        return 0

    def reset(self) -> Reset:
        """Resets the board; never raises for what the command does."""
        if self.command is None:
            return Reset(good=False, seconds=0.0, message="there is no command that resets it")
        began = time.monotonic()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / "reset.lock", timeout=self.limit):
                # on disk before it fires: should it take the host down, that is known
                self._write("began", command=self.command)
                done = self._run(began)
                self._write("ended", good=done.good, seconds=round(done.seconds, 3), message=done.message)
        except Timeout:
            told = "another reset of this host goes on and on"
            return Reset(good=False, seconds=time.monotonic() - began, message=told, timed_out=True)
        except OSError as error:
            told = f"{self.folder}: {error.strerror or error}"
            return Reset(good=False, seconds=time.monotonic() - began, message=told)
        return done

    @property
    def _journal(self) -> Path:
        return self.folder / "resets.jsonl"

    def _run(self, began: float) -> Reset:
        with tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(
                    self.command or (), stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
                )
            except OSError as error:
                told = f"{(self.command or [''])[0]}: {error.strerror or error}"
                return Reset(good=False, seconds=time.monotonic() - began, message=told)
            timed_out = False
            try:
                code: int | None = process.wait(self.limit)
            except subprocess.TimeoutExpired:
                timed_out, code = True, None
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            if timed_out:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(5)
            seconds = time.monotonic() - began
            if timed_out:
                told = f"it did not end in {self.limit:g} s"
                return Reset(good=False, seconds=seconds, message=told, timed_out=True)
            if code == 0:
                return Reset(good=True, seconds=seconds)
            said.seek(max(0, said.tell() - _LONGEST_WORDS))
            words = said.read().decode(errors="replace").strip()
            return Reset(good=False, seconds=seconds, message=f"exit code {code}: {words}".rstrip(": "))

    def _write(self, what: str, **more: Any) -> None:
        line = json.dumps({"at": time.time(), "board": self.board.id, "reset": what, **more})
        with self._journal.open("a", encoding="utf-8") as journal:
            journal.write(line + "\n")
            journal.flush()
            os.fsync(journal.fileno())


def _is_reset(line: str, board: str, since: float) -> bool:
    try:
        raw = json.loads(line)
        return bool(raw["board"] == board and raw["reset"] == "began" and float(raw["at"]) >= since)
    except (ValueError, KeyError, TypeError):
        return False  # a line that was cut off when the host went down
