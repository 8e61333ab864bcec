"""The real scheduler on a simulated clock: what it would do with boards and works that nobody has yet.

Nothing here decides anything: boards open, run and fail as they are told, and the `Scheduler` answers. So a policy is
measured before a farm has the boards, and a plan shows how long it would take.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from scheduler.batching import Batching
from scheduler.boards import FaultBudget
from scheduler.core import Scheduler
from scheduler.costs import SetupCosts
from scheduler.events import AttemptEnded, BatchEnded, BoardAdded, BoardReady, Planned
from scheduler.instructions import Assign, Conclude
from scheduler.placing import SameSetup, never_same
from scheduler.work import AttemptResult, Resolution, Work


@dataclass(frozen=True, slots=True)
class Job:
    """A work, and the seconds it will really take."""

    work: Work
    seconds: float


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong.

    Attributes:
        rate: the part of attempts that take their process down.
        seconds: what that costs the board, beside setting it up again.
        seed: of the dice.
    """

    rate: float = 0.0
    seconds: float = 5.0
    seed: int = 0


@dataclass(slots=True)
class Simulated:
    """What came of a simulation; times in simulated seconds.

    Attributes:
        works: how many were planned.
        boards: how many there were.
        makespan: until the last work was concluded.
        lower_bound: no schedule ends sooner; see `lower_bound`.
        busy: seconds that boards ran works, all together.
        setting_up: seconds they spent on being set up, first calls included.
        switches: how often a board was set up.
        batches: how many were handed out.
        attempts: how many there were.
        unsatisfiable: works that no board fits.
        share: works run per board.
    """

    works: int
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
        """Makespan over lower bound: 1 can't be beaten."""
        return self.makespan / self.lower_bound if self.lower_bound > 0 else 1.0

    @property
    def busy_share(self) -> float:
        """The part of all boards' time in which they ran works."""
        return self.busy / (self.makespan * self.boards) if self.makespan > 0 else 0.0


@dataclass(slots=True)
class _Board:
    """A simulated board: its batches, and what it is set up for."""

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
    same: SameSetup = never_same,
    setups: SetupCosts | None = None,
    faults: Faults | None = None,
    batching: Batching | None = None,
) -> Simulated:
    """Runs jobs on boards, by id and kind, as the scheduler would have them run: see `Scheduler` for the rest."""
    simulation = _Simulation(fits, same, setups or SetupCosts(), faults or Faults(), batching)
    return simulation.run(boards, list(jobs))


class _Simulation:
    def __init__(
        self,
        fits: Callable[[Hashable, Hashable], bool],
        same: SameSetup,
        setups: SetupCosts,
        faults: Faults,
        batching: Batching | None,
    ) -> None:
        self.fits = fits
        self.same = same
        self.setups = setups
        self.faults = faults
        self.dice = random.Random(faults.seed)  # noqa: S311 - dice of a simulation
        # whether a board is given up is not what is simulated: faults here are the works' own doing
        budget = FaultBudget(in_a_row=1 << 30, in_all=1 << 30)
        self.scheduler = Scheduler(fits, setups=setups, same=same, batching=batching, budget=budget)
        self.boards: dict[str, _Board] = {}
        self.seconds: dict[str, float] = {}
        self.groups: dict[str, str] = {}
        # when, a tie-breaker, board, work, whether it crashes
        self.agenda: list[tuple[float, int, _Board, str, bool]] = []
        self.number = 0
        self.found = Simulated(0, 0)

    def run(self, boards: Sequence[tuple[str, Hashable]], jobs: list[Job]) -> Simulated:
        self.found = found = Simulated(len(jobs), len(boards))
        found.lower_bound = lower_bound(boards, jobs, self.fits, self.setups, self.same)
        for job in jobs:
            self.seconds[job.work.id] = job.seconds
            self.groups[job.work.id] = job.work.group
        works = tuple(job.work for job in jobs)
        jobs.clear()
        for name, kind in boards:
            self.boards[name] = _Board(name, kind)
            self._tell(BoardAdded(name, kind), 0.0)
        self._tell(Planned(works), 0.0)
        del works
        for name in self.boards:
            self._tell(BoardReady(name), 0.0)
        while self.agenda:
            now, _, board, work, crashes = heapq.heappop(self.agenda)
            self._ended(board, work, crashes, now)
        if not self.scheduler.done:
            raise RuntimeError(f"{len(self.scheduler.works)} works were left over: the scheduler stalled")
        return found

    def _tell(self, event: AttemptEnded | BatchEnded | BoardAdded | BoardReady | Planned, now: float) -> None:
        for instruction in self.scheduler.handle(event, now):
            if isinstance(instruction, Assign):
                board = self.boards[instruction.board]
                works = deque(work for work, _ in instruction.works)
                board.batches.append((instruction.batch, instruction.key, works))
                self.found.batches += 1
                if not board.running:
                    self._begin(board, now)
            elif isinstance(instruction, Conclude):
                self.found.makespan = max(self.found.makespan, now)
                self.found.unsatisfiable += instruction.resolution is Resolution.UNSATISFIABLE
                del self.seconds[instruction.work], self.groups[instruction.work]

    def _begin(self, board: _Board, now: float) -> None:
        """A board begins the next work it has."""
        if not board.batches:
            board.running = False
            return
        board.running = True
        _, key, works = board.batches[0]
        work = works[0]
        preparing = 0.0
        known = board.key is not None and (board.key == key or self.same(board.kind, board.key, key))
        board.key = key
        if not known:
            board.groups.clear()
            preparing = self.setups.switch
            self.found.switches += 1
        group = self.groups[work]
        if group not in board.groups:
            board.groups.add(group)
            preparing += self.setups.first
        crashes = self.faults.rate > 0 and self.dice.random() < self.faults.rate
        self.found.setting_up += preparing
        self.found.attempts += 1
        self.number += 1
        heapq.heappush(self.agenda, (now + preparing + self.seconds[work], self.number, board, work, crashes))

    def _ended(self, board: _Board, work: str, crashes: bool, now: float) -> None:  # noqa: FBT001 - an entry of the agenda
        number, _, works = board.batches[0]
        works.popleft()
        seconds = self.seconds[work]
        self.found.busy += seconds
        self.found.share[board.name] += 1
        resumes = now
        if crashes:
            board.key = None
            self.found.setting_up += self.faults.seconds
            resumes += self.faults.seconds
        if not works:
            board.batches.popleft()
        board.running = True  # what is assigned meanwhile only queues
        self._tell(AttemptEnded(number, work, AttemptResult.CRASHED if crashes else AttemptResult.PASSED, seconds), now)
        if not works:
            self._tell(BatchEnded(number), now)
        self._begin(board, resumes)


def lower_bound(
    boards: Sequence[tuple[str, Hashable]],
    jobs: Sequence[Job],
    fits: Callable[[Hashable, Hashable], bool],
    setups: SetupCosts,
    same: SameSetup = never_same,
) -> float:
    """Seconds in which no schedule can be done: what fits some kinds only is shared by their boards at best.

    Every board must be set up once, every key somewhere, every group called a first time under each key, but for keys
    that are the same for some board; and the longest job takes as long as it takes.
    """
    kinds: defaultdict[Hashable, int] = defaultdict(int)
    for _, kind in boards:
        kinds[kind] += 1
    able: dict[Hashable, frozenset[Hashable]] = {}
    seconds: defaultdict[Hashable, list[float]] = defaultdict(list)
    groups: defaultdict[Hashable, set[str]] = defaultdict(set)
    longest = 0.0
    for job in jobs:
        key = job.work.key
        if key not in able:
            able[key] = frozenset(kind for kind in kinds if fits(kind, key))
        if not able[key]:
            continue
        seconds[key].append(job.seconds)
        groups[key].add(job.work.group)
        longest = max(longest, job.seconds)
    if not seconds:
        return 0.0
    bound = longest + setups.switch + setups.first
    for some in {frozenset[Hashable]().union(*each) for each in _families(set(able.values()) - {frozenset()})}:
        keys = [key for key in seconds if able[key] <= some]
        if not keys:
            continue
        count = sum(kinds[kind] for kind in some)
        apart: list[Hashable] = []  # no board is set up for two of them
        for key in keys:
            if not any(same(kind, key, other) for other in apart for kind in some):
                apart.append(key)
        work = math.fsum(each for key in keys for each in seconds[key])
        work += setups.first * sum(len(groups[key]) for key in apart)
        bound = max(bound, (work + setups.switch * max(count, len(apart))) / count)
    return bound


def _families(sets: set[frozenset[Hashable]]) -> Iterable[tuple[frozenset[Hashable], ...]]:
    """Each set of kinds alone, each two together, and all: enough for a good bound, few enough to try."""
    some = list(sets)
    for place, one in enumerate(some):
        yield (one,)
        for other in some[place + 1 :]:
            yield one, other
    yield tuple(some)
