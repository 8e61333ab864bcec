"""A forecast of a plan: what would run on which boards, about how long, and how much of that no order could save."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from farm.core.board import Board
from farm.core.merged_vectors import MergedVectors, total
from farm.core.plain_words import counted
from farm.core.verdicts import Reason
from farm.planning.board_setup import BoardSetup, fits, same_setup
from farm.planning.estimates import Estimate, Estimates
from farm.planning.vectors import Vector
from farm.report.tally import duration
from scheduler.simulation import Job, simulate
from scheduler.task import Task

MAX_JOBS = 1000
"""About how many jobs are simulated for vectors that are only counted."""
_COUNTED = "counted"
MAX_MESSAGES = 10
"""How many messages are printed for a reason why vectors would not run."""


@dataclass(frozen=True, slots=True)
class Group:
    """The vectors that need boards opened alike.

    Attributes:
        device_configs: how boards are opened, by kind, for the kinds that can run the vectors.
        vectors: the number of vectors.
        operations: the number of their operations.
        seconds: the estimate of all of them together.
        boards: the number of boards that can run them.
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
        planned: the number of vectors.
        merged: the number of vectors that were merged into equal ones, by module and suite; `planned` leaves them out.
        operations: each operation and suite, with its number of vectors.
        not_run: the number of vectors that would not run, by reason.
        messages: why they would not run, by reason: each message, with its number of vectors; the most frequent first.
            Vectors that are only counted have no message of their own.
        groups: the other vectors, by how boards are opened for them; the longest group first.
        boards: the number of vectors that each board would run.
        known: the number of vectors whose estimate is measured, on themselves or on their operation.
        expected_seconds: from the first board's opening to the end of the last vector, as the scheduler places them.
        lower_bound_seconds: no order ends sooner.
    """

    planned: int
    merged: MergedVectors
    operations: list[tuple[str, str, int]]
    not_run: dict[str, int]
    messages: dict[str, dict[str, int]]
    groups: list[Group]
    boards: dict[str, int]
    known: int
    expected_seconds: float
    lower_bound_seconds: float

    @property
    def runnable(self) -> int:
        """How many vectors would run."""
        return sum(group.vectors for group in self.groups)

    def as_json(self) -> dict[str, Any]:
        """A plain dict."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """The forecast for a terminal."""
        for operation, suite, count in self.operations:
            yield f"{count:8}  {operation}  {suite}"
        if self.merged:
            yield f"{total(self.merged):8}  merged into equal vectors: not counted above"
        for reason, count in self.not_run.items():
            yield f"{count:8}  will not run: {reason}"
            yield from _message_lines(self.messages.get(reason, {}))
        for group in self.groups:
            yield (
                f"{group.vectors:8}  opened with {_config_text(group.device_configs)}: "
                f"{counted(group.operations, 'operation')}, {duration(group.seconds)} in all, "
                f"{counted(group.boards, 'board')} of {'/'.join(group.device_configs)}"
            )
        runnable = self.runnable
        if not runnable:
            yield "No vector of this selection can run on these boards."
            return
        timed = "all" if self.known == runnable else f"{self.known} of"
        yield (
            f"{counted(runnable, 'vector')} on {counted(len(self.boards), 'board')}, opened in "
            f"{counted(len(self.groups), 'way')}: about {duration(self.expected_seconds)}, and at least "
            f"{duration(self.lower_bound_seconds)} in any order ({timed} {runnable} timed before)"
        )
        yield "The time leaves out starting Ray and opening the boards."


@dataclass(slots=True)
class _Members:
    """The vectors of one group, as they are counted."""

    vectors: int = 0
    operations: set[str] = field(default_factory=set)
    seconds: float = 0.0


def forecast(
    vectors: Sequence[Vector],
    boards: Sequence[Board],
    estimates: Estimates,
    merged: MergedVectors = MappingProxyType({}),
) -> Forecast:
    """Forecast a run by asking the real scheduler, on a simulated clock.

    Args:
        vectors: the plan.
        boards: where it runs.
        estimates: how long each vector takes.
        merged: how many vectors were merged into equal ones.
    """
    kinds = Counter(board.kind.name for board in boards)
    not_run: Counter[str] = Counter()
    messages: defaultdict[str, Counter[str]] = defaultdict(Counter)
    members: defaultdict[BoardSetup, _Members] = defaultdict(_Members)
    jobs: list[Job] = []
    measured = 0
    planned = sum(vector.number for vector in vectors)
    for vector in vectors:
        if vector.unrunnable:
            not_run[vector.unrunnable.reason.value] += vector.number
            if vector.unrunnable.message:
                messages[vector.unrunnable.reason.value][vector.unrunnable.message] += vector.number
            continue
        if not any(fits(kind, vector.setup) for kind in kinds):
            not_run[Reason.UNSATISFIABLE.value] += vector.number
            kinds_text = " or ".join(sorted(vector.setup.kinds))
            messages[Reason.UNSATISFIABLE.value][f"no board here is a {kinds_text}"] += vector.number
            continue
        estimate = estimates.of(vector)
        measured += estimate.basis.measured * vector.number
        group = members[vector.setup]
        group.vectors += vector.number
        group.operations.add(vector.operation)
        group.seconds += estimate.seconds * vector.number
        jobs += _jobs(vector, estimate, planned)
    usable = [(board.id, board.kind.name) for board in boards if any(fits(board.kind.name, key) for key in members)]
    result = simulate(usable, jobs, fits, same_setup=same_setup, setup_costs=estimates.setups)
    return Forecast(
        planned=planned,
        merged={module: dict(suites) for module, suites in merged.items()},
        operations=_operations(vectors),
        not_run=dict(not_run),
        messages={reason: dict(of_reason.most_common()) for reason, of_reason in messages.items()},
        groups=[
            _group(setup, group, kinds)
            for setup, group in sorted(members.items(), key=lambda item: item[1].seconds, reverse=True)
        ],
        boards={board: result.share[board] for board, _ in usable},
        known=measured,
        expected_seconds=round(result.makespan, 6),
        lower_bound_seconds=round(result.lower_bound, 6),
    )


def _message_lines(messages: Mapping[str, int]) -> Iterator[str]:
    for message, count in list(messages.items())[:MAX_MESSAGES]:
        yield f"{count:14}  {message}"
    if len(messages) > MAX_MESSAGES:
        yield f"                ... and {len(messages) - MAX_MESSAGES} more: --json lists them"


def _jobs(vector: Vector, estimate: Estimate, planned: int) -> Iterator[Job]:
    """The jobs of a vector: one, or if it stands for many vectors, a few that take as long together."""
    pieces = max(1, min(vector.number, MAX_JOBS * vector.number // planned))
    for piece in range(pieces):
        number = vector.number * (piece + 1) // pieces - vector.number * piece // pieces
        seconds = estimate.seconds * number
        name = vector.id if pieces == 1 else f"{vector.id}/{piece}"
        # not by operation: learning how long operations take costs time, and is pointless for such jobs
        group = vector.operation if vector.number == 1 else _COUNTED
        task = Task(name, vector.setup, group, seconds, guess=estimate.basis.is_guess)
        yield Job(task, seconds, number)


def _group(setup: BoardSetup, members: _Members, kinds: Counter[str]) -> Group:
    return Group(
        {kind: config.as_json() for kind, config in sorted(setup.configs, key=itemgetter(0)) if kind in kinds},
        members.vectors,
        len(members.operations),
        round(members.seconds, 6),
        sum(count for kind, count in kinds.items() if fits(kind, setup)),
    )


def _operations(vectors: Sequence[Vector]) -> list[tuple[str, str, int]]:
    counts: Counter[tuple[str, str]] = Counter()
    for vector in vectors:
        if not vector.unrunnable:
            counts[vector.operation, vector.suite] += vector.number
    return [(operation, suite, count) for (operation, suite), count in counts.items()]


def _config_text(configs: dict[str, dict[str, Any]]) -> str:
    """Device configs in words: with the kinds of each if the kinds are opened differently."""
    kinds: defaultdict[str, list[str]] = defaultdict(list)  # by config
    for kind, config in configs.items():
        kinds[", ".join(f"{name} {_value_text(value)}" for name, value in config.items())].append(kind)
    if len(kinds) == 1:
        return next(iter(kinds))
    return " and ".join(f"{config} ({'/'.join(names)})" for config, names in kinds.items())


def _value_text(value: object) -> str:
    return "x".join(map(str, value)) if isinstance(value, list) else str(value)
