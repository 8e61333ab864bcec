"""Run fake boards that only sleep, over real Ray: `python -m tests.bench.fakes COUNT BOARDS SECONDS`."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import tempfile
from pathlib import Path

from farm.board.backends.fake import Script, fake_boards
from farm.board.kinds import KINDS
from farm.core.payload import TracedCall, encode
from farm.core.sweep_spec import SweepSpec
from farm.planning.board_setup import BoardSetup
from farm.planning.vectors import Vector
from farm.running.sweep import Sweep, run_sweep
from farm.store import Store
from tests.bench.real import Clock
from tracer.device_config import DeviceConfig

SETUP = BoardSetup.uniform(DeviceConfig(), ["n300"])


def vector(number: int) -> Vector:
    name = f"v{number}"
    return Vector(
        id=name,
        operation=f"ttnn.fake{number % 20}",
        config_hash="",
        content_hash=name,
        device_config=DeviceConfig(),
        device_config_inferred=False,
        text=encode(TracedCall(name, "ttnn.fake")),
        setup=SETUP,
    )


def run(count: int, boards: int, seconds: float) -> dict[str, float]:
    fleet = fake_boards(KINDS["n300"], boards, script=Script(seconds=seconds))
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w", encoding="utf-8") as devnull:
        clock = Clock(devnull)
        with Store.open(Path(folder) / "farm.db") as store:
            run_sweep(Sweep("bench", SweepSpec(), fleet, [vector(number) for number in range(count)]), store, clock)
        database = sqlite3.connect(Path(folder) / "farm.db")
        spans = database.execute(
            "select min(started), max(started + seconds), sum(seconds) from attempts group by board"
        ).fetchall()
        database.close()
    first = min(begin for begin, _, _ in spans)
    # A board counts from its own first vector until the last vector of the run.
    last = max(end for _, end, _ in spans)
    busy = sum(seconds for _, _, seconds in spans) / sum(last - begin for begin, _, _ in spans)
    return {"rate": count / (clock.last - first), "busy": busy, "boards": len(spans)}


if __name__ == "__main__":
    figures = run(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
    print()
    print(json.dumps(figures))
