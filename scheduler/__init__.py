"""scheduler knows work and boards only as protocols: a pure state machine, events in, instructions out.

It imports neither Ray nor ttnn, and does no IO; the clock is passed in. Whoever does the IO tells `Scheduler.handle`
what happened and carries out the instructions it gets back:

    >>> from scheduler import Assign, AttemptEnded, AttemptResult, BoardAdded, BoardReady, Planned, Scheduler, Work
    >>> scheduler = Scheduler(fits=lambda kind, key: True)
    >>> scheduler.handle(BoardAdded("mock:n300:0", kind="n300"), now=0.0)
    []
    >>> scheduler.handle(Planned((Work("a1b2", key=(1, 1), group="ttnn.add"),)), now=0.0)
    []
    >>> [assign] = scheduler.handle(BoardReady("mock:n300:0"), now=1.0)
    >>> assign.board, assign.works
    ('mock:n300:0', (('a1b2', 1),))
    >>> scheduler.handle(AttemptEnded(assign.batch, "a1b2", AttemptResult.PASSED), now=2.0)
    [Conclude(work='a1b2', resolution=<Resolution.ENDED: 'ended'>, attempt=1)]
    >>> scheduler.done
    True
"""

from scheduler.batching import Batching
from scheduler.boards import BoardState, FaultBudget
from scheduler.core import Scheduler
from scheduler.costs import SetupCosts
from scheduler.errors import InvalidTransition, InvariantBroken
from scheduler.events import (
    AttemptEnded,
    BatchEnded,
    BoardAdded,
    BoardHeld,
    BoardLeaving,
    BoardLost,
    BoardReady,
    Event,
    Planned,
    Stopped,
)
from scheduler.instructions import Assign, AttemptLost, Conclude, Instruction, Recall, Release, Restart, Retire
from scheduler.retry import RetriesByCount
from scheduler.work import AttemptResult, PastAttempt, Resolution, Work

__all__ = [
    "Assign",
    "AttemptEnded",
    "AttemptLost",
    "AttemptResult",
    "BatchEnded",
    "Batching",
    "BoardAdded",
    "BoardHeld",
    "BoardLeaving",
    "BoardLost",
    "BoardReady",
    "BoardState",
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
    "RetriesByCount",
    "Scheduler",
    "SetupCosts",
    "Stopped",
    "Work",
]
