"""A small run to record and report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from farm.board.kinds import KINDS
from farm.core.attempt import Attempt, Conclusion
from farm.core.board import Board
from farm.core.outcome import Outcome
from farm.core.payload import TracedCall
from farm.core.verdicts import Reason, Verdict
from farm.store import Ended, RunBoard, RunInfo, Store
from tracer.device_config import DeviceConfig

MOCK = Board("mock:n300:0", "mock", KINDS["n300"], computes=False)


@dataclass(frozen=True)
class Planned:
    id: str
    operation: str = "ttnn.add"
    config_hash: str = "c" * 64
    content_hash: str = "d" * 64
    former_content_hash: str = ""
    device_config: DeviceConfig = field(default_factory=DeviceConfig)
    device_config_inferred: bool = False
    payload: dict[str, Any] = field(default_factory=lambda: TracedCall("v", "ttnn.add").as_json())
    sources: tuple[str, ...] = ("models/demo",)
    lost: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return json.dumps(self.payload)


def attempt(vector_id: str, verdict: Verdict = Verdict.VALIDATED, number: int = 1, message: str = "") -> Attempt:
    """An attempt on `MOCK` that took 0.25 s."""
    return Attempt(number, MOCK.id, Outcome(vector_id, verdict, message=message, seconds=0.25))


def recorded_run(
    store: Store,
    endings: Sequence[tuple[Verdict, Reason, str]],
    *,
    ended: Ended | None = Ended.COMPLETED,
    started: float = 1_700_000_000.0,
) -> str:
    """A run whose vectors `v0`, `v1`, ... end so; those not run have no attempt."""
    run_id = store.start_run(RunInfo("farm sweep --suite model_traced", suite="model_traced", started=started))
    store.board(run_id, RunBoard(MOCK, host="here", ttnn_version="0.66.0"))
    store.plan(run_id, [Planned(f"v{at}") for at in range(len(endings))])
    for at, (verdict, reason, message) in enumerate(endings):
        if verdict is not Verdict.NOT_RUN:
            outcome = Outcome(f"v{at}", verdict, reason, message, started=1_700_000_001.0, seconds=0.5)
            store.record(run_id, [Attempt(1, MOCK.id, outcome)])
        store.conclude(run_id, [Conclusion(f"v{at}", verdict, reason, message)])
    if ended is not None:
        store.finish_run(run_id, ended, finished=1_700_000_010.0)
    return run_id
