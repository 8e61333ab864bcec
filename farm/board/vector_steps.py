"""The replies about a vector before its end: a step for its module begins, or a further run of it."""

from __future__ import annotations

from collections.abc import Callable

from farm.board.protocol import WorkerDied, WorkerHung
from farm.core.messages import Prepared, Preparing, Reply, RunBegins

Await = Callable[[float], Reply]
"""Waits some seconds for the next reply about a vector; raises WorkerDied or WorkerHung."""


def reply_after(message: Preparing | Prepared | RunBegins, await_reply: Await, limit: float, vector_id: str) -> Reply:
    """Return the reply after one that comes before the vector's end.

    Args:
        message: that one.
        await_reply: waits for the next.
        limit: seconds that a run of the vector may take.
        vector_id: the vector.

    Raises:
        WorkerDied, WorkerHung: see `farm.board.protocol.Worker.run`; they name the step or the run.
    """
    if isinstance(message, RunBegins):
        return _after_run_begins(message, await_reply, limit, vector_id)
    if isinstance(message, Preparing):
        return _after_preparing(message, await_reply, vector_id)
    return await_reply(limit)


def _after_preparing(message: Preparing, await_reply: Await, vector_id: str) -> Reply:
    """The reply after one about preparing a vector's module, which has a limit of its own."""
    step, seconds = message.step, message.seconds
    try:
        return await_reply(seconds)
    except WorkerHung as error:
        text = f"{step} did not end in {seconds:g} s"
        raise WorkerHung(text, vector_id, seconds, step, stopped=error.stopped, printed=error.printed) from error
    except WorkerDied as error:
        raise error.during(f"{step}: {error}", preparing=step) from error


def _after_run_begins(message: RunBegins, await_reply: Await, limit: float, vector_id: str) -> Reply:
    """The reply after one about a further run of a vector, which may take as long as the first."""
    run, first = f"run {message.run} with the same inputs", message.outcome
    try:
        return await_reply(limit)
    except WorkerHung as error:
        text = f"{run}: {error}"
        raise WorkerHung(text, vector_id, limit, stopped=error.stopped, printed=error.printed, outcome=first) from error
    except WorkerDied as error:
        raise error.during(f"{run}: {error}", outcome=first) from error
