"""Measure how many results per second a store records: `python -m tests.bench.recording`."""

from __future__ import annotations

import json
import tempfile
import time
from itertools import islice
from pathlib import Path

from farm.store import RunInfo, Store
from tests.farm.store_helpers import Planned, attempt

ROUNDS, BATCHES, SIZE = 6, 20, 50


def rate() -> float:
    """Return the recorded results per second, in batches of `SIZE`: the best of `ROUNDS`."""
    best = 0.0
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "farm.db") as store:
        run_id = store.start_run(RunInfo("bench"))
        ids = [str(number) for number in range(ROUNDS * BATCHES * SIZE)]
        store.plan(run_id, map(Planned, ids))
        remaining = iter(ids)
        for _ in range(ROUNDS):
            start = time.perf_counter()
            for _ in range(BATCHES):
                store.record(run_id, [attempt(vector_id) for vector_id in islice(remaining, SIZE)])
            best = max(best, BATCHES * SIZE / (time.perf_counter() - start))
    return best


if __name__ == "__main__":
    print(json.dumps({"rate": rate()}))
