"""What is to be done, how trying it can end, and how it can be concluded."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

CostClass: TypeAlias = tuple[Hashable, str]
"""Works that take about equally long: a key's of a group. The same group may take much longer for another key."""


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to be run once on one board.

    Attributes:
        id: unique in a run.
        key: how a board must be set up for it. Opaque: only equality counts. Changing the key costs a board time.
        group: works of one group share what a board prepares once, such as compiled kernels.
        cost: estimated seconds.
        guess: whether nothing is known of it, so that `cost` says no more than that it costs something.
        past: attempts of it before it was planned, when the run was resumed.
        forgiven: how many of these don't count against it any more; their numbers are not used again.
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
        """Works that take about equally long: a group's for another key may take much longer, or shorter."""
        return self.key, self.group


class AttemptResult(Enum):
    """How one attempt ended, as far as scheduling cares."""

    PASSED = "passed"
    FAILED = "failed"  # the work itself failed; its process lives on
    CRASHED = "crashed"  # it took its process down, or hung it
    KILLED = "killed"  # its process was killed or stopped from outside, perhaps on its account
    UNTRUSTED = "untrusted"  # it failed on a board that then turned out bad
    FAULT = "fault"  # a board or host failed: that says nothing of the work
    REFUSED = "refused"  # the board could not be set up for its key
    LOST = "lost"  # the board was lost, or gave up, while this work was probably running
    NOT_RUNNABLE = "not_runnable"  # it did not run, and no other try would change that

    @property
    def blames_work(self) -> bool:
        """The work failed, not what it ran on."""
        return self in (AttemptResult.FAILED, AttemptResult.CRASHED, AttemptResult.KILLED)

    @property
    def failed(self) -> bool:
        """It failed, whoever is to blame."""
        return self.blames_work or self is AttemptResult.UNTRUSTED

    @property
    def blames_board(self) -> bool:
        """What the work ran on failed, so that another try elsewhere tells more."""
        return self in (AttemptResult.UNTRUSTED, AttemptResult.FAULT, AttemptResult.REFUSED, AttemptResult.LOST)


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One attempt: where, and how it ended. The first of a work has number 1."""

    board: str
    result: AttemptResult


class Resolution(Enum):
    """How a work is done with. Every planned work gets exactly one."""

    ENDED = "ended"  # as one of its attempts ended
    FLAKY = "flaky"  # good, after an attempt that failed
    UNSATISFIABLE = "unsatisfiable"  # no board of the farm fits its key
    REFUSED = "refused"  # boards fit, but none could be set up for its key
    LOST = "lost"  # the boards that fit are lost
    STOPPED = "stopped"  # the run was stopped first
