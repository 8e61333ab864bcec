"""Jobs for `farm simulate`: from a master, from a run that was recorded, or from a distribution."""

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
from scheduler.work import Work
from tracer.device_config import DeviceConfig

MOST_BOARDS = 100_000
"""Of one kind."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """Jobs as a sweep has them: most are short, a few very long, some ways of opening are rare.

    Attributes:
        median: seconds of a typical vector.
        sigma: of the logarithm of seconds: 0 for all alike; traced models have about 1.2.
        configs: ways to open a board; each is half as common as the one before.
        operations: how many; some are slower than others.
    """

    median: float = 0.2
    sigma: float = 1.2
    configs: int = 4
    operations: int = 40

    def jobs(self, count: int, kinds: Sequence[str], seed: int) -> list[Job]:
        """So many jobs that boards of these kinds can run; the same seed gives the same ones."""
        dice = random.Random(seed)  # noqa: S311 - dice of a simulation
        keys = [
            BoardSetup.uniform(DeviceConfig(l1_small_size=1024 * number or None), kinds)
            for number in range(self.configs)
        ]
        # half of the spread lies between operations, half within them
        share = self.sigma / 2**0.5
        pace = [dice.lognormvariate(0.0, share) for _ in range(self.operations)]
        weights = [0.5**number for number in range(self.configs)]
        jobs = []
        for number in range(count):
            operation = dice.randrange(self.operations)
            seconds = self.median * pace[operation] * dice.lognormvariate(0.0, share)
            key = dice.choices(keys, weights)[0]
            jobs.append(Job(Work(f"v{number}", key, f"operation {operation}", seconds), seconds))
        return jobs


def of_vectors(vectors: Sequence[Vector], costs: Estimates, count: int | None) -> list[Job]:
    """A job for each vector that can run, as long as it is expected to take; repeated up to `count`."""
    jobs = []
    for vector in vectors:
        if not vector.unrunnable:
            seconds = costs.of(vector).seconds
            jobs.append(Job(Work(vector.id, vector.setup, vector.operation, seconds), seconds))
    return _repeated(jobs, count)


def of_run(view: RunView, boards: Sequence[Board], count: int | None) -> list[Job]:
    """A job for each vector that a run tried, as long as it took there; repeated up to `count`."""
    kinds = frozenset(board.kind.name for board in boards)
    keys: dict[BoardSetup, BoardSetup] = {}  # one for all vectors that are opened alike
    jobs = []
    for vector in view.vectors:
        if vector.history:
            key = BoardSetup.uniform(DeviceConfig.from_json(vector.device_config), kinds)
            key = keys.setdefault(key, key)
            seconds = vector.history[-1].seconds
            jobs.append(Job(Work(vector.vector_id, key, vector.operation, seconds), seconds))
    return _repeated(jobs, count)


def _repeated(jobs: Sequence[Job], count: int | None) -> list[Job]:
    if not jobs:
        raise NothingSelected("there is nothing to simulate: no vector that could run")
    wanted = len(jobs) if count is None else count
    return [
        replace(job, work=replace(job.work, id=f"{job.work.id}/{number}"))
        for number, job in enumerate(islice(cycle(jobs), wanted))
    ]


def unknown(jobs: Sequence[Job]) -> list[Job]:
    """The same jobs, but the scheduler is told nothing of how long they take."""
    return [replace(job, work=replace(job.work, cost=DEFAULT_SECONDS, guess=True)) for job in jobs]


def simulated_boards(text: str) -> list[tuple[str, str]]:
    """Boards by id and kind: `n300*64`, or several such, separated by commas. Any number of them: none is opened.

    Raises:
        FarmError: the text doesn't read so, or names an unknown kind.
    """
    from farm.board.selectors import parse_kinds

    boards: list[tuple[str, str]] = []
    for selector in parse_kinds(text, "--boards", MOST_BOARDS):
        kind = selector.kind.name if selector.kind else ""
        boards += [(f"{kind}:{len(boards) + number}", kind) for number in range(selector.count or 1)]
    return boards
