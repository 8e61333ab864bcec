"""A bisection: one configuration runs under versions of ttnn until the first that treats it differently is known."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pydantic import Field

from farm.core.errors import FarmError, NotRunnable
from farm.core.verdicts import Reason, Verdict
from farm.planning.sweep_plan import plan_sweep
from farm.report.observation import Observation
from farm.report.signature import on_one_line, signature
from farm.store.view import Model
from farm.versions.by import By
from farm.versions.outputs import output_spec
from farm.versions.pinning import board_for
from farm.versions.report import traced_output
from farm.versions.running import opened_by
from farm.versions.search import CantJudge, EndUnjudged, search
from farm.versions.upgrade import check_spec

if TYPE_CHECKING:
    from farm.core.board import Board
    from farm.core.sweep_spec import SweepSpec
    from farm.planning.vectors import Vector
    from farm.versions.candidates import Candidate
    from farm.versions.environments import Environment


class Tried(Model):
    """One version that was tried."""

    name: str
    ttnn: str = Field(description="its version as ttnn says it; empty if its worker did not start")
    judged: bool = Field(description="false if it can't be told how it treats the configuration")
    verdict: Verdict | None
    reason: Reason
    message: str = Field(description="of the verdict, or why it could not be judged")
    output: str = Field(description="the spec of the output; empty without one")

    def in_words(self) -> str:
        """How the configuration ended, on one line."""
        if self.verdict is None:
            return f"can't be judged: {on_one_line(self.message)}"
        words = self.verdict.value + (f" ({self.reason.value})" if self.reason.value else "")
        rest = on_one_line(self.message) or self.output
        return f"{words}: {rest}" if rest else words


class Bisection(Model):
    """The first version that treats a configuration differently than the oldest does."""

    operation: str
    vector_id: str
    board: str = Field(description="the board that it ran on")
    by: By = Field(description="what differs")
    versions: list[str] = Field(description="all candidates, oldest first")
    first: list[str] = Field(
        description="the first version that differs; several if those before the last could not be judged; none if the "
        "newest doesn't differ from the oldest"
    )
    before: Tried = Field(description="the last version that was judged like the oldest")
    after: Tried | None = Field(description="the last of `first`; null without any")
    tried: list[Tried] = Field(description="every version that was tried, in order")

    def headline(self) -> str:
        """One sentence that says what was found."""
        if not self.first:
            return (
                f"No change of {self.by.value}: {self.versions[-1]} treats {self.vector_id} as {self.versions[0]} does."
            )
        if len(self.first) == 1:
            return f"{self.first[0]} is the first version with another {self.by.value}."
        return (
            f"The first version with another {self.by.value} is one of {', '.join(self.first)}: only the last of them "
            "could be judged."
        )


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a configuration ended under one version.

    Attributes:
        ttnn: the version as ttnn says it.
        observation: how it ended.
    """

    ttnn: str
    observation: Observation


class RunOne(Protocol):
    """Runs one vector under a ttnn. A double for tests needs no board."""

    def __call__(self, vector: Vector, board: Board, environment: Environment, seconds: float, /) -> Judgement:
        """Run the vector; raises `CantJudge` if it doesn't get to run."""


def run_supervised(vector: Vector, board: Board, environment: Environment, seconds: float) -> Judgement:
    """Run one vector as a run's boards do, in this process; nothing is recorded.

    A board that doesn't open under one ttnn is not held for that: another may open it.

    Args:
        vector: the vector.
        board: the board to run it on.
        environment: whose ttnn opens the board.
        seconds: how long the vector may take.

    Raises:
        CantJudge: the board doesn't open, or a fault kept the vector from a verdict.
    """
    from farm.board.limits import Limits
    from farm.board.protocol import WorkerError
    from farm.board.supervisor import Supervisor
    from farm.core.outcome import Outcome

    with tempfile.TemporaryDirectory(prefix="farm-bisect-", ignore_cleanup_errors=True) as folder:
        supervisor = Supervisor(opened_by(environment, [board])[0], Path(folder), Limits(vector=seconds))
        try:
            ttnn = supervisor.start().ttnn or ""
            reports = list(supervisor.run(vector.config_for(board.kind.name), [vector.encoded()]))
        except (NotRunnable, WorkerError) as error:
            raise CantJudge(str(error)) from error
        finally:
            supervisor.close()
    outcome = next((report for report in reports if isinstance(report, Outcome)), None)
    if outcome is None:
        raise CantJudge(f"{board.id} is not usable with ttnn {ttnn}")
    if outcome.verdict.fault:
        raise CantJudge(outcome.message)
    output = traced_output(vector.payload) if outcome.output is None else outcome.output
    return Judgement(ttnn, Observation(outcome.verdict, outcome.reason, outcome.message, output))


def bisect(
    spec: SweepSpec,
    candidates: Sequence[Candidate],
    by: By,
    *,
    run: RunOne = run_supervised,
    watch: Callable[[Tried], None] = lambda _tried: None,
) -> Bisection:
    """Find the first version that treats a configuration differently than the oldest does.

    Args:
        spec: selects the one configuration.
        candidates: the versions, oldest first.
        by: what must differ.
        run: runs the configuration under one of them.
        watch: gets each version that was tried.

    Raises:
        FarmError: the spec selects several configurations, or the boards of a farm.
        NotRunnable: the configuration can't run, or the oldest or newest version can't be judged.
        TracerError: the master can't be read, or has no such operation.
    """
    check_spec(spec)
    vector, board = _one(spec)
    tried: dict[int, Tried] = {}

    def judge(index: int) -> str:
        try:
            judgement = run(vector, board, candidates[index].environment(), spec.timeout)
        except CantJudge as error:
            tried[index] = _unjudged(candidates[index].name, str(error))
            raise
        else:
            tried[index] = _judged(candidates[index].name, judgement)
            return _key(judgement.observation, by)
        finally:
            if index in tried:
                watch(tried[index])

    try:
        boundary = search(len(candidates), judge)
    except EndUnjudged as error:
        name, end = candidates[error.index].name, "newer" if error.index == 0 else "older"
        why = on_one_line(str(error))
        raise NotRunnable(
            f"{name} can't be judged: {end} versions may be, so give one of those instead: {why}"
        ) from error
    last_same = boundary.first[0] - 1 if boundary.first else 0
    return Bisection(
        operation=vector.operation,
        vector_id=vector.id,
        board=board.id,
        by=by,
        versions=[candidate.name for candidate in candidates],
        first=[candidates[index].name for index in boundary.first],
        before=tried[last_same],
        after=tried[boundary.first[-1]] if boundary.first else None,
        tried=list(tried.values()),
    )


def _one(spec: SweepSpec) -> tuple[Vector, Board]:
    """The one vector that a spec selects, and a board that can run it."""
    planned = plan_sweep(spec)
    if len(planned.vectors) != 1:
        some = ", ".join(vector.id for vector in planned.vectors[:3])
        raise FarmError(
            f"{len(planned.vectors)} configurations are selected: name one with --vector, such as one of {some}"
        )
    vector = planned.vectors[0]
    if vector.unrunnable is not None:
        raise NotRunnable(f"{vector.id} can't run: {vector.unrunnable.message}")
    board = board_for(vector, planned.boards)
    if board is None:
        raise FarmError(f"no board of --boards {spec.boards} can run {vector.id}: name another")
    return vector, board


def _key(observation: Observation, by: By) -> str:
    """What is compared of an observation."""
    match by:
        case By.VERDICT:
            return f"{observation.verdict.value} {observation.reason.value}"
        case By.OUTPUT:
            return output_spec(observation.output) if observation.accepted else "refused"
        case By.MESSAGE:
            return f"{observation.verdict.value} {signature(observation.message)}"


def _judged(name: str, judgement: Judgement) -> Tried:
    observation = judgement.observation
    return Tried(
        name=name,
        ttnn=judgement.ttnn,
        judged=True,
        verdict=observation.verdict,
        reason=observation.reason,
        message=observation.message,
        output=output_spec(observation.output) if observation.accepted else "",
    )


def _unjudged(name: str, why: str) -> Tried:
    return Tried(name=name, ttnn="", judged=False, verdict=None, reason=Reason.NONE, message=why, output="")
