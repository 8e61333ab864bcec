"""The program of `python -m tests.chaos`, which starts it so that nothing outlives it.

It exits with 0 if nothing was lost, doubled or wrongly blamed, no neighbor was harmed and no process left behind.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from farm.core.isolation import Isolation
from tests.chaos.hostile import ISOLATED_WAYS, hostile
from tests.chaos.lanes import Goal, run_lanes
from tests.chaos.one_host import Campaign, quiet_seconds
from tests.chaos.store_away import store_away
from tests.chaos.table import Stage, show
from tests.chaos.three_hosts import three_hosts

LONG = {
    "good": 2600,
    "hostile": 2,
    "faults": 58,
    "every": 0.3,
    "quiet": True,
    "isolate": [Isolation.PROCESS, Isolation.CONTAINER],
    "database": True,
    "all_faults": 600,
    "all_vectors": 20_000,
    "lanes": 2,
}
"""What `--long` stands for."""


def main() -> int:
    """Run the stages and print the table."""
    options = _options(sys.argv[1:])
    goal = Goal(options.all_faults, options.all_vectors, options.minutes * 60.0)
    quiet = quiet_seconds(options) if options.quiet else None
    if not options.no_hosts:  # beside nothing else, since its hosts judge each other by how soon they answer
        for stage in _tried("the stage of three hosts", lambda: three_hosts(options.patience)):
            goal.add(stage)
    campaigns = [Campaign(options, options.seed + lane) for lane in range(options.lanes)]
    run_lanes(goal, [partial(each.run, options.faults, quiet) for each in campaigns], _once(options))
    show(goal.columns())
    if missing := goal.missing():
        print(f"NOT FINISHED: {missing}")
    return 0 if goal.is_sound() and not missing else 1


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.chaos")
    parser.add_argument("--seed", type=int, default=1, help="seed of all random choices")
    parser.add_argument("--good", type=int, default=300, help="number of vectors of a run that behave")
    parser.add_argument("--bad", type=int, default=1, help="number of vectors for each of ten ways to misbehave")
    parser.add_argument("--hostile", type=int, default=1, help="number of vectors for each way to harm a process")
    parser.add_argument("--faults", type=int, default=8, help="number of faults to inject into a run")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between faults, on average")
    parser.add_argument("--seconds", type=float, default=0.03, help="seconds that a vector takes")
    parser.add_argument("--patience", type=float, default=900.0, help="seconds after which a stage is aborted")
    parser.add_argument("--boards", default="mock:n150*2")
    parser.add_argument("--quiet", action="store_true", help="run without faults first, to measure the overhead")
    parser.add_argument("--no-hosts", action="store_true", help="skip the stage that cuts off and kills three hosts")
    parser.add_argument(
        "--database", action="store_true", help="also pause, cut off and stop a PostgreSQL server that is the store"
    )
    parser.add_argument(
        "--isolate",
        type=Isolation,
        action="append",
        metavar="process|container",
        default=[],
        choices=[Isolation.PROCESS, Isolation.CONTAINER],
        help="also run some hostile vectors so isolated; may be given twice",
    )
    parser.add_argument("--all-faults", type=int, default=0, help="go on with runs until there were so many faults")
    parser.add_argument("--all-vectors", type=int, default=0, help="and so many vectors, in all stages")
    parser.add_argument("--lanes", type=int, default=1, help="how many runs at once")
    parser.add_argument("--minutes", type=float, default=40.0, help="start no more runs after so many minutes")
    words_of_long = " ".join(f"{name}={value}" for name, value in LONG.items() if not isinstance(value, list))
    parser.add_argument(
        "--long", action="store_true", help=f"every stage, and 600 faults among 20,000 vectors: {words_of_long}"
    )
    if "--long" in words:
        parser.set_defaults(**LONG)
    return parser.parse_args(words)


def _once(options: argparse.Namespace) -> list[Callable[[], list[Stage]]]:
    """The stages that run once, on this host."""
    stages: list[Callable[[], list[Stage]]] = []
    if options.database:
        stages.append(lambda: _tried("the stage of the store", lambda: store_away(options.boards, options.patience)))
    if options.hostile:
        stages.append(lambda: [hostile(options.boards, options.hostile)])
    for isolation in options.isolate:
        if isolation is Isolation.CONTAINER and not _has_containers():
            print("the stage of containers is skipped: bubblewrap doesn't work here")
            continue
        stages.append(partial(_isolated, options.boards, isolation))
    return stages


def _isolated(boards: str, isolation: Isolation) -> list[Stage]:
    return [hostile(boards, 1, ISOLATED_WAYS, isolation)]


def _tried(what: str, stage: Callable[[], Stage]) -> list[Stage]:
    try:
        return [stage()]
    except pytest.skip.Exception as skipped:
        print(f"{what} is skipped: {skipped.msg}")
        return []


def _has_containers() -> bool:
    trial = ["bwrap", "--ro-bind", "/", "/", "true"]
    return shutil.which("bwrap") is not None and subprocess.run(trial, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
