"""The results store: every run, its plan, every attempt as it happens, and how each vector ended.

By default it is a file of SQLite. `Store` takes the records of `farm.store.records` and returns the views of
`farm.store.view`. It uses `farm.core` and the board states of `scheduler` only.
"""

from farm.core.attempt import Attempt, Conclusion
from farm.store.opening import default_place
from farm.store.past import PastVector, RunTally
from farm.store.records import BoardEvent, BoardEventKind, Ended, Plannable, RunBoard, RunInfo, log_event
from farm.store.store import Store
from farm.store.view import AttemptView, BoardView, RunHead, RunView, VectorView

__all__ = [
    "Attempt",
    "AttemptView",
    "BoardEvent",
    "BoardEventKind",
    "BoardView",
    "Conclusion",
    "Ended",
    "PastVector",
    "Plannable",
    "RunBoard",
    "RunHead",
    "RunInfo",
    "RunTally",
    "RunView",
    "Store",
    "VectorView",
    "default_place",
    "log_event",
]
