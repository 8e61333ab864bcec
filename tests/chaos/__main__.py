"""`python -m tests.chaos --seed 1 [--good N] [--bad N] [--faults N] [--quiet]`: ends with 0 if nothing was lost,
doubled or wrongly blamed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.chaos.ledger import Recorded, audit, noticed, recorded
from tests.chaos.monkey import Monkey

MODULES = Path(__file__).parent / "modules"
CRASH = frozenset({"fail_crash_hang"})
GOOD = frozenset({"validated", "flaky"})
EXPECTED = {
    "good": GOOD,
    "leak": GOOD,
    "raise": frozenset({"fail_assert_exception"}),
    "oom": frozenset({"fail_l1_out_of_mem"}),
    **dict.fromkeys(("exit", "segfault", "abort", "hang", "sleep_in_c", "stop", "print"), CRASH),
}
# in the order they are thrown, over and over: mostly what happens most
ROUND = (
    *("board process", "board process", "actor", "board process", "raylet", "board process", "head", "driver"),
    *("board process", "stopped actor", *("board process", "board process", "actor") * 4, "board process", "actor"),
)
FARM = (sys.executable, "-m", "farm", "sweep")


def main() -> int:
    """Runs it and prints the table."""
    parser = argparse.ArgumentParser(prog="tests.chaos")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is left to chance")
    parser.add_argument("--good", type=int, default=300, help="vectors that do nothing wrong")
    parser.add_argument("--bad", type=int, default=1, help="vectors of each of ten kinds that do")
    parser.add_argument("--faults", type=int, default=8, help="how many to throw")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between faults, on average")
    parser.add_argument("--seconds", type=float, default=0.03, help="how long a vector takes")
    parser.add_argument("--patience", type=float, default=900.0, help="seconds after which it is given up")
    parser.add_argument("--boards", default="mock:n150*2")
    parser.add_argument("--quiet", action="store_true", help="first run it with no faults, to tell the overhead")
    given = parser.parse_args()
    os.environ.update(CHAOS_GOOD=str(given.good), CHAOS_BAD=str(given.bad), CHAOS_SECONDS=str(given.seconds))
    with tempfile.TemporaryDirectory(prefix="farm-chaos-", ignore_cleanup_errors=True) as folder:
        os.environ["FARM_STATE"] = str(Path(folder) / "state")
        quiet = Run(Path(folder) / "quiet", given.boards).undisturbed() if given.quiet else None
        return Run(Path(folder) / "chaos", given.boards).disturbed(given, quiet)


class Run:
    """One run, however many drivers it takes."""

    def __init__(self, folder: Path, boards: str) -> None:
        folder.mkdir()
        self.store, self.log, self.boards = folder / "farm.db", folder / "log", boards
        self.seen: Recorded = {}
        self.drivers = 0

    def undisturbed(self) -> float:
        """How many seconds it takes when nobody disturbs it."""
        begun = time.monotonic()
        self.driver().wait()
        return time.monotonic() - begun

    def driver(self) -> subprocess.Popen[bytes]:
        """Starts a driver: of a new run, or of the one that is there."""
        what = ["--resume", "last", "--retry-infra"] if self.drivers else ["--sweeps", str(MODULES), "--module", "*"]
        self.drivers += 1
        command = [*FARM, *what, "--boards", self.boards, "--store", str(self.store), "--out", str(self.log) + ".out"]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)

    def disturbed(self, given: argparse.Namespace, quiet: float | None) -> int:
        """Runs it to the end with faults; the exit code."""
        monkey = Monkey(given.seed)
        begun = time.monotonic()
        driver = self.driver()
        while time.monotonic() - begun < given.patience:
            if driver.poll() is not None:
                if self.finished():
                    break
                driver = self.driver()
            due = len(monkey.faults) < given.faults and self.under_way()
            if due:
                time.sleep(monkey.chance.uniform(0.3, 1.7) * given.every)
                self.remember()
                monkey.throw(driver.pid, ROUND[len(monkey.faults) % len(ROUND)])
            else:
                time.sleep(0.1)
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(driver.pid, signal.SIGKILL)
            print(self.log.read_text(errors="replace")[-4000:])
            print(f"not done in {given.patience:.0f} s")
            return 1
        return self.report(monkey, time.monotonic() - begun, quiet)

    def under_way(self) -> bool:
        """Whether the present driver has recorded anything: before that there is nothing to disturb."""
        with contextlib.suppress(Exception):
            return len(recorded(self.store)) > len(self.seen)
        return False

    def remember(self) -> None:
        """What is recorded now must be there, as it is, at the end."""
        self.seen |= recorded(self.store)

    def finished(self) -> bool:
        """Whether every vector has a verdict of its own."""
        from farm.resume import INFRA
        from farm.store import Store

        with Store.open(self.store) as opened:
            runs = opened.runs()
            return bool(runs) and all(
                each.concluded and each.verdict not in INFRA for each in opened.view(runs[0].id).vectors
            )

    def report(self, monkey: Monkey, seconds: float, quiet: float | None) -> int:
        """Prints the table."""
        from farm.store import Store

        with Store.open(self.store) as opened:
            payloads = dict(opened.payloads(opened.runs()[0].id))
        how = {vector: str(payload["values"]["how"]) for vector, payload in payloads.items()}
        ledger = audit(self.store, self.seen, EXPECTED, how)
        waits = sorted(
            wait
            for fault in monkey.faults
            if fault.target != "driver" and (wait := noticed(self.store, fault.at)) is not None
        )
        thrown = Counter(f"{fault.target} {fault.signal}" for fault in monkey.faults)
        for name, count in sorted(thrown.items()):
            print(f"{name:32} {count:6}")
        for kind, count in sorted(Counter(how.values()).items()):
            print(f"vectors that are {kind:15} {count:6}")
        rows = {
            "faults thrown": len(monkey.faults),
            "drivers": self.drivers,
            "vectors planned": ledger.planned,
            "attempts": ledger.attempts,
            "lost": len(ledger.lost),
            "doubled": len(ledger.doubled),
            "wrongly blamed": len(ledger.blamed),
            "seconds": f"{seconds:.1f}",
            "seconds to notice, median": f"{waits[len(waits) // 2]:.2f}" if waits else "-",
            "seconds to notice, most": f"{waits[-1]:.2f}" if waits else "-",
            "seconds of a quiet run": f"{quiet:.1f}" if quiet else "-",
        }
        for name, value in rows.items():
            print(f"{name:32} {value:>6}")
        for wrong in (*ledger.lost, *ledger.doubled, *ledger.blamed):
            print(f"WRONG: {wrong}")
        return 1 if ledger.lost or ledger.doubled or ledger.blamed or ledger.planned == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
