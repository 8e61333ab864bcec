"""Run vectors of the shipped master on real ttnn: `python -m tests.bench.real bare COUNT`, or `farm COUNT BOARDS`.

The bare loop is one process. It rebuilds each configuration's arguments and calls the operation. It checks no output
and records nothing.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from farm.board.backends.mock import mock_environment
from farm.board.selection import select_boards
from farm.core.attempt import Conclusion
from farm.core.board import Board
from farm.core.payload import TracedCall, encode
from farm.planning.vectors import Vector, plan
from farm.running.plain import PlainProgress
from tracer.master.master import Master, shipped


def vectors(count: int, boards: Sequence[Board]) -> list[Vector]:
    """Repeat the shipped master's vectors, each under an id of its own."""
    planned = plan(Master.read(shipped()), [], dict.fromkeys(board.kind for board in boards))
    originals = [vector for vector in planned if not vector.unrunnable]
    copies = []
    for number in range(count):
        vector = originals[number % len(originals)]
        name = f"{vector.id}-{number}"
        copies.append(replace(vector, id=name, text=encode(replace(vector.payload, id=name))))
    return copies


def prepare() -> Board:
    """Make this process see one mock board, in a folder of its own."""
    [board] = select_boards("mock:n300")
    os.environ.update(mock_environment(board.kind))
    os.chdir(tempfile.mkdtemp(prefix="farm-speed-"))
    return board


def caller(session: Any) -> Any:
    """Return a function that makes a payload's call on the board that a session holds open."""
    from farm.worker.binding import bind
    from farm.worker.tensor_defaults import complete
    from tracer.signatures import overloads
    from tracer.values import decode as decode_value
    from tracer.values.live import Rebuilder, enum_members
    from tracer.values.operations import find_operation

    rebuilder = Rebuilder(session._runner.device)

    def call(payload: TracedCall) -> Any:
        operation = find_operation(payload.operation)
        arguments, _ = complete({name: decode_value(raw) for name, raw in payload.arguments.items()})
        bound = bind(arguments, overloads(operation), enum_members)
        positional = [rebuilder.live(value) for value in bound.positional]
        return operation(*positional, **{name: rebuilder.live(value) for name, value in bound.keywords.items()})

    return call


def bare(count: int) -> dict[str, float]:
    """Run vectors in a bare loop; return its rate, in vectors per second."""
    board = prepare()
    groups: defaultdict[Any, list[Any]] = defaultdict(list)
    for vector in vectors(count, [board]):
        groups[vector.device_config].append(vector.payload)
    from farm.worker.session import Session

    session = Session(computes=False)
    start = 0.0
    for config, payloads in groups.items():
        session.open(config)
        call = caller(session)
        start = start or time.perf_counter()
        for payload in payloads:
            call(payload)
    seconds = time.perf_counter() - start
    session.close()
    return {"rate": count / seconds}


class Clock(PlainProgress):
    """Remember when the last vector was recorded as concluded."""

    last = 0.0

    def concluded(self, conclusion: Conclusion, operation: str) -> None:
        self.last = time.time()
        super().concluded(conclusion, operation)


def farm(count: int, spec: str) -> dict[str, float]:
    """Run vectors by a sweep.

    Returns:
        Vectors per second, the boards' busy share, and the seconds to the last result.
    """
    from farm.core.sweep_spec import SweepSpec
    from farm.running.sweep import Sweep, run_sweep
    from farm.store import Store

    boards = select_boards(spec)
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w", encoding="utf-8") as devnull:
        clock = Clock(devnull)
        start = time.time()
        with Store.open(Path(folder) / "farm.db") as store:
            run_sweep(Sweep("bench", SweepSpec(), boards, vectors(count, boards)), store, clock)
        database = sqlite3.connect(Path(folder) / "farm.db")
        first, busy, ended = database.execute("select min(started), sum(seconds), count(*) from attempts").fetchone()
        database.close()
    assert ended >= count
    span = clock.last - first
    return {"rate": count / span, "busy": busy / span / len(boards), "total": clock.last - start}


if __name__ == "__main__":
    mode, number = sys.argv[1], int(sys.argv[2])
    figures = bare(number) if mode == "bare" else farm(number, sys.argv[3])
    print()
    print(json.dumps(figures))
