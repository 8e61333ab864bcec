"""Snapshots of `tt-smi` while a run waits for them: a tool that hangs is left alone for a while."""

from __future__ import annotations

import time
from collections.abc import Callable

from farm.board.tt_smi import PROGRAM, SmiReport, tt_smi_snapshot

LIMIT_SECONDS = 20.0
"""How long chips may take to say how they are; a galaxy takes some ten seconds."""
PAUSE_SECONDS = 600.0
"""How long a tool that hung is not asked: a reset may have helped by then, and each trouble would cost the limit."""


class TroubleSnapshots:
    """Asks this host's `tt-smi` at trouble; calls are those of one run."""

    def __init__(
        self,
        ask: Callable[[float], SmiReport] = tt_smi_snapshot,
        clock: Callable[[], float] = time.monotonic,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        """Ask nothing yet.

        Args:
            ask: makes a snapshot within some seconds.
            clock: seconds that don't jump.
            pause: see `PAUSE_SECONDS`.
        """
        self._ask = ask
        self._clock = clock
        self._pause = pause
        self._hung_at: float | None = None

    def __call__(self) -> SmiReport:
        """Return a snapshot; an empty one that says why where the tool hung a short while ago."""
        if self._hung_at is not None and (ago := self._clock() - self._hung_at) < self._pause:
            hung = f"it did not end in {LIMIT_SECONDS:g} s, {ago:.0f} s ago"
            return SmiReport(troubles=(f"{PROGRAM} was not asked: {hung}",))
        report = self._ask(LIMIT_SECONDS)
        self._hung_at = self._clock() if report.timed_out else None
        return report
