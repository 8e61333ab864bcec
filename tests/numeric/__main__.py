"""`python -m tests.numeric`: what farm's judgement of numbers is worth, without a board.

bendings    each kind of operation, bent in each way: a table in Markdown; exit 1 where one is missed
operations  every registered operation in several dtypes, right and bent: exit 1 where one is judged wrongly
masters     every configuration of masters, unbent: exit 1 on a false failure
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from farm.board.backends.mock import mock_environment
from farm.board.environment import QUIET
from farm.board.kinds import KINDS


def main() -> int:
    """Run one of the two programs."""
    parser = argparse.ArgumentParser(prog="python -m tests.numeric", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    bendings = commands.add_parser("bendings", help="each kind of operation, bent in each way")
    bendings.add_argument("--json", action="store_true", help="print every cell as JSON")
    operations = commands.add_parser("operations", help="every registered operation in several dtypes")
    operations.add_argument("names", nargs="*", help="operations; default: all")
    operations.add_argument("--dtype", action="append", default=[], help="only this dtype; repeatable")
    operations.add_argument("--json", action="store_true", help="print every row as JSON")
    masters = commands.add_parser("masters", help="every configuration of masters, unbent")
    masters.add_argument("files", type=Path, nargs="*", help="default: the master that farm ships")
    masters.add_argument("--op", action="append", default=[], help="only this operation; repeatable")
    masters.add_argument("--seeds", type=int, default=3, help="how many seeds of inputs; default 3")
    masters.add_argument("--smallest", action="store_true", help="of each operation only the smallest configuration")
    masters.add_argument("--honest", action="store_true", help="with the roundings of hardware")
    masters.add_argument("-v", "--verbose", action="store_true", help="say what each run came to")
    masters.add_argument("--json", action="store_true", help="print the counts as JSON")
    options = parser.parse_args()
    files = [path.absolute() for path in getattr(options, "files", ())]
    os.environ.update({**QUIET, **os.environ, **mock_environment(KINDS["n300"])})
    with tempfile.TemporaryDirectory(prefix="numeric-") as folder:
        before = Path.cwd()
        os.chdir(folder)  # ttnn writes files into the working directory
        try:
            if options.command == "operations":
                return _operations(options)
            return _bendings(options) if options.command == "bendings" else _masters(options, files)
        finally:
            os.chdir(before)


def _bendings(options: argparse.Namespace) -> int:
    from tests.numeric.samples import SAMPLES
    from tests.numeric.table import Bench, markdown

    with Bench() as bench:
        entries = [entry for sample in SAMPLES for entry in bench.entries(sample)]
    if options.json:
        print(json.dumps([each.as_json() for each in entries]))
    else:
        print(markdown(entries))
    return 1 if any(each.cell.bad for each in entries) else 0


def _operations(options: argparse.Namespace) -> int:
    from tests.numeric.operations import BENT, DTYPES, rows

    found = []
    for row in rows(options.names, tuple(options.dtype) or DTYPES):
        found.append(row)
        if not options.json:
            bent = " ".join(f"{row.bent.get(name, ''):7}" for name in BENT)
            why = f" {row.tolerance}: {row.says}" if row.bad else ""
            print(f"{row.operation:56} {row.dtype:10} {row.unbent:28} {row.honest:8} {bent}{why}", flush=True)
    if options.json:
        print(json.dumps([each.as_json() for each in found]))
    else:
        judged = [each for each in found if each.unbent == "pass"]
        bad = sum(each.bad for each in found)
        print(f"{len({each.operation for each in found})} operations, {len(judged)} calls judged, {bad} wrongly")
    return 1 if any(each.bad for each in found) else 0


def _masters(options: argparse.Namespace, files: list[Path]) -> int:
    from tests.numeric.run import runs
    from tracer.master.master import Master, shipped

    counts: Counter[tuple[str, str]] = Counter()
    failures: list[dict[str, Any]] = []
    for path in files or [shipped()]:
        master, seeds = Master.read(path), range(options.seeds)
        for run in runs(master, options.op, seeds=seeds, smallest=options.smallest, honest=options.honest):
            counts[run.vector.operation, run.word] += 1
            if options.verbose:
                print(f"{run.vector.operation} {run.vector.id}: {run.word}: {run.outcome.message}", file=sys.stderr)
            if run.is_false_failure:
                failures.append(run.as_json())
                print(f"{run.vector.operation} {run.vector.id} seed {run.seed}: {run.outcome.message}", file=sys.stderr)
    if options.json:
        rows = [{"operation": operation, "word": word, "count": count} for (operation, word), count in counts.items()]
        print(json.dumps({"counts": rows, "failures": failures}))
        return 1 if failures else 0
    for (operation, word), count in sorted(counts.items()):
        print(f"{operation:60} {word:44} {count:6}")
    compared = sum(count for (_, word), count in counts.items() if word == "pass")
    print(f"{sum(counts.values())} runs, {compared} compared and right, {len(failures)} false failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
