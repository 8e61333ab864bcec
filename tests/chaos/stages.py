"""The program of `python -m tests.chaos`, which starts it so that nothing outlives it.

It exits with 0 if nothing was lost, doubled or wrongly blamed, no neighbor was harmed and no process left behind.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import pytest

from tests.chaos.hostile import hostile
from tests.chaos.one_host import Run
from tests.chaos.table import Stage, show
from tests.chaos.three_hosts import three_hosts
from tests.chaos.vectors import settings


def main() -> int:
    """Run the stages and print the table."""
    parser = argparse.ArgumentParser(prog="tests.chaos")
    parser.add_argument("--seed", type=int, default=1, help="seed of all random choices")
    parser.add_argument("--good", type=int, default=300, help="number of vectors that behave")
    parser.add_argument("--bad", type=int, default=1, help="number of vectors for each of ten ways to misbehave")
    parser.add_argument("--hostile", type=int, default=1, help="number of vectors for each way to harm a process")
    parser.add_argument("--faults", type=int, default=8, help="number of faults to inject")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between faults, on average")
    parser.add_argument("--seconds", type=float, default=0.03, help="seconds that a vector takes")
    parser.add_argument("--patience", type=float, default=900.0, help="seconds after which a stage is aborted")
    parser.add_argument("--boards", default="mock:n150*2")
    parser.add_argument("--quiet", action="store_true", help="run without faults first, to measure the overhead")
    parser.add_argument("--no-hosts", action="store_true", help="skip the stage that cuts off and kills three hosts")
    options = parser.parse_args()
    stages = [_one_host(options)]
    if options.hostile:
        stages.append(hostile(options.boards, options.hostile))
    if not options.no_hosts:
        try:
            stages.append(three_hosts(options.patience))
        except pytest.skip.Exception as skipped:
            print(f"the stage of three hosts is skipped: {skipped.msg}")
    show(stages)
    return 0 if all(stage.sound for stage in stages) else 1


def _one_host(options: argparse.Namespace) -> Stage:
    os.environ.update(settings(options.good, options.bad, options.seconds))
    with tempfile.TemporaryDirectory(prefix="farm-chaos-", ignore_cleanup_errors=True) as folder:
        os.environ["FARM_STATE"] = str(Path(folder) / "state")
        quiet = Run(Path(folder) / "quiet", options.boards).undisturbed() if options.quiet else None
        return Run(Path(folder) / "chaos", options.boards).disturbed(options, quiet)


if __name__ == "__main__":
    sys.exit(main())
