"""Plans for the boards of CI runners, made on a host that has none of these boards."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from farm.board.backends import BACKENDS
from farm.board.selection import select_boards
from farm.board.selectors import parse_boards
from farm.core.board import AUTO, Board
from farm.core.errors import FarmError, NotRunnable, StoreError
from farm.core.store_place import Place
from farm.core.sweep_spec import SweepSpec
from farm.planning.estimates import Basis, Estimates, learn
from farm.planning.placed_again import placed_again
from farm.planning.sweep_plan import plan_sweep
from farm.planning.vectors import Vector
from farm.store import Store

RUNNER = "runner"
"""The placeholder for the host of a board that is named by kind."""
UNKNOWN_SECONDS = 1.0
"""The estimate for a vector where no vector of the plan was timed."""


@dataclass(frozen=True, slots=True)
class RunnerPlan:
    """A sweep as one kind of runner would run it.

    Attributes:
        boards: the value of `farm sweep --boards`.
        count: the number of its boards, which run vectors side by side.
        seconds: the estimate of each vector in the plan's order; 0 for those that can't run on these boards.
        runnable: how many vectors can run on them.
        timed: how many of these were timed in earlier runs.
    """

    boards: str
    count: int
    seconds: Sequence[float]
    runnable: int
    timed: int


def plan_for_runners(
    spec: SweepSpec, selectors: Sequence[str], store: Place | None, note: Callable[[str], None]
) -> list[RunnerPlan]:
    """Plan a sweep for each kind of runner.

    Sweep modules are listed once, under a mock board. No device is opened, and none is looked for if boards are
    named by kind.

    Args:
        spec: what to run.
        selectors: the boards of each kind of runner, as `--boards` takes them.
        store: the results store whose runs the estimates follow; None for the default store.
        note: gets what a user should know, a line each.

    Raises:
        FarmError: see `plan_sweep`; or boards are not named by kind, and this host doesn't have them.
    """
    by_runner: dict[str, tuple[list[Board], Sequence[Vector]]] = {}
    module_vectors: Sequence[Vector] | None = None
    for selector in dict.fromkeys(selectors):
        boards = runner_boards(selector)
        if module_vectors is None:
            planned = plan_sweep(spec.updated(boards=selector), store=store, boards=boards)
            for line in planned.notes if not by_runner else ():
                note(line)
            boards, vectors = planned.boards, planned.vectors
            module_vectors = vectors if spec.of_modules else None
        else:
            vectors = placed_again(module_vectors, [board.kind for board in boards])
        by_runner[selector] = boards, vectors
    try:
        with Store.open(store, create=False) as opened:
            return [
                _estimated(selector, boards, vectors, learn(opened, vectors, boards))
                for selector, (boards, vectors) in by_runner.items()
            ]
    except StoreError as error:
        note(f"no history to estimate from ({error})")
        return [
            _estimated(selector, boards, vectors, Estimates.without_history(boards))
            for selector, (boards, vectors) in by_runner.items()
        ]


def _estimated(selector: str, boards: Sequence[Board], vectors: Sequence[Vector], estimates: Estimates) -> RunnerPlan:
    seconds = array("d")
    guesses: list[int] = []
    measured: list[float] = []
    timed = 0
    for at, vector in enumerate(vectors):
        seconds.append(0.0)
        if vector.unrunnable:
            continue
        estimate = estimates.of(vector)
        timed += estimate.basis is Basis.HISTORY
        if estimate.basis.is_guess:
            guesses.append(at)
        else:
            measured.append(estimate.seconds)
            seconds[at] = estimate.seconds
    usual = median(measured) if measured else UNKNOWN_SECONDS
    for at in guesses:
        seconds[at] = usual
    return RunnerPlan(selector, len(boards), seconds, len(measured) + len(guesses), timed)


def runner_boards(selector: str) -> list[Board]:
    """Return the boards of a runner, which this host need not have if they are named by kind.

    Raises:
        FarmError: an entry names no kind, and this host has no such board to take the kind from.
    """
    if selector.strip() == AUTO:
        return select_boards(AUTO)
    boards: list[Board] = []
    for entry in parse_boards(selector):
        if entry.kind is not None:
            boards += BACKENDS[entry.backend].boards_elsewhere(entry.kind, entry.count or 1, RUNNER)
            continue
        try:
            boards += BACKENDS[entry.backend].boards(None, entry.count)
        except NotRunnable as error:
            text = f"--boards {selector}: this host has no such board; name the kind that runners have, such as"
            raise FarmError(f"{text} {entry.backend}:n300") from error
    return boards
