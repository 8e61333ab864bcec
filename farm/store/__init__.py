"""The results store: every run, what it planned, every attempt as it comes, and how each vector ended.

A file of SQLite by default. `Store` writes and reads; `farm.store.records` are what it takes, `farm.store.view` what it
gives.
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
