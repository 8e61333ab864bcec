"""The attempt of a vector of a sweep module, and its outcome."""

from __future__ import annotations

import time
import traceback

from farm.core.errors import WorkerInterrupted
from farm.core.outcome import Outcome
from farm.core.payload import ModuleVector
from farm.core.verdicts import Reason, Verdict
from farm.sweeps.suites import expects_failures
from farm.worker.measuring import Measurements


class ModuleAttempt:
    """The attempt of a vector that is running.

    Attributes:
        vector: the vector.
        measurements: what was measured so far.
        traceback: of the exception that ended it; "" if there was none.
        left_behind: see `Outcome`.
    """

    def __init__(self, vector: ModuleVector, *, computes: bool) -> None:
        self.vector = vector
        self.measurements = Measurements()
        self.traceback = ""
        self.left_behind: list[str] = []
        self._computes = computes
        self._started, self._begun = time.time(), time.perf_counter()

    def restart_clock(self) -> None:
        """Count the seconds from now on: preparing the vector is not part of them."""
        self._begun = time.perf_counter()

    def outcome(self, verdict: Verdict, reason: Reason, message: str, teardown: str) -> Outcome:
        """Return the outcome, if the attempt ends now.

        Args:
            verdict: as judged, whatever its suite expects.
            reason: the verdict's.
            message: the verdict's.
            teardown: what went wrong in the teardown of a fixture before it; "" if nothing did.
        """
        details = {"suite": self.vector.suite, **({"teardown": teardown} if teardown else {})}
        return Outcome(
            vector_id=self.vector.id,
            verdict=expected(self.vector.suite, verdict, computes=self._computes),
            reason=reason,
            message=message,
            started=self._started,
            seconds=time.perf_counter() - self._begun,
            inexact=self.vector.lost,
            metrics=self.measurements.metrics,
            traceback=self.traceback,
            measuring_notes=tuple(self.measurements.notes),
            left_behind=tuple(self.left_behind),
            details=details,
        )


def expected(suite: str, verdict: Verdict, *, computes: bool) -> Verdict:
    """The verdict in a suite whose vectors should fail: its name begins with `xfail`.

    A mock board that accepts a vector has not shown that it passes: that stays `validated`.
    """
    if not expects_failures(suite):
        return verdict
    if verdict.traits.expectable:
        return Verdict.XFAIL
    return Verdict.XPASS if verdict is Verdict.PASS and computes else verdict


def trace_in_module(error: BaseException, file: str) -> str:
    """The traceback from the module's own first line on; "" where the module's code keeps it from being read."""
    try:
        frames = traceback.extract_tb(error.__traceback__)
        own = next((place for place, frame in enumerate(frames) if frame.filename == file), 0)
        return "".join(traceback.format_list(frames[own:]))[-4000:]
    except WorkerInterrupted:
        raise
    except BaseException:  # noqa: BLE001 - whatever a module's exception or loader does
        return ""
