"""Measure the driver's memory over a run whose results are recorded: `python -m tests.bench.memory COUNT`."""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from farm.board.backends.fake import Script, fake_boards
from farm.board.kinds import KINDS
from farm.cluster.fleet import BatchDone, FleetEvent, Outcomes, Started
from farm.core.board import Board, WorkerInfo
from farm.core.gc_tuning import fewer_collections
from farm.core.log import BoardLog
from farm.core.outcome import Outcome
from farm.core.payload import EncodedVector
from farm.core.verdicts import Verdict
from farm.running.driver import Driver
from farm.running.plain import PlainProgress
from farm.store import RunInfo, Store
from tests.bench.fakes import vector
from tracer.device_config import DeviceConfig


class InstantFleet:  # its methods' parameters are those of `farm.cluster.fleet.Fleet`
    """A fleet whose vectors end at once."""

    def __init__(self) -> None:
        self._events: deque[FleetEvent] = deque()

    def start(self, board: Board) -> None:
        self._events.append(Started(board.id, WorkerInfo()))

    def run(self, board: str, batch: int, config: DeviceConfig, vectors: Sequence[EncodedVector]) -> None:  # noqa: ARG002
        now = time.time()
        outcomes = [Outcome(each.id, Verdict.VALIDATED, started=now, seconds=0.001) for each in vectors]
        self._events += (Outcomes(batch, outcomes), BatchDone(board, batch))

    def stop(self, board: str) -> None:
        raise NotImplementedError

    drop = stop

    def wait(self, seconds: float) -> list[FleetEvent]:  # noqa: ARG002 - as above
        events, self._events = list(self._events), deque()
        return events

    def close(self, seconds: float) -> dict[str, tuple[int, int]]:
        raise NotImplementedError

    def logs(self, *, remote: bool = True) -> dict[str, BoardLog]:
        raise NotImplementedError


def resident(count: int) -> dict[str, float]:
    """Return the peak of the driver process's memory during a run, in megabytes, and its results per second."""
    boards = fake_boards(KINDS["n300"], 4, script=Script())
    peak = 0.0
    start = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(os.devnull).open("w", encoding="utf-8") as devnull,
        Store.open(Path(folder) / "farm.db") as store,
    ):
        run_id = store.start_run(RunInfo("bench"))
        store.plan(run_id, (vector(number) for number in range(count)))
        driver = Driver(run_id, boards, InstantFleet(), store, PlainProgress(devnull))
        driver.start()

        def sample() -> bool:
            nonlocal peak
            pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
            peak = max(peak, pages * resource.getpagesize() / 1e6)
            return False

        with fewer_collections():
            driver.run((vector(number) for number in range(count)), sample)
    return {"megabytes": peak, "rate": count / (time.perf_counter() - start)}


if __name__ == "__main__":
    print(json.dumps(resident(int(sys.argv[1]))))
