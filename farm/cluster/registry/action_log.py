"""Who did what in a farm, or with a host's boards: a file that only grows, and survives a power cut."""

from __future__ import annotations

import logging
import os
from collections import deque
from enum import Enum
from pathlib import Path

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from farm.core.errors import NotRunnable
from farm.core.plain_words import reason_of
from farm.core.secret_texts import without_secrets

_LOG = logging.getLogger(__name__)

FILE = "actions.jsonl"
LARGEST_BYTES = 10_000_000
"""A larger file is renamed, in place of the one that was renamed before."""
MOST_UNWRITTEN = 1000
"""How many actions wait for a disk that can be written to again; the oldest are dropped."""
LOCK_SECONDS = 5.0
"""How long another process may take to write; afterwards the action waits, as where the disk is full."""
LONGEST = 1000
"""Characters of a text in it."""


class ActionKind(str, Enum):
    """What was done.

    Attributes:
        HOLD: a board was kept from all runs.
        RELEASE: it may be used again.
        PROBE: a board was to be checked.
        RESET: it was to be reset.
        RESET_ENDED: it was reset.
        RESET_FAILED: it was not, or not all of it is back.
        RUN: a run began.
        RUN_ENDED: it ran all of its vectors, or as many as it had time for.
        RUN_STOPPED: a person stopped it.
        RUN_SILENT: it has not reported for so long that its boards went to others.
        JOB: a command was submitted.
        JOB_STOPPED: it was asked to stop. Ray doesn't say by whom: unless the door does, it is who submitted the job.
        JOIN: a host joined.
        DRAIN: it takes no more work.
        LEAVE: it left.
        TOKEN_ADDED: a person got a role token.
        TOKEN_REMOVED: it counts no more.
        REFUSED: somebody asked the door for what their role may not do, or without a token that counts.
    """

    HOLD = "hold"
    RELEASE = "release"
    PROBE = "probe"
    RESET = "reset"
    RESET_ENDED = "reset ended"
    RESET_FAILED = "reset failed"
    RUN = "run"
    RUN_ENDED = "run ended"
    RUN_STOPPED = "run stopped"
    RUN_SILENT = "run silent"
    JOB = "job"
    JOB_STOPPED = "job stopped"
    JOIN = "join"
    DRAIN = "drain"
    LEAVE = "leave"
    TOKEN_ADDED = "token added"  # noqa: S105 - no password
    TOKEN_REMOVED = "token removed"  # noqa: S105 - no password
    REFUSED = "refused"


class Action(BaseModel):
    """What somebody did."""

    model_config = ConfigDict(frozen=True)

    at: float = Field(description="When, in Unix time.")
    who: str = Field(description="The user and host that a command named, a host's name, or farm itself.")
    action: ActionKind
    name: str = Field(description="The board, run, job or host.")
    detail: str = Field(default="", description="Why, or the command of a run or job.")
    seconds: float | None = Field(default=None, description="How long it took, for the end of a reset.")
    verified: bool = Field(
        default=False, description="Whether the door knew `who` by a role token; otherwise a command named itself."
    )


class ActionLog:
    """Appends to the file, and reads its end.

    Attributes:
        trouble: why the last action was not written; empty if it was.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unwritten: deque[bytes] = deque(maxlen=MOST_UNWRITTEN)
        self.trouble = ""

    def record(self, action: Action) -> None:
        """Write an action to the disk. Where that fails, `trouble` says why: no action fails for its record."""
        texts = {"who": action.who, "name": action.name, "detail": without_secrets(action.detail)}
        safe = {field: _encodable(text[:LONGEST]) for field, text in texts.items()}
        self._unwritten.append(action.model_copy(update=safe).model_dump_json().encode() + b"\n")
        self.retry()

    def retry(self) -> None:
        """Write the actions that could not be written before."""
        if not self._unwritten:
            return
        try:
            self._append(b"".join(self._unwritten))
        except OSError as error:
            trouble = f"actions are not logged: {self._path}: {reason_of(error)}"
            if trouble != self.trouble:
                _LOG.warning("%s", trouble)
            self.trouble = trouble
        else:
            self._unwritten.clear()
            self.trouble = ""

    def _append(self, lines: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(self._path.with_suffix(".lock"), timeout=LOCK_SECONDS, mode=0o600):
            self._append_alone(lines)

    def _append_alone(self, lines: bytes) -> None:
        """Append while no other process does: of two that rename the file, the second would rename the new one."""
        if self._path.is_file() and self._path.stat().st_size > LARGEST_BYTES:
            self._path.replace(self._path.with_suffix(".1.jsonl"))
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            end = file.seek(0, os.SEEK_END)
            is_torn = end > 0 and os.pread(descriptor, 1, end - 1) != b"\n"  # by a power cut, or a full disk
            file.write((b"\n" if is_torn else b"") + lines)
            file.flush()
            os.fsync(descriptor)

    def last(self, count: int) -> list[Action]:
        """The last actions of the file, the oldest first. Damaged lines are left out.

        Raises:
            NotRunnable: it can't be read.
        """
        try:
            with self._path.open("rb") as file:
                lines = deque(file, maxlen=count)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise NotRunnable(f"{self._path} can't be read: {reason_of(error)}") from error
        return [action for line in lines if (action := _parsed(line)) is not None]


def _encodable(text: str) -> str:
    """A text without what UTF-8 can't encode, such as undecodable bytes of a command."""
    return text.encode("utf-8", "replace").decode()


def _parsed(line: bytes) -> Action | None:
    try:
        return Action.model_validate_json(line)
    except ValidationError:
        return None
