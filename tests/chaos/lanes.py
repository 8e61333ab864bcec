"""Runs side by side until enough was done: each lane runs one stage after the other."""

from __future__ import annotations

import itertools
import threading
import time
import traceback
from collections.abc import Callable, Sequence

from tests.chaos.table import Stage, total

STOP_SECONDS = 0.5


class Goal:
    """How many faults and vectors there must be, and the stages so far."""

    def __init__(self, faults: int, vectors: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin.

        Args:
            faults: how many faults there must be, in all stages.
            vectors: how many vectors.
            seconds: when to begin no more runs, from now on.
            clock: seconds that don't jump.
        """
        self._faults, self._vectors = faults, vectors
        self._clock = clock
        self._began, self._end = clock(), clock() + seconds
        self._stages: list[Stage] = []
        self._broken: list[str] = []
        self._lock = threading.Lock()

    def add(self, stage: Stage) -> None:
        """Add a stage that ended, and print a line about it."""
        with self._lock:
            self._stages.append(stage)
            whole = total("", self._stages)
        print(
            f"{(self._clock() - self._began) / 60:.1f} min: {stage.name}: {stage.faults.total()} faults in "
            f"{stage.seconds:.0f} s, {stage.drivers} drivers{'' if stage.sound else ', NOT SOUND'}; "
            f"so far {whole.faults.total()} faults, {whole.ledger.planned} vectors",
            flush=True,
        )

        for wrong in stage.wrong:
            print(f"WRONG: {stage.name}: {wrong}", flush=True)

    def fail(self, error: str) -> None:
        """Note that a lane broke off by an error of this program."""
        with self._lock:
            self._broken.append(error)

    def is_reached(self) -> bool:
        """Whether there were enough faults and vectors, or the time is up."""
        return not self._lacking() or self._clock() >= self._end

    def missing(self) -> str:
        """What was not reached, in words; empty if all was."""
        return "; ".join([*self._broken, *self._lacking()])

    def columns(self) -> list[Stage]:
        """The sum of the stages of each name, in their order."""
        with self._lock:
            by_name: dict[str, list[Stage]] = {}
            for stage in self._stages:
                by_name.setdefault(stage.name, []).append(stage)
        return [total(name, stages) for name, stages in by_name.items()]

    def is_sound(self) -> bool:
        """Whether every stage is sound."""
        with self._lock:
            return all(stage.sound for stage in self._stages)

    def _lacking(self) -> list[str]:
        with self._lock:
            whole = total("", self._stages)
        faults, vectors = whole.faults.total(), whole.ledger.planned
        lacking = [f"{faults} of {self._faults} faults"] if faults < self._faults else []
        return [*lacking, f"{vectors} of {self._vectors} vectors"] if vectors < self._vectors else lacking


def run_lanes(goal: Goal, campaigns: Sequence[Callable[[], Stage]], once: Sequence[Callable[[], list[Stage]]]) -> None:
    """Run stages side by side, in as many lanes as there are campaigns; the last lane begins with those that run once.

    Args:
        goal: what must be reached; receives the stages.
        campaigns: what each lane runs again and again, at least once.
        once: the stages that run once.
    """
    lanes = [
        threading.Thread(target=_guarded, args=(goal, campaign, once if is_last else ()), daemon=True)
        for campaign, is_last in zip(campaigns, itertools.chain([False] * (len(campaigns) - 1), [True]), strict=True)
    ]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        while lane.is_alive():  # not one long wait, which Ctrl-C would not end
            lane.join(STOP_SECONDS)


def _guarded(goal: Goal, campaign: Callable[[], Stage], once: Sequence[Callable[[], list[Stage]]]) -> None:
    try:
        for stages in once:
            for stage in stages():
                goal.add(stage)
        goal.add(campaign())
        while not goal.is_reached():
            goal.add(campaign())
    except Exception as error:  # noqa: BLE001 - said at the end; the other lane goes on
        traceback.print_exc()
        goal.fail(f"a lane broke off: {error!r}")
