"""Measure the memory that reading a capture takes: `python -m tests.bench.captures FORMAT MEGABYTES`."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from tests.tracer.formats.samples import record, report, tensor
from tracer.master.master import Master

DISTINCT = 500
"""Configurations in a capture, however many calls it has."""


def calls() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield operations with the text of their arguments; the ids of tensors are new in each call."""
    for number in count():
        shape = [1, 32 * (number % DISTINCT + 1)]
        yield "ttnn.add", {"0": tensor(2 * number, shape), "1": tensor(2 * number + 1, shape), "dtype": "None"}


def graph_capture(path: Path, size: int) -> None:
    """Write a graph capture of about this many bytes."""
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for number, (name, arguments) in enumerate(calls()):
            file.write(", " * (number > 0) + json.dumps(record(name, arguments=arguments, output_tensor_ids=[number])))
            if file.tell() > size:
                break
        file.write("]")


def graph_report(path: Path, size: int) -> None:
    """Write ttnn's graph, alone, of about this many bytes."""
    node: dict[str, Any] = {"arguments": [], "connections": [], "input_tensors": [], "params": {}}
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps({"cluster_descriptor": "", "devices": []})[:-1] + ', "graph": [')
        file.write(json.dumps({**node, "counter": 0, "node_type": "capture_start", "stacking_level": 0}))
        for number, (name, arguments) in enumerate(calls(), start=1):
            begin = {**node, "arguments": list(arguments.values()), "params": {"name": name}, "counter": number}
            file.write(", " + json.dumps({**begin, "node_type": "function_start", "stacking_level": 1}))
            if file.tell() > size:
                break
        file.write("]}")


def visualizer_report(path: Path, size: int) -> None:
    """Write a report for ttnn-visualizer of about this many bytes."""
    database = report(path, {})
    for number, (name, arguments) in enumerate(calls()):
        database.execute("INSERT INTO operations VALUES (?, ?, 0.5)", (number, name))
        rows = [(number, *each) for each in arguments.items()]
        database.executemany("INSERT INTO operation_arguments VALUES (?, ?, ?)", rows)
        if number % 1000 == 0:
            database.commit()
            if path.stat().st_size > size:
                break
    database.commit()
    database.close()


WRITERS: dict[str, Callable[[Path, int], None]] = {
    each.__name__: each for each in (graph_capture, graph_report, visualizer_report)
}


def reading(kind: str, megabytes: int) -> dict[str, float]:
    """Return the peak of the process's memory in megabytes, the seconds that reading took, and the calls."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "capture"
        WRITERS[kind](path, megabytes * 1_000_000)
        start = time.perf_counter()
        master = Master.read(path)
        seconds = time.perf_counter() - start
    assert master.trace is not None
    assert len(master) == DISTINCT
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"megabytes": peak, "seconds": seconds, "calls": master.trace.calls}


if __name__ == "__main__":
    print(json.dumps(reading(sys.argv[1], int(sys.argv[2]))))
