"""How long a large master takes to read and to merge into: `python -m tests.bench.masters CONFIGURATIONS`."""

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
    """The shipped master's configurations again and again, each with a shape and sources of its own."""
    raw = json.loads(shipped().read_text(encoding="utf-8"))
    each = [(name, one) for name, entry in raw["operations"].items() for one in entry["configurations"]]
    operations: dict[str, Any] = {}
    for number in range(first, first + count):
        name, one = each[number % len(each)]
        own = copy.deepcopy(one)
        own["arguments"]["place"] = number
        del own["config_hash"]
        operations.setdefault(name, {"configurations": []})["configurations"].append(own)
    return {"metadata": {}, "operations": operations}


def best(run: Callable[[], object], times: int = 3) -> float:
    """The least seconds of several runs."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        found.append(time.perf_counter() - began)
    return min(found)


def main(count: int) -> dict[str, float]:
    """Seconds to read the JSON, the master, and to merge a tenth as many configurations into it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.json"
        path.write_text(json.dumps(large(count)), encoding="utf-8")
        data = path.read_text(encoding="utf-8")
        plain = best(lambda: json.loads(data))
        loading = best(lambda: Master.read(path))
        master, more = Master.read(path), Master.parse(large(count // 10, first=count - count // 20))
        began = time.perf_counter()
        master.merge(more)
        merging = time.perf_counter() - began
    return {"bytes": len(data), "json": plain, "load": loading, "merge": merging}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
