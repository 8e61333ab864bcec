"""A sweep of vectors that harm the process they run in, between good ones; nothing disturbs it from outside."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

from tests.chaos.ledger import audit, behaviors, harmed
from tests.chaos.marker import left_behind, marked
from tests.chaos.one_host import Run
from tests.chaos.table import Stage
from tests.chaos.vectors import HOSTILE, HOSTILE_MODULES, NEIGHBORS, hostile_count


def hostile(boards: str, each: int) -> Stage:
    """Run the stage.

    Args:
        boards: the boards to run on, as `farm sweep --boards` takes them.
        each: number of vectors for each way to harm a process.
    """
    with tempfile.TemporaryDirectory(prefix="farm-chaos-", ignore_cleanup_errors=True) as folder, marked() as marker:
        os.environ.update(CHAOS_HOSTILE=str(each), FARM_STATE=str(Path(folder) / "state"))
        run = Run(Path(folder) / "hostile", boards, HOSTILE_MODULES)
        seconds = run.undisturbed()
        behavior = behaviors(run.store)
        ledger = audit(run.store, {}, behavior, hostile_count(each), HOSTILE)
        ledger.harmed = harmed(run.store, behavior, NEIGHBORS)
        ways = Counter(how for how in behavior.values() if how not in NEIGHBORS)
        neighbors = Counter(good=len(behavior) - ways.total())
        left = left_behind(marker)
    return Stage("hostile", ways, run.drivers, seconds, ledger, neighbors, left_behind=left)
