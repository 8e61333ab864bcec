"""A sweep of vectors that harm the process they run in, between good ones; nothing disturbs it from outside."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from farm.core.isolation import Isolation
from tests.chaos.ledger import audit, behaviors, harmed, unexplained
from tests.chaos.marker import left_behind
from tests.chaos.run import Run
from tests.chaos.table import Stage
from tests.chaos.vectors import HOSTILE, HOSTILE_MODULES, NEIGHBORS, WORKER_MEMORY, hostile_count, hostile_settings

ISOLATED_WAYS = (
    *("fork that returns", "fork that stays", "daemon", "program that stays", "closed descriptors", "SystemExit"),
    *("gone directory", "ignored signals", "replaced operation", "threads", "endless line of output", "memory"),
)
"""The ways of the stages in which each vector has a worker of its own, which takes seconds."""


def hostile(boards: str, each: int, ways: Collection[str] = (), isolation: Isolation | None = None) -> Stage:
    """Run the stage.

    Args:
        boards: the boards to run on, as `farm sweep --boards` takes them.
        each: number of vectors for each way to harm a process.
        ways: only these ways; all if empty.
        isolation: how its vectors are kept apart; None if they share workers.
    """
    options = ["--worker-memory", WORKER_MEMORY]
    if isolation is not None:
        options += ["--isolate", isolation.value]
    with tempfile.TemporaryDirectory(prefix="farm-chaos-", ignore_cleanup_errors=True) as folder:
        run = Run(Path(folder) / "run", boards, hostile_settings(each, ways), HOSTILE_MODULES, options=options)
        seconds = run.undisturbed()
        behavior = behaviors(run.store)
        ledger = audit(run.store, {}, behavior, hostile_count(each, ways), HOSTILE)
        ledger.blamed += unexplained(run.store, behavior)
        ledger.harmed = harmed(run.store, behavior, NEIGHBORS)
        harm = Counter(how for how in behavior.values() if how not in NEIGHBORS)
        neighbors = Counter(good=len(behavior) - harm.total())
        left = left_behind(run.marker)
        if not behavior:
            print(run.log())
    name = "hostile" if isolation is None else f"hostile, {isolation.value}"
    return Stage(name, harm, run.drivers, seconds, ledger, neighbors, left_behind=left)
