"""`python -m tests.chaos --seed 1 [--good N] [--bad N] [--faults N] [--quiet] [--no-hosts]`: ends with 0 if nothing was
lost, doubled or wrongly blamed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import pytest

from tests.chaos.one_host import Run
from tests.chaos.table import Stage, show
from tests.chaos.three_hosts import three_hosts
from tests.chaos.vectors import settings


def main() -> int:
    """Runs its stages and prints the table."""
    parser = argparse.ArgumentParser(prog="tests.chaos")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is left to chance")
    parser.add_argument("--good", type=int, default=300, help="vectors that do nothing wrong")
    parser.add_argument("--bad", type=int, default=1, help="vectors of each of ten kinds that do")
    parser.add_argument("--faults", type=int, default=8, help="how many to throw")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between faults, on average")
    parser.add_argument("--seconds", type=float, default=0.03, help="how long a vector takes")
    parser.add_argument("--patience", type=float, default=900.0, help="seconds after which a stage is given up")
    parser.add_argument("--boards", default="mock:n150*2")
    parser.add_argument("--quiet", action="store_true", help="first run it with no faults, to tell the overhead")
    parser.add_argument(
        "--no-hosts", action="store_true", help="leave out the losses of hosts, of which three are made"
    )
    given = parser.parse_args()
    stages = [_one_host(given)]
    if not given.no_hosts:
        try:
            stages.append(three_hosts(given.patience))
        except pytest.skip.Exception as skipped:
            print(f"three hosts are left out: {skipped.msg}")
    show(stages)
    return 0 if all(stage.sound for stage in stages) else 1


def _one_host(given: argparse.Namespace) -> Stage:
    os.environ.update(settings(given.good, given.bad, given.seconds))
    with tempfile.TemporaryDirectory(prefix="farm-chaos-", ignore_cleanup_errors=True) as folder:
        os.environ["FARM_STATE"] = str(Path(folder) / "state")
        quiet = Run(Path(folder) / "quiet", given.boards).undisturbed() if given.quiet else None
        return Run(Path(folder) / "chaos", given.boards).disturbed(given, quiet)


if __name__ == "__main__":
    sys.exit(main())
