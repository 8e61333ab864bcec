"""The scheduler's tasks, the results of their attempts, and their resolutions."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, TypeAlias

CostClass: TypeAlias = tuple[Hashable, str]
"""Tasks that take about equally long: those of one key and one group. A group may take much longer with another key."""


@dataclass(frozen=True, slots=True)
class Task:
    """A unit of work, which runs on one board.

    Attributes:
        id: unique in a run.
        key: how a board must be set up for it. Opaque: only equality counts. Changing the key costs a board time.
        group: tasks of one group share what a board prepares once, such as compiled kernels.
        cost: estimated seconds.
        past: attempts before it was planned, when the run was resumed.
        forgiven: how many of these no longer count against it; their numbers are not reused.
        guess: whether its duration is unknown, and `cost` is a placeholder.
    """

    id: str
    key: Hashable
    group: str = ""
    cost: float = 1.0
    past: tuple[PastAttempt, ...] = ()
    forgiven: int = 0
    guess: bool = False

    @property
    def cost_class(self) -> CostClass:
        """The tasks that take about as long as this one."""
        return self.key, self.group


class AttemptResult(Enum):
    """The result of one attempt, as far as scheduling is concerned."""

    PASSED = "passed"
    """The task ended well."""
    FAILED = "failed"
    """The task itself failed; its worker is alive."""
    CRASHED = "crashed"
    """The task crashed its worker, or hung it."""
    KILLED = "killed"
    """Its worker was killed or stopped from outside, perhaps because of this task."""
    UNTRUSTED = "untrusted"
    """It failed on a board that then turned out to be bad."""
    FAULT = "fault"
    """A board or host failed; that says nothing about the task."""
    REFUSED = "refused"
    """The board could not be set up for the task's key."""
    LOST = "lost"
    """The board was lost, or gave up, while this task was probably running."""
    NOT_RUNNABLE = "not_runnable"
    """It did not run, and another attempt would not change that."""

    @property
    def blames_task(self) -> bool:
        """Whether the task failed, not the board it ran on."""
        return self in (AttemptResult.FAILED, AttemptResult.CRASHED, AttemptResult.KILLED)

    @property
    def failed(self) -> bool:
        """Whether the attempt failed, whatever the cause."""
        return self.blames_task or self is AttemptResult.UNTRUSTED

    @property
    def blames_board(self) -> bool:
        """Whether the board failed, so that an attempt on another board tells more."""
        return self in (AttemptResult.UNTRUSTED, AttemptResult.FAULT, AttemptResult.REFUSED, AttemptResult.LOST)


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One attempt: the board it ran on, and its result. The first attempt of a task has number 1."""

    board: str
    result: AttemptResult


class Resolution(Enum):
    """How a task is resolved. Every planned task gets exactly one resolution."""

    ENDED = "ended"
    """It has the result of one of its attempts."""
    FLAKY = "flaky"
    """It passed after an attempt that failed."""
    UNSATISFIABLE = "unsatisfiable"
    """No board of the farm fits its key."""
    REFUSED = "refused"
    """Boards fit, but none could be set up for its key."""
    LOST = "lost"
    """The boards that fit are lost."""
    STOPPED = "stopped"
    """The run was stopped first."""


class Decision(NamedTuple):
    """A retry policy's decision to resolve a task, and the number of the attempt that decides it."""

    resolution: Resolution
    attempt: int
