"""Attribution of a worker's end, to the vector that ran or to the board."""

from __future__ import annotations

import time

from farm.board.protocol import CheckFailed, OpenFailed, WorkerDied, WorkerError, WorkerHung
from farm.core.classify import classify, classify_end
from farm.core.messages import CheckProblem
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from scheduler.board_state import Cause


def cause_of(error: WorkerError) -> Cause:
    """The cause to record for a board that doesn't open or fails its check."""
    if isinstance(error, WorkerHung):
        return Cause.OPEN_TIMEOUT
    if isinstance(error, CheckFailed):
        return Cause.CHIPS_MISSING if error.problem is CheckProblem.CHIPS_MISSING else Cause.CHECK_FAILED
    return Cause.OPEN_FAILED if isinstance(error, OpenFailed) else Cause.PROCESS_DIED


def open_outcome(error: WorkerError, vector_id: str, began: float) -> Outcome:
    """The outcome of a vector whose board doesn't open as it needs, or isn't sound.

    Args:
        error: what opening or checking it raised.
        vector_id: the vector's.
        began: Unix time in seconds when opening began.
    """
    if isinstance(error, CheckFailed):
        reason = Reason.BOARD_SUSPECT
    elif isinstance(error, WorkerHung):
        reason = Reason.OPEN_TIMEOUT
    else:
        wedged = classify(str(error))[1] is Reason.BOARD_WEDGED
        reason = Reason.BOARD_WEDGED if wedged else Reason.OPEN_FAILED
    return Outcome(vector_id, Verdict.BOARD_FAULT, reason, str(error), started=began, seconds=time.time() - began)


def end_outcome(error: WorkerDied | WorkerHung, vector_id: str, began: float) -> Outcome:
    """The outcome of a vector whose worker ended; one that ends between vectors blames the board.

    Args:
        error: how it ended.
        vector_id: the first vector without an outcome.
        began: Unix time in seconds when it may have begun.
    """
    if error.vector_id != vector_id:
        verdict, reason = Verdict.BOARD_FAULT, Reason.CRASH
    elif isinstance(error, WorkerHung):
        verdict, reason = Verdict.FAIL_CRASH_HANG, Reason.KILLED if error.stopped else Reason.HANG
    else:
        verdict, reason = classify_end(error.printed or str(error), error.exit)
    return Outcome(vector_id, verdict, reason, str(error), started=began, seconds=time.time() - began)
