"""A sweep on this host whose processes are stopped and killed while it runs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from collections import Counter
from pathlib import Path

from tests.chaos.ledger import Recorded, audit, behaviors, finished, noticed, recorded
from tests.chaos.monkey import TARGETS, Monkey
from tests.chaos.table import Stage
from tests.chaos.vectors import MODULES, vector_count

# The order in which faults are injected, over and over. The most frequent kind of fault comes most often.
ROUND = (
    *("worker", "worker", "actor", "worker in trouble", "raylet", "keeper", "head", "driver"),
    *("worker suspended", "stopped actor", "driver terminated", "worker", "driver suspended", "actor suspended"),
    *("worker in trouble", "keeper", "worker", "actor terminated", "another driver", "worker", "driver interrupted"),
    *("worker", "worker in trouble", "actor", "worker", "head suspended", "keeper", "driver hung up", "worker"),
)
ANOTHER_DRIVER = "another driver"
FARM = (sys.executable, "-m", "farm", "sweep")
LOG_TAIL = 4000


class Run:
    """One run, by as many drivers as it needs."""

    def __init__(self, folder: Path, boards: str, modules: Path = MODULES) -> None:
        folder.mkdir()
        self.store, self.log, self.boards = folder / "farm.db", folder / "log", boards
        self.modules = modules
        self.earlier: Recorded = {}
        self.drivers = self.others = 0

    def undisturbed(self) -> float:
        """Run without faults; return the seconds."""
        start = time.monotonic()
        self.driver().wait()
        return time.monotonic() - start

    def driver(self) -> subprocess.Popen[bytes]:
        """Start a driver: of a new run, or of the run that exists."""
        selection = (
            ["--resume", "last", "--retry-infra"] if self.drivers else ["--sweeps", str(self.modules), "--module", "*"]
        )
        self.drivers += 1
        command = [
            *FARM,
            *selection,
            "--boards",
            self.boards,
            "--store",
            str(self.store),
            "--out",
            str(self.log) + ".out",
        ]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)

    def disturbed(self, options: Namespace, quiet: float | None) -> Stage:
        """Run with faults, until the run ends or the time is up."""
        monkey = Monkey(options.seed)
        start = time.monotonic()
        aborted, step = "", 0
        driver = self.driver()
        while True:
            if time.monotonic() - start > options.patience:
                aborted = f"not finished in {options.patience:.0f} s"
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(driver.pid, signal.SIGKILL)
                driver.wait()
                print(self.log.read_text(errors="replace")[-LOG_TAIL:])
                break
            if driver.poll() is not None:
                if finished(self.store):
                    break
                driver = self.driver()
            due = step < options.faults and self.under_way()
            if due:
                time.sleep(monkey.random.uniform(0.3, 1.7) * options.every)
                self.remember()
                target = ROUND[step % len(ROUND)]
                step += 1
                if target == ANOTHER_DRIVER:  # beside the present one, which must go on
                    self.driver().wait()
                    self.others += 1
                else:
                    monkey.inject(driver.pid, target)
            else:
                time.sleep(0.1)
        seconds = time.monotonic() - start
        behavior = behaviors(self.store)
        return Stage(
            "one host",
            Counter(f"{fault.target} {fault.signal}" for fault in monkey.faults)
            + Counter({ANOTHER_DRIVER: self.others}),
            self.drivers,
            seconds,
            audit(self.store, self.earlier, behavior, vector_count(options.good, options.bad), ended=not aborted),
            Counter(behavior.values()),
            noticed(self.store, [fault.at for fault in monkey.faults if TARGETS[fault.target].pattern]),
            quiet,
            aborted=aborted,
        )

    def under_way(self) -> bool:
        """Return whether the present driver has recorded anything; before that there is nothing to disturb."""
        with contextlib.suppress(Exception):
            return len(recorded(self.store)) > len(self.earlier)
        return False

    def remember(self) -> None:
        """Remember what is recorded now: it must be unchanged at the end."""
        self.earlier |= recorded(self.store)
