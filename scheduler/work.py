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
    past: tuple[Try, ...] = ()
    forgiven: int = 0
    guess: bool = False

    @property
    def sort(self) -> CostClass:
        """Works that take about equally long: a group's for another key may take much longer, or shorter."""
        return self.key, self.group


class Ending(Enum):
    """How one attempt ended, as far as scheduling cares."""

    GOOD = "good"
    FAILED = "failed"  # the work itself failed; its process lives on
    KILLED = "killed"  # it took its process down, or hung it
    STRUCK = "struck"  # its process was killed or stopped from outside, perhaps on its account
    DOUBTED = "doubted"  # it failed on a board that then turned out bad
    FAULT = "fault"  # a board or host failed: that says nothing of the work
    REFUSED = "refused"  # the board could not be set up for its key
    MISSED = "missed"  # the board was lost, or gave up, while this work was probably running
    FINAL = "final"  # it did not run, and no other try would change that

    @property
    def blames_work(self) -> bool:
        """The work failed, not what it ran on."""
        return self in (Ending.FAILED, Ending.KILLED, Ending.STRUCK)

    @property
    def failed(self) -> bool:
        """It failed, whoever is to blame."""
        return self.blames_work or self is Ending.DOUBTED

    @property
    def blames_board(self) -> bool:
        """What the work ran on failed, so that another try elsewhere tells more."""
        return self in (Ending.DOUBTED, Ending.FAULT, Ending.REFUSED, Ending.MISSED)


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt: where, and how it ended. The first of a work has number 1."""

    board: str
    ending: Ending


class Conclusion(Enum):
    """How a work is done with. Every planned work gets exactly one."""

    ENDED = "ended"  # as one of its attempts ended
    FLAKY = "flaky"  # good, after an attempt that failed
    UNSATISFIABLE = "unsatisfiable"  # no board of the farm fits its key
    REFUSED = "refused"  # boards fit, but none could be set up for its key
    LOST = "lost"  # the boards that fit are lost
    STOPPED = "stopped"  # the run was stopped first
