"""The errors for the ways in which a worker's process ends before its reply; see `farm.board.protocol`."""

from __future__ import annotations

from farm.board.kept_process import KeptProcess
from farm.board.protocol import WorkerBroken, WorkerDied, WorkerHung, WorkerOutgrew
from farm.core.classify import describe_exit, last_error_line
from farm.core.plain_words import counted


def death(code: int | None, printed: str, complaint: str, vector_id: str | None, *, by_itself: bool) -> WorkerDied:
    """The error for a process that ended, or closed its pipe of replies.

    Args:
        code: its exit code.
        printed: what it printed since the vector began.
        complaint: that of its `MemoryWatch`; "" where its memory was no reason.
        vector_id: the vector that ran, if any.
        by_itself: whether it ended by itself; otherwise farm has ended it.
    """
    if complaint:
        return WorkerOutgrew(complaint, vector_id, code, printed=printed)
    if not by_itself:
        return WorkerBroken("the worker was ended: its pipe of replies was closed", vector_id, printed=printed)
    text, last = f"the worker {describe_exit(code)}", last_error_line(printed)
    return WorkerDied(f"{text}: {last}" if last else text, vector_id, code, printed=printed)


def silence(board_id: str, seconds: float, printed: str, vector_id: str | None, *, stopped: bool) -> WorkerHung:
    """The error for a process that did not reply in time.

    Args:
        board_id: its board.
        seconds: the time it had.
        printed: see `death`.
        vector_id: see `death`.
        stopped: whether it was stopped by a signal.
    """
    cause = ", since its process was stopped" if stopped else ""
    text = f"no answer from {board_id} in {seconds:g} s{cause}"
    return WorkerHung(text, vector_id, seconds, stopped=stopped, printed=printed)


def ending(process: KeptProcess, code: int | None, printed: str) -> str:
    """How a process ended, and how many processes it left behind, in one line for the board's log.

    Args:
        process: the process.
        code: its exit code; None if it could not be ended.
        printed: see `death`.
    """
    last = last_error_line(printed) if code else ""
    text = f"worker {process.pid} {describe_exit(code)}" + (f": {last}" if last else "")
    if not process.left:
        return text
    return f"{text}; it left {counted(process.left, 'process', 'processes')} behind, which farm ended"
