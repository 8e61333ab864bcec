"""Runs on kinds without ttnn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from farm.core.attempt import Attempt, Conclusion
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.planning.sweep_plan import Planned
from farm.store import Ended, RunBoard, RunInfo, RunView, Store

Ending = tuple[Verdict, Reason, str]
L1: Ending = (
    Verdict.FAIL_L1_OUT_OF_MEM,
    Reason.OUT_OF_MEMORY,
    "circular buffers grow to 1613504 B which is beyond max L1 size of 1572864 B",
)


@dataclass
class RecordedRuns:
    """A `RunPlan` that records how vectors end, by kind and by their place in the plan.

    Others end well, or are not run if no board can run them.

    Attributes:
        endings: for each kind's name.
        ended: how the runs end.
        ran: the command of each run.
    """

    endings: Mapping[str, Mapping[int, Ending]] = field(default_factory=dict)
    ended: Ended = Ended.COMPLETED
    ran: list[str] = field(default_factory=list)

    def __call__(self, planned: Planned, command: str, store: Store) -> RunView:
        self.ran.append(command)
        board = planned.boards[0]
        run = store.start_run(RunInfo(command, suite="model_traced", spec=planned.spec, details=planned.details))
        store.board(run, RunBoard(board, ttnn_version="0.81.1"))
        store.plan(run, planned.vectors)
        for place, vector in enumerate(planned.vectors):
            if vector.unrunnable is not None:
                store.conclude(
                    run,
                    [Conclusion(vector.id, Verdict.NOT_RUN, vector.unrunnable.reason, vector.unrunnable.message)],
                )
                continue
            verdict, reason, message = self.endings.get(board.kind.name, {}).get(
                place, (Verdict.VALIDATED, Reason.NONE, "")
            )
            metrics = {"peak_l1_memory_per_core_bytes": 2048.0 * (place + 1)} if place else {}
            outcome = Outcome(
                vector.id, verdict, reason, message, started=1_700_000_000.0, seconds=0.1, metrics=metrics
            )
            store.record(run, [Attempt(1, board.id, outcome)])
            store.conclude(run, [Conclusion(vector.id, verdict, reason, message)])
        store.finish_run(run, self.ended, finished=1_700_000_010.0)
        return store.view(run)
