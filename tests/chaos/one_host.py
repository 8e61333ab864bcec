"""Sweeps on this host whose processes are stopped and killed while they run."""

from __future__ import annotations

import tempfile
import time
from argparse import Namespace
from collections import Counter
from pathlib import Path

from tests.chaos.ledger import audit, behaviors, finished, noticed
from tests.chaos.marker import END_SECONDS, left_behind
from tests.chaos.monkey import TARGETS, Monkey
from tests.chaos.run import Run
from tests.chaos.table import Stage
from tests.chaos.vectors import settings, vector_count

# The order in which faults are injected, over and over. The most frequent kind of fault comes most often.
ROUND = (
    *("worker", "worker", "actor", "worker in trouble", "raylet", "keeper", "head", "driver"),
    *("worker suspended", "stopped actor", "driver terminated", "worker", "driver suspended", "actor suspended"),
    *("worker in trouble", "keeper", "worker", "actor terminated", "another driver", "worker", "driver interrupted"),
    *("worker", "worker in trouble", "actor", "worker", "head suspended", "keeper", "driver hung up", "worker"),
    *(
        "keeper",
        "worker",
        "worker in trouble",
        "actor",
        "worker",
        "worker suspended",
        "worker in trouble",
        "stopped keeper",
    ),
)
ANOTHER_DRIVER = "another driver"


def quiet_seconds(options: Namespace) -> float:
    """Run the vectors of one run without faults; return the seconds."""
    with tempfile.TemporaryDirectory(prefix="farm-chaos-", ignore_cleanup_errors=True) as folder:
        return Run(Path(folder) / "run", options.boards, _settings(options)).undisturbed()


class Campaign:
    """Runs one after the other, each with its faults, by one seed."""

    def __init__(self, options: Namespace, seed: int) -> None:
        self._options = options
        self._monkey = Monkey(seed)
        self._steps = 0

    def run(self, faults: int, quiet: float | None = None) -> Stage:
        """Run once; return the results.

        Args:
            faults: how many faults to try to inject.
            quiet: seconds of such a run without faults; None if that was not measured.
        """
        with tempfile.TemporaryDirectory(prefix="farm-chaos-", ignore_cleanup_errors=True) as folder:
            run = Run(Path(folder) / "run", self._options.boards, _settings(self._options))
            return self._disturbed(run, faults, quiet)

    def _disturbed(self, run: Run, faults: int, quiet: float | None) -> Stage:
        """Run with faults, until the run ends or the time is up."""
        options, monkey = self._options, self._monkey
        monkey.faults, others, aborted = [], 0, ""
        start = time.monotonic()
        last = self._steps + faults
        driver = run.driver()
        while True:
            if time.monotonic() - start > options.patience:
                aborted = f"not finished in {options.patience:.0f} s"
                run.kill(driver)
                break
            if driver.poll() is not None:
                if finished(run.store):
                    break
                driver = run.driver()
            if self._steps < last and run.under_way():
                time.sleep(monkey.random.uniform(0.3, 1.7) * options.every)
                run.remember()
                target = ROUND[self._steps % len(ROUND)]
                self._steps += 1
                if target == ANOTHER_DRIVER:  # beside the present one, which must go on
                    run.driver().wait()
                    others += 1
                else:
                    monkey.inject(driver.pid, target)
            else:
                time.sleep(0.1)
        self._steps = last
        seconds = time.monotonic() - start
        monkey.resume()
        behavior = behaviors(run.store)
        injected = Counter(f"{fault.target} {fault.signal}" for fault in monkey.faults)
        return Stage(
            "one host",
            injected + Counter({ANOTHER_DRIVER: others}),
            run.drivers,
            seconds,
            audit(run.store, run.earlier, behavior, vector_count(options.good, options.bad), ended=not aborted),
            Counter(behavior.values()),
            noticed(run.store, [fault.at for fault in monkey.faults if TARGETS[fault.target].pattern]),
            quiet,
            aborted=aborted,
            left_behind=left_behind(run.marker, END_SECONDS),
        )


def _settings(options: Namespace) -> dict[str, str]:
    return settings(options.good, options.bad, options.seconds)
