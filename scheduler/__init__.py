"""The scheduler: a pure state machine that gives work to boards. It knows both only as opaque ids, kinds and keys.

It imports neither Ray nor ttnn, and does no IO; the clock is passed in. The caller does the IO: it passes
events to `Scheduler.handle`, and carries out the instructions that are returned:

    >>> from scheduler import Announce, AttemptEnded, AttemptResult, BoardAdded, BoardReady, Planned, Scheduler, Task
    >>> scheduler = Scheduler(fits=lambda kind, key: True)
    >>> [announced] = scheduler.handle(BoardAdded("mock:n300:0", kind="n300"), now=0.0)
    >>> announced.transition.after.value
    'starting'
    >>> scheduler.handle(Planned((Task("a1b2", key=(1, 1), group="ttnn.add"),)), now=0.0)
    []
    >>> _, assign = scheduler.handle(BoardReady("mock:n300:0"), now=1.0)
    >>> assign.board, assign.tasks
    ('mock:n300:0', (('a1b2', 1),))
    >>> scheduler.handle(AttemptEnded(assign.batch, "a1b2", AttemptResult.PASSED), now=2.0)
    [Conclude(task='a1b2', resolution=<Resolution.ENDED: 'ended'>, attempt=1)]
    >>> scheduler.done
    True
"""

from scheduler.batching import Batching
from scheduler.board_record import FaultBudget
from scheduler.board_state import BoardState, Cause, Transition
from scheduler.core import Scheduler
from scheduler.costs import SetupCosts
from scheduler.errors import InvalidTransition, InvariantBroken
from scheduler.events import (
    Abandoned,
    AttemptEnded,
    BatchEnded,
    BoardAdded,
    BoardChanged,
    BoardLeaving,
    BoardLost,
    BoardReady,
    Event,
    Planned,
    SetupCostsLearned,
    Stopped,
)
from scheduler.instructions import (
    Announce,
    Assign,
    AttemptLost,
    Conclude,
    Instruction,
    Recall,
    Release,
    Restart,
    Retire,
)
from scheduler.policies import RetryPolicy, retry_policy
from scheduler.task import AttemptResult, PastAttempt, Resolution, Task

__all__ = [
    "Abandoned",
    "Announce",
    "Assign",
    "AttemptEnded",
    "AttemptLost",
    "AttemptResult",
    "BatchEnded",
    "Batching",
    "BoardAdded",
    "BoardChanged",
    "BoardLeaving",
    "BoardLost",
    "BoardReady",
    "BoardState",
    "Cause",
    "Conclude",
    "Event",
    "FaultBudget",
    "Instruction",
    "InvalidTransition",
    "InvariantBroken",
    "PastAttempt",
    "Planned",
    "Recall",
    "Release",
    "Resolution",
    "Restart",
    "Retire",
    "RetryPolicy",
    "Scheduler",
    "SetupCosts",
    "SetupCostsLearned",
    "Stopped",
    "Task",
    "Transition",
    "retry_policy",
]
