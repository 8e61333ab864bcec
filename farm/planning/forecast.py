"""A plan, told before it is run: what, on which boards, about how long, and how much of that no order could save."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from operator import itemgetter
from typing import Any

from farm.core.board import Board
from farm.core.verdicts import Reason
from farm.planning.board_setup import BoardSetup, fits, same_setup
from farm.planning.estimates import Estimates
from farm.planning.vectors import Vector
from farm.report.tally import duration
from scheduler.simulation import Job, Simulated, simulate
from scheduler.work import Work


@dataclass(frozen=True, slots=True)
class Group:
    """Vectors that need boards opened alike.

    Attributes:
        device_configs: how boards are opened, by kind, of those kinds that can run them.
        vectors: how many.
        operations: of how many operations.
        seconds: estimated, all together.
        boards: how many of the boards can take them.
    """

    device_configs: dict[str, dict[str, Any]]
    vectors: int
    operations: int
    seconds: float
    boards: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run would do, and how long it would take.

    Attributes:
        planned: vectors.
        operations: how many vectors each operation and suite has.
        not_run: vectors that would not be run, by reason.
        broken: modules that can't be read, in words.
        groups: the others by how a board must be opened for them, longest first.
        boards: how many vectors each board would run.
        known: how many vectors have been timed before, themselves or their operation.
        expected_seconds: from the first board's opening to the last vector's end, as the scheduler would place them.
        lower_bound_seconds: no placing ends sooner.
    """

    planned: int
    operations: list[tuple[str, str, int]]
    not_run: dict[str, int]
    broken: list[str]
    groups: list[Group]
    boards: dict[str, int]
    known: int
    expected_seconds: float
    lower_bound_seconds: float

    def as_json(self) -> dict[str, Any]:
        """A plain dict."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """For people."""
        for operation, suite, count in self.operations:
            yield f"{count:8}  {operation}  {suite}"
        for reason, count in self.not_run.items():
            yield f"{count:8}  not to be run: {reason}"
        for text in self.broken:
            yield f"          {text}"
        for group in self.groups:
            yield (
                f"{group.vectors:8}  opened with {_how(group.device_configs)}: {group.operations} operations, "
                f"{duration(group.seconds)} in all, {_boards(group.boards)} of {'/'.join(group.device_configs)}"
            )
        runnable = sum(group.vectors for group in self.groups)
        yield (
            f"{runnable} vectors on {_boards(len(self.boards))}, opened in {len(self.groups)} "
            f"way{'' if len(self.groups) == 1 else 's'}: about {duration(self.expected_seconds)}, and not less than "
            f"{duration(self.lower_bound_seconds)} in any order ({self.known} of them have been timed before)"
        )


def forecast(vectors: Sequence[Vector], boards: Sequence[Board], costs: Estimates) -> Forecast:
    """What running vectors on boards would come to: the real scheduler is asked, on a simulated clock."""
    not_run = Counter(vector.unrunnable[0].value for vector in vectors if vector.unrunnable)
    jobs: list[Job] = []
    seconds: defaultdict[BoardSetup, float] = defaultdict(float)
    members: Counter[BoardSetup] = Counter()
    operations: defaultdict[BoardSetup, set[str]] = defaultdict(set)
    known = 0
    kinds = Counter(board.kind.name for board in boards)
    for vector in vectors:
        if vector.unrunnable:
            continue
        key = vector.setup
        if not any(fits(kind, key) for kind in kinds):
            not_run[Reason.UNSATISFIABLE.value] += 1
            continue
        estimate = costs.of(vector)
        known += estimate.basis in ("history", "operation")
        seconds[key] += estimate.seconds
        members[key] += 1
        operations[key].add(vector.operation)
        work = Work(vector.id, key, vector.operation, estimate.seconds, guess=estimate.basis == "default")
        jobs.append(Job(work, estimate.seconds))
    able = [board for board in boards if any(fits(board.kind.name, key) for key in members)]
    found = simulate(
        [(board.id, board.kind.name) for board in able], jobs, fits, same_setup=same_setup, setup_costs=costs.setups
    )
    groups = [
        Group(
            {kind: config.as_json() for kind, config in sorted(key.configs, key=itemgetter(0)) if kind in kinds},
            members[key],
            len(operations[key]),
            round(total, 6),
            sum(count for kind, count in kinds.items() if fits(kind, key)),
        )
        for key, total in sorted(seconds.items(), key=lambda item: -item[1])
    ]
    return Forecast(
        planned=len(vectors),
        operations=_operations(vectors),
        not_run=dict(not_run),
        broken=[v.unrunnable[1] for v in vectors if v.unrunnable and v.unrunnable[0].value == "broken_module"],
        groups=groups,
        boards=_shares(able, found),
        known=known,
        expected_seconds=round(found.makespan, 6),
        lower_bound_seconds=round(found.lower_bound, 6),
    )


def _operations(vectors: Sequence[Vector]) -> list[tuple[str, str, int]]:
    counts = Counter((vector.operation, vector.payload.suite) for vector in vectors if not vector.unrunnable)
    return [(operation, suite, count) for (operation, suite), count in counts.items()]


def _shares(boards: Sequence[Board], found: Simulated) -> dict[str, int]:
    return {board.id: found.share[board.id] for board in boards}


def _how(configs: dict[str, dict[str, Any]]) -> str:
    """In words; where kinds of boards are opened in different ways, with the kinds of each."""
    by_way: defaultdict[str, list[str]] = defaultdict(list)
    for kind, config in configs.items():
        by_way[", ".join(f"{name} {_short(value)}" for name, value in config.items())].append(kind)
    if len(by_way) == 1:
        return next(iter(by_way))
    return " and ".join(f"{way} ({'/'.join(kinds)})" for way, kinds in by_way.items())


def _short(value: object) -> str:
    return "x".join(map(str, value)) if isinstance(value, list) else str(value)


def _boards(count: int) -> str:
    return f"{count} board{'' if count == 1 else 's'}"
