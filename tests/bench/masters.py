"""Measure how long a large master takes to read, and to merge into: `python -m tests.bench.masters CONFIGURATIONS`."""

from __future__ import annotations

import copy
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tracer.master.master import Master, shipped


def large(count: int, first: int = 0) -> dict[str, Any]:
    """Repeat the shipped master's configurations, each made different by one argument."""
    raw = json.loads(shipped().read_text(encoding="utf-8"))
    originals = [(name, one) for name, entry in raw["operations"].items() for one in entry["configurations"]]
    operations: dict[str, Any] = {}
    for number in range(first, first + count):
        name, original = originals[number % len(originals)]
        variant = copy.deepcopy(original)
        variant["arguments"]["place"] = number
        del variant["config_hash"]
        operations.setdefault(name, {"configurations": []})["configurations"].append(variant)
    return {"metadata": {}, "operations": operations}


def best(run: Callable[[], object], times: int = 3) -> float:
    """Run something several times; return the seconds of the quickest run."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def main(count: int) -> dict[str, float]:
    """Measure the seconds to read the JSON, to read the master, and to merge a tenth as many configurations into it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.json"
        path.write_text(json.dumps(large(count)), encoding="utf-8")
        data = path.read_text(encoding="utf-8")
        plain = best(lambda: json.loads(data))
        loading = best(lambda: Master.read(path))
        master, more = Master.read(path), Master.parse(large(count // 10, first=count - count // 20))
        start = time.perf_counter()
        master.merge(more)
        merging = time.perf_counter() - start
    return {"bytes": len(data), "json": plain, "load": loading, "merge": merging}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
