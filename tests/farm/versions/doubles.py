"""Runs and signatures without ttnn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from farm.core.attempt import Attempt, Conclusion
from farm.core.board import Board
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.planning.sweep_plan import Planned
from farm.store import Ended, RunBoard, RunInfo, RunView, Store
from farm.versions.environments import Environment, Environments
from farm.versions.fake_installer import FakeInstaller
from farm.versions.signatures import Signatures
from tracer.signatures import Overload, parse_overloads

TENSOR = {"type": "ttnn.Tensor", "original_shape": [1, 32], "original_dtype": "DataType.BFLOAT16"}
Ending = tuple[Verdict, Reason, str]
GOOD: Ending = (Verdict.VALIDATED, Reason.NONE, "")
REFUSED: Ending = (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, "TT_FATAL: no such shard")


@dataclass
class RecordedRuns:
    """A `RunPlan` that records how vectors end, by environment and by their place in the plan; others end well.

    Attributes:
        endings: for each environment's name.
        ended: how the runs end.
        ran: each environment and command.
    """

    endings: Mapping[str, Mapping[int, Ending]] = field(default_factory=dict)
    ended: Ended = Ended.COMPLETED
    ran: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, planned: Planned, environment: Environment, command: str, store: Store) -> RunView:
        self.ran.append((environment.name, command))
        board = planned.boards[0]
        run = store.start_run(RunInfo(command, suite="model_traced", spec=planned.spec, details=planned.details))
        store.board(run, RunBoard(board, ttnn_version=environment.name))
        store.plan(run, planned.vectors)
        for place, vector in enumerate(planned.vectors):
            verdict, reason, message = self.endings.get(environment.name, {}).get(place, GOOD)
            outcome = Outcome(vector.id, verdict, reason, message, started=1_700_000_000.0, seconds=0.1)
            store.record(run, [Attempt(1, board.id, outcome)])
            store.conclude(run, [Conclusion(vector.id, verdict, reason, message)])
        store.finish_run(run, self.ended, finished=1_700_000_010.0)
        return store.view(run)


def signatures(version: str, **operations: str | None) -> Signatures:
    """Signatures of operations of `ttnn`, each documented by a text; None for one that isn't there."""

    def overloads(text: str | None) -> tuple[Overload, ...] | None:
        return None if text is None else tuple(parse_overloads(text))

    return Signatures(version, {f"ttnn.{name}": overloads(text) for name, text in operations.items()})


def no_signatures(environment: Environment, _board: Board, _operations: Iterable[str]) -> Signatures:
    """Stands for `inspect`: an environment that documents nothing."""
    return Signatures(environment.name)


def fake_environments(folder: Path, installer: FakeInstaller | None = None) -> Environments:
    """Environments that are links to this Python."""
    fake = installer or FakeInstaller(["0.65.0", "0.66.0", "0.80.0", "0.81.1"])
    return Environments(folder, installer=lambda: fake)
