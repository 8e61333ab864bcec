"""Attribution of a worker's end, to the vector that ran or to the board."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from farm.board.feed import LONGEST_TEXTS, text_bytes
from farm.board.held_chip import HeldChip
from farm.board.protocol import CheckFailed, OpenFailed, WorkerDied, WorkerError, WorkerHung, WorkerOutgrew
from farm.core.classify import classify, classify_end
from farm.core.lacks import Lack, lack_in
from farm.core.messages import CheckProblem
from farm.core.outcome import Outcome, read_outcome
from farm.core.payload import EncodedVector
from farm.core.verdicts import Reason, Verdict
from scheduler.board_state import Cause


def cause_of(error: WorkerError) -> Cause:
    """The cause to record for a board that doesn't open or fails its check."""
    if isinstance(error, WorkerHung):
        return Cause.OPEN_TIMEOUT
    if isinstance(error, CheckFailed):
        return Cause.CHIPS_MISSING if error.problem is CheckProblem.CHIPS_MISSING else Cause.CHECK_FAILED
    return Cause.OPEN_FAILED if isinstance(error, OpenFailed) else Cause.PROCESS_DIED


def open_outcome(error: WorkerError, vector_id: str, began: float, held: HeldChip | None = None) -> Outcome:
    """The outcome of a vector whose board doesn't open as it needs, or isn't sound.

    Args:
        error: what opening or checking it raised.
        vector_id: the vector's.
        began: Unix time in seconds when opening began.
        held: a chip that another process has open, if that is the cause.
    """
    if held is not None:
        return _held(held, error, vector_id, began)
    verdict = Verdict.BOARD_FAULT
    if isinstance(error, CheckFailed):
        reason = Reason.BOARD_SUSPECT
    elif isinstance(error, WorkerHung):
        reason = Reason.OPEN_TIMEOUT
    elif isinstance(error, WorkerOutgrew):
        verdict, reason = Verdict.HOST_FAULT, Reason.OUT_OF_MEMORY_HOST
    else:
        text = error.words
        blamed = classify_end(text) if isinstance(error, WorkerDied) else classify(text)
        verdict, reason = blamed if blamed[0].fault else (Verdict.BOARD_FAULT, Reason.OPEN_FAILED)
    return _outcome(verdict, reason, str(error), vector_id, began)


def not_retried(vector_id: str, error: WorkerDied | WorkerHung, lacks: Iterable[Lack]) -> Outcome:
    """The outcome of a vector whose module killed or hung an earlier process while it was being prepared.

    Args:
        vector_id: the vector.
        error: how that process ended.
        lacks: what boards of its backend lack.
    """
    if isinstance(error, WorkerOutgrew):
        message = f"not retried: {error}"
        return _outcome(Verdict.HOST_FAULT, Reason.OUT_OF_MEMORY_HOST, message, vector_id, time.time())
    if isinstance(error, WorkerDied) and (lack := lack_in(error.words, lacks)) is not None:
        return _outcome(Verdict.NOT_RUN, Reason.UNSUPPORTED_BY_BACKEND, lack, vector_id, time.time())
    reason = Reason.HANG if isinstance(error, WorkerHung) else Reason.CRASH
    return _outcome(Verdict.FAIL_CRASH_HANG, reason, f"not retried: {error}", vector_id, time.time())


@dataclass(frozen=True, slots=True)
class Refusals:
    """Which vectors a worker is not sent.

    Attributes:
        failed_modules: how an earlier process ended that prepared a module, by the module's operation.
        lacks: what boards of the backend lack.
    """

    failed_modules: Mapping[str, WorkerDied | WorkerHung]
    lacks: Collection[Lack]

    def allow(self, vector: EncodedVector) -> bool:
        """Whether a vector is sent."""
        return vector.operation not in self.failed_modules and text_bytes([vector.text]) <= LONGEST_TEXTS

    def of(self, vector: EncodedVector) -> Outcome | None:
        """The outcome of a vector that is not sent; None for one that is."""
        if self.allow(vector):
            return None
        if error := self.failed_modules.get(vector.operation):
            return not_retried(vector.id, error, self.lacks)
        message = f"the vector has more than the {LONGEST_TEXTS:,} bytes that a worker can be sent at once"
        return _outcome(Verdict.NOT_RUN, Reason.INVALID_VECTOR, message, vector.id, time.time())


def end_outcome(
    error: WorkerDied | WorkerHung,
    vector_id: str,
    began: float,
    held: HeldChip | None = None,
    lacks: Iterable[Lack] = (),
) -> Outcome:
    """The outcome of a vector whose worker ended; one that ends between vectors blames the board.

    Args:
        error: how it ended.
        vector_id: the first vector without an outcome.
        began: Unix time in seconds when it may have begun.
        held: see `open_outcome`.
        lacks: what boards of its backend lack.
    """
    if held is not None:
        return _held(held, error, vector_id, began)
    if error.vector_id != vector_id:
        return _outcome(Verdict.BOARD_FAULT, Reason.CRASH, str(error), vector_id, began)
    if error.outcome is not None:
        first = read_outcome(vector_id, error.outcome)
        return replace(first, measuring_notes=(*first.measuring_notes, f"perf not available: {error}"))
    if isinstance(error, WorkerOutgrew):
        return _outcome(Verdict.HOST_FAULT, Reason.OUT_OF_MEMORY_HOST, str(error), vector_id, began)
    if isinstance(error, WorkerDied) and (lack := lack_in(error.words, lacks)) is not None:
        return _outcome(Verdict.NOT_RUN, Reason.UNSUPPORTED_BY_BACKEND, lack, vector_id, began)
    if isinstance(error, WorkerHung):
        verdict, reason = Verdict.FAIL_CRASH_HANG, Reason.KILLED if error.stopped else Reason.HANG
    else:
        verdict, reason = classify_end(error.words, error.exit)
    return _outcome(verdict, reason, str(error), vector_id, began)


def _held(held: HeldChip, error: WorkerError, vector_id: str, began: float) -> Outcome:
    return _outcome(Verdict.HOST_FAULT, Reason.HOST_RESOURCES, f"{held.holder}: {error}", vector_id, began)


def _outcome(verdict: Verdict, reason: Reason, message: str, vector_id: str, began: float) -> Outcome:
    return Outcome(vector_id, verdict, reason, message, started=began, seconds=time.time() - began)
