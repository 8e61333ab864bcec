"""Jobs for `farm simulate`: from a master, from a recorded run, or from a distribution."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice

from farm.core.board import Board
from farm.core.errors import NothingSelected
from farm.planning.board_setup import BoardSetup
from farm.planning.estimates import DEFAULT_SECONDS, Estimates
from farm.planning.vectors import Vector
from farm.store import RunView
from scheduler.simulation import Job
from scheduler.task import Task
from tracer.device_config import DeviceConfig

MAX_BOARDS = 100_000
"""The largest count of one selector."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """Jobs as in a sweep: most are short, a few are very long, some device configs are rare.

    Attributes:
        median: seconds of a typical vector.
        sigma: standard deviation of the logarithm of seconds: 0 for equal durations; traced models have about 1.2.
        configs: number of device configs; each is half as common as the one before.
        operations: number of operations; some are slower than others.
    """

    median: float = 0.2
    sigma: float = 1.2
    configs: int = 4
    operations: int = 40

    def jobs(self, count: int, kinds: Sequence[str], seed: int) -> list[Job]:
        """Draw jobs that boards of these kinds can run; the same seed gives the same jobs."""
        rng = random.Random(seed)  # noqa: S311 - a simulation needs no cryptography
        keys = [
            BoardSetup.uniform(DeviceConfig(l1_small_size=1024 * number or None), kinds)
            for number in range(self.configs)
        ]
        # half of the spread is between operations, half within them
        share = self.sigma / 2**0.5
        pace = [rng.lognormvariate(0.0, share) for _ in range(self.operations)]
        weights = [0.5**number for number in range(self.configs)]
        jobs = []
        for number in range(count):
            operation = rng.randrange(self.operations)
            seconds = self.median * pace[operation] * rng.lognormvariate(0.0, share)
            key = rng.choices(keys, weights)[0]
            jobs.append(Job(Task(f"v{number}", key, f"operation {operation}", seconds), seconds))
        return jobs


def of_vectors(vectors: Sequence[Vector], costs: Estimates, count: int | None) -> list[Job]:
    """Return a job for each vector that can run, with its estimated seconds; repeated up to `count`."""
    jobs = []
    for vector in vectors:
        if not vector.unrunnable:
            seconds = costs.of(vector).seconds
            jobs.append(Job(Task(vector.id, vector.setup, vector.operation, seconds), seconds))
    return _repeated(jobs, count)


def of_run(view: RunView, boards: Sequence[Board], count: int | None) -> list[Job]:
    """Return a job for each vector that a run tried, with the seconds it took; repeated up to `count`."""
    kinds = frozenset(board.kind.name for board in boards)
    keys: dict[BoardSetup, BoardSetup] = {}  # one object for all equal setups
    jobs = []
    for vector in view.vectors:
        if vector.history:
            key = BoardSetup.uniform(DeviceConfig.from_json(vector.device_config), kinds)
            key = keys.setdefault(key, key)
            seconds = vector.history[-1].seconds
            jobs.append(Job(Task(vector.vector_id, key, vector.operation, seconds), seconds))
    return _repeated(jobs, count)


def _repeated(jobs: Sequence[Job], count: int | None) -> list[Job]:
    if not jobs:
        raise NothingSelected("nothing to simulate: no vector can run")
    total = len(jobs) if count is None else count
    return [
        replace(job, task=replace(job.task, id=f"{job.task.id}/{number}"))
        for number, job in enumerate(islice(cycle(jobs), total))
    ]


def without_estimates(jobs: Sequence[Job]) -> list[Job]:
    """Return the same jobs, without estimates for the scheduler."""
    return [replace(job, task=replace(job.task, cost=DEFAULT_SECONDS, guess=True)) for job in jobs]


def simulated_boards(text: str) -> list[tuple[str, str]]:
    """Return boards by id and kind: `n300*64`, or several of these, separated by commas. No board is opened.

    Raises:
        FarmError: the text has another form, or names an unknown kind.
    """
    from farm.board.selectors import parse_kinds

    boards: list[tuple[str, str]] = []
    for selector in parse_kinds(text, "--boards", MAX_BOARDS):
        kind = selector.kind.name if selector.kind else ""
        boards += [(f"{kind}:{len(boards) + number}", kind) for number in range(selector.count or 1)]
    return boards
