"""A simulation: the real scheduler on a simulated clock, with boards and tasks that need not exist.

This module makes no decisions: simulated boards open, run and fail as configured, and the `Scheduler` decides. This
measures a policy before a farm has the boards, and estimates the duration of a plan.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from scheduler.batching import Batching
from scheduler.board_record import FaultBudget
from scheduler.core import Scheduler
from scheduler.costs import SetupCosts
from scheduler.events import AttemptEnded, BatchEnded, BoardAdded, BoardReady, Planned
from scheduler.instructions import Assign, Conclude
from scheduler.placing import SameSetup, never_same
from scheduler.task import AttemptResult, Resolution, Task


@dataclass(frozen=True, slots=True)
class Job:
    """A task, and the seconds it really takes.

    Attributes:
        task: the task.
        seconds: how long it takes.
        number: what it counts for in a board's share: 1, or as many as are simulated together.
    """

    task: Task
    seconds: float
    number: int = 1


@dataclass(frozen=True, slots=True)
class Faults:
    """Simulated crashes.

    Attributes:
        rate: the share of attempts that crash their worker.
        seconds: the seconds that the board loses, besides setting it up again.
        seed: of the random numbers.
    """

    rate: float = 0.0
    seconds: float = 5.0
    seed: int = 0


@dataclass(slots=True)
class Simulated:
    """The result of a simulation; times in simulated seconds.

    Attributes:
        tasks: number of tasks planned.
        boards: number of boards.
        makespan: time until the last task was resolved.
        lower_bound: a time that no schedule can beat; see the function of this name.
        busy: seconds that boards ran tasks, in total.
        setting_up: seconds that boards were set up, first calls included.
        switches: how often a board was set up.
        batches: number of batches handed out.
        attempts: number of attempts.
        unsatisfiable: number of tasks that no board fits.
        share: number of tasks run, by board.
    """

    tasks: int
    boards: int
    makespan: float = 0.0
    lower_bound: float = 0.0
    busy: float = 0.0
    setting_up: float = 0.0
    switches: int = 0
    batches: int = 0
    attempts: int = 0
    unsatisfiable: int = 0
    share: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def over_lower_bound(self) -> float:
        """Makespan over lower bound: 1 is optimal."""
        return self.makespan / self.lower_bound if self.lower_bound > 0 else 1.0

    @property
    def busy_share(self) -> float:
        """The share of all boards' time in which they ran tasks."""
        return self.busy / (self.makespan * self.boards) if self.makespan > 0 else 0.0


@dataclass(slots=True)
class _Board:
    """A simulated board: its batches, and the key it is set up for."""

    name: str
    kind: Hashable
    batches: deque[tuple[int, Hashable, deque[str]]] = field(default_factory=deque)
    key: Hashable = None
    groups: set[str] = field(default_factory=set)
    running: bool = False


def simulate(
    boards: Sequence[tuple[str, Hashable]],
    jobs: Iterable[Job],
    fits: Callable[[Hashable, Hashable], bool],
    *,
    same_setup: SameSetup = never_same,
    setup_costs: SetupCosts | None = None,
    faults: Faults | None = None,
    batching: Batching | None = None,
) -> Simulated:
    """Run jobs on boards (id and kind) as the scheduler decides; see `Scheduler` for the other arguments."""
    simulation = _Simulation(fits, same_setup, setup_costs or SetupCosts(), faults or Faults(), batching)
    return simulation.run(boards, list(jobs))


class _Simulation:
    def __init__(
        self,
        fits: Callable[[Hashable, Hashable], bool],
        same_setup: SameSetup,
        setup_costs: SetupCosts,
        faults: Faults,
        batching: Batching | None,
    ) -> None:
        self.fits = fits
        self.same_setup = same_setup
        self.setup_costs = setup_costs
        self.faults = faults
        self.random = random.Random(faults.seed)  # noqa: S311 - a simulation needs no cryptography
        # giving up boards is not simulated: crashes here are caused by the tasks
        budget = FaultBudget(in_a_row=1 << 30, in_all=1 << 30)
        self.scheduler = Scheduler(
            fits, setup_costs=setup_costs, same_setup=same_setup, batching=batching, budget=budget
        )
        self.boards: dict[str, _Board] = {}
        self.seconds: dict[str, float] = {}
        self.groups: dict[str, str] = {}
        self.numbers: dict[str, int] = {}  # those that aren't 1
        # time, a tie-breaker, board, task, whether it crashes
        self.agenda: list[tuple[float, int, _Board, str, bool]] = []
        self.number = 0
        self.result = Simulated(0, 0)

    def run(self, boards: Sequence[tuple[str, Hashable]], jobs: list[Job]) -> Simulated:
        self.result = result = Simulated(len(jobs), len(boards))
        result.lower_bound = lower_bound(boards, jobs, self.fits, self.setup_costs, self.same_setup)
        for job in jobs:
            self.seconds[job.task.id] = job.seconds
            self.groups[job.task.id] = job.task.group
            if job.number != 1:
                self.numbers[job.task.id] = job.number
        tasks = tuple(job.task for job in jobs)
        jobs.clear()
        for name, kind in boards:
            self.boards[name] = _Board(name, kind)
            self._handle(BoardAdded(name, kind), 0.0)
        self._handle(Planned(tasks), 0.0)
        del tasks
        for name in self.boards:
            self._handle(BoardReady(name), 0.0)
        while self.agenda:
            now, _, board, task, crashes = heapq.heappop(self.agenda)
            self._ended(board, task, crashes, now)
        if not self.scheduler.done:
            raise RuntimeError(f"{len(self.scheduler.tasks)} tasks are left: the scheduler stalled")
        return result

    def _handle(self, event: AttemptEnded | BatchEnded | BoardAdded | BoardReady | Planned, now: float) -> None:
        for instruction in self.scheduler.handle(event, now):
            if isinstance(instruction, Assign):
                board = self.boards[instruction.board]
                tasks = deque(task for task, _ in instruction.tasks)
                board.batches.append((instruction.batch, instruction.key, tasks))
                self.result.batches += 1
                if not board.running:
                    self._begin(board, now)
            elif isinstance(instruction, Conclude):
                self.result.makespan = max(self.result.makespan, now)
                self.result.unsatisfiable += instruction.resolution is Resolution.UNSATISFIABLE
                del self.seconds[instruction.task], self.groups[instruction.task]

    def _begin(self, board: _Board, now: float) -> None:
        """Let a board begin the next task it has."""
        if not board.batches:
            board.running = False
            return
        board.running = True
        _, key, tasks = board.batches[0]
        task = tasks[0]
        setup_seconds = 0.0
        is_set_up = board.key is not None and (board.key == key or self.same_setup(board.kind, board.key, key))
        board.key = key
        if not is_set_up:
            board.groups.clear()
            setup_seconds = self.setup_costs.switch
            self.result.switches += 1
        group = self.groups[task]
        if group not in board.groups:
            board.groups.add(group)
            setup_seconds += self.setup_costs.first
        crashes = self.faults.rate > 0 and self.random.random() < self.faults.rate
        self.result.setting_up += setup_seconds
        self.result.attempts += 1
        self.number += 1
        heapq.heappush(self.agenda, (now + setup_seconds + self.seconds[task], self.number, board, task, crashes))

    def _ended(self, board: _Board, task: str, crashes: bool, now: float) -> None:  # noqa: FBT001 - an entry of the agenda
        number, _, tasks = board.batches[0]
        tasks.popleft()
        seconds = self.seconds[task]
        self.result.busy += seconds
        self.result.share[board.name] += self.numbers.get(task, 1)
        resumes = now
        if crashes:
            board.key = None
            self.result.setting_up += self.faults.seconds
            resumes += self.faults.seconds
        if not tasks:
            board.batches.popleft()
        board.running = True  # batches assigned now only queue up
        self._handle(
            AttemptEnded(number, task, AttemptResult.CRASHED if crashes else AttemptResult.PASSED, seconds), now
        )
        if not tasks:
            self._handle(BatchEnded(number), now)
        self._begin(board, resumes)


def lower_bound(
    boards: Sequence[tuple[str, Hashable]],
    jobs: Sequence[Job],
    fits: Callable[[Hashable, Hashable], bool],
    setup_costs: SetupCosts,
    same_setup: SameSetup = never_same,
) -> float:
    """Return a time in seconds that no schedule can beat: tasks that fit some kinds only are shared by those boards.

    Every board must be set up once, every key on some board, and every group must run once under each key, except
    for keys that some board treats as one; and nothing ends before the longest job.
    """
    kinds: defaultdict[Hashable, int] = defaultdict(int)
    for _, kind in boards:
        kinds[kind] += 1
    able: dict[Hashable, frozenset[Hashable]] = {}
    seconds: defaultdict[Hashable, list[float]] = defaultdict(list)
    groups: defaultdict[Hashable, set[str]] = defaultdict(set)
    longest = 0.0
    for job in jobs:
        key = job.task.key
        if key not in able:
            able[key] = frozenset(kind for kind in kinds if fits(kind, key))
        if not able[key]:
            continue
        seconds[key].append(job.seconds)
        groups[key].add(job.task.group)
        longest = max(longest, job.seconds)
    if not seconds:
        return 0.0
    bound = longest + setup_costs.switch + setup_costs.first
    for some in {frozenset[Hashable]().union(*each) for each in _families(set(able.values()) - {frozenset()})}:
        keys = [key for key in seconds if able[key] <= some]
        if not keys:
            continue
        count = sum(kinds[kind] for kind in some)
        separate: list[Hashable] = []  # no board is set up for two of these at once
        for key in keys:
            if not any(same_setup(kind, key, other) for other in separate for kind in some):
                separate.append(key)
        total = math.fsum(each for key in keys for each in seconds[key])
        total += setup_costs.first * sum(len(groups[key]) for key in separate)
        bound = max(bound, (total + setup_costs.switch * max(count, len(separate))) / count)
    return bound


def _families(sets: set[frozenset[Hashable]]) -> Iterable[tuple[frozenset[Hashable], ...]]:
    """Yield each set of kinds, each pair of sets, and all: enough for a good bound, few enough to try."""
    some = list(sets)
    for place, one in enumerate(some):
        yield (one,)
        for other in some[place + 1 :]:
            yield one, other
    yield tuple(some)
