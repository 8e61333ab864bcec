"""What happened in a worker's process: whether a failure in it may be the doing of a vector that ran there before."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from farm.core.outcome import Outcome
from farm.core.payload import EncodedVector
from farm.core.verdicts import Verdict

REPEATS = 2
"""How many failures of an operation must be seen again in a new process, before further ones are believed at once."""


class ProcessHistory:
    """The history of the processes of one worker.

    A vector that fails after another one has left something behind in the process is run again in a new one. What it
    does there counts.
    """

    def __init__(self) -> None:
        self._changed_by = ""  # the vector that has left something behind in this process last
        self._what = ""
        self._again: dict[str, str] = {}  # why a vector runs again, by its id
        self._repeats: Counter[str] = Counter()

    def begin_process(self) -> None:
        """Note that a new process has started."""
        self._changed_by = ""

    def doubts(self, vector: EncodedVector, outcome: Outcome) -> bool:
        """Whether an outcome must be seen again in a new process, in which the vector is expected to run first."""
        if not self._changed_by or not _is_bad(outcome):
            return False
        if vector.id in self._again or self._repeats[vector.operation] >= REPEATS:
            return False
        self._again[vector.id] = f"failed first in a process in which {self._changed_by} had left {self._what} behind"
        return True

    def note(self, vector: EncodedVector, outcome: Outcome) -> Outcome:
        """Note the outcome of a vector that counts; return it, with what is to be said of an earlier failure."""
        if outcome.left_behind:
            self._changed_by, self._what = vector.id, ", ".join(outcome.left_behind)
        why = self._again.pop(vector.id, "")
        if not why:
            return outcome
        if _is_bad(outcome):
            self._repeats[vector.operation] += 1
            return outcome
        self._repeats[vector.operation] = 0
        return replace(outcome, measuring_notes=(*outcome.measuring_notes, why))


def _is_bad(outcome: Outcome) -> bool:
    """Whether an outcome blames the vector or the board."""
    return outcome.verdict.failed or outcome.verdict is Verdict.BOARD_FAULT
