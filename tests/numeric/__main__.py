"""`python -m tests.numeric`: every configuration of masters on the numeric double; exit 1 on a false failure."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

from farm.board.backends.mock import mock_environment
from farm.board.environment import QUIET
from farm.board.kinds import KINDS


def main() -> int:
    """Run the program."""
    parser = argparse.ArgumentParser(prog="tests.numeric")
    parser.add_argument("--master", type=Path, action="append", default=[])
    parser.add_argument("--op", action="append", default=[])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    masters = [path.absolute() for path in options.master]
    os.environ.update({**QUIET, **os.environ, **mock_environment(KINDS["n300"])})
    os.chdir(tempfile.mkdtemp(prefix="numeric-"))  # ttnn writes files into the working directory
    from tests.numeric.run import runs
    from tracer.master.master import Master, shipped

    counts: Counter[tuple[str, str]] = Counter()
    false = 0
    for path in masters or [shipped()]:
        for run in runs(Master.read(path), options.op, seeds=range(options.seeds)):
            outcome = run.outcome
            word = f"{outcome.verdict.value} {outcome.reason.value}".strip()
            counts[run.vector.operation, word] += 1
            if outcome.verdict.failed or outcome.verdict.fault:
                false += 1
            if options.verbose or outcome.verdict.failed or outcome.verdict.fault:
                print(
                    f"{run.vector.operation} {run.vector.id} seed {run.seed}: {word}: {outcome.message[:300]}",
                    flush=True,
                )
    for (operation, word), count in sorted(counts.items()):
        print(f"{operation:60} {word:40} {count:6}")
    print(f"{sum(counts.values())} runs, {false} false failures")
    return 1 if false else 0


if __name__ == "__main__":
    sys.exit(main())
