"""Open a mock board with every released ttnn, and print a table of which ones do: `python -m tests.versions`.

Each version has an environment of its own, which is made where it isn't there (330 MB each, in the user's cache
folder). A version counts as good if its board opens, passes farm's check, opens again with warm kernels, and runs an
operation of each kind.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS, kind_named
from farm.board.protocol import WorkerError
from farm.board.worker_handle import WorkerProcess
from farm.core.board import BoardKind
from farm.core.errors import FarmError
from farm.core.payload import EncodedVector, TracedCall, encode
from farm.core.verdicts import Verdict
from farm.versions.environments import Environment, Environments
from farm.versions.sources import Released
from tracer.device_config import DeviceConfig
from tracer.values import Tensor, Value
from tracer.values import encode as encode_value

FIRST = "0.66.0"
"""The oldest version that farm supports."""
OPEN_SECONDS = 120.0
_TENSOR = Tensor((1, 1, 64, 64), "BFLOAT16", "TILE")
_CALLS: dict[str, dict[str, Value]] = {
    "ttnn.add": {"arg0": _TENSOR, "arg1": _TENSOR},
    "ttnn.relu": {"arg0": _TENSOR},
    "ttnn.matmul": {"arg0": _TENSOR, "arg1": _TENSOR},
    "ttnn.softmax": {"arg0": _TENSOR, "arg1": -1},
}


@dataclass(frozen=True, slots=True)
class Opened:
    """What one version did.

    Attributes:
        version: the version.
        good: whether all of it worked.
        start: seconds to start the worker, which imports ttnn; NaN if it didn't get that far, as below.
        cold: seconds of the first opening, when kernels may have to be built.
        warm: seconds of the second.
        why: what did not work; "" if all did.
    """

    version: str
    good: bool
    start: float = math.nan
    cold: float = math.nan
    warm: float = math.nan
    why: str = ""


def try_version(environment: Environment, kind: BoardKind) -> Opened:
    """Open a mock board with the ttnn of an environment, and run a few operations."""
    [board] = mock_boards(kind, 1)
    version = environment.name
    timings: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="farm-versions-", ignore_cleanup_errors=True) as folder:
        process = WorkerProcess(board, Path(folder), python=environment.python)
        try:
            began = time.perf_counter()
            process.start()
            timings["start"] = time.perf_counter() - began
            for opening in ("cold", "warm"):
                began = time.perf_counter()
                process.open(DeviceConfig(), OPEN_SECONDS)
                timings[opening] = time.perf_counter() - began
                process.check()
            outcomes = list(process.run([_vector(operation) for operation in _CALLS], OPEN_SECONDS))
        except (WorkerError, FarmError) as error:
            return Opened(version, good=False, **timings, why=str(error))
        finally:
            process.close()
    bad = [each for each in outcomes if each.verdict is not Verdict.VALIDATED]
    return Opened(version, good=not bad, **timings, why="; ".join(f"{each.vector_id}: {each.message}" for each in bad))


def _vector(operation: str) -> EncodedVector:
    arguments = {name: encode_value(value) for name, value in _CALLS[operation].items()}
    return EncodedVector(operation, operation, encode(TracedCall(operation, operation, arguments)))


def _as_json(result: Opened) -> dict[str, object]:
    return {name: None if value != value else value for name, value in asdict(result).items()}  # noqa: PLR0124 - NaN


def table(results: Sequence[Opened], kind: BoardKind) -> Table:
    """The results as a table."""
    grid = Table("ttnn", f"mock {kind.name}", "start, s", "cold, s", "warm, s", "why not")
    for each in results:
        seconds = ["" if math.isnan(value) else f"{value:.1f}" for value in (each.start, each.cold, each.warm)]
        grid.add_row(each.version, "opens" if each.good else "no", *seconds, each.why[:300])
    return grid


def main() -> int:
    """Try the versions that are asked for, and print the table; 1 if one of them doesn't work."""
    parser = argparse.ArgumentParser(prog="python -m tests.versions", description=__doc__)
    parser.add_argument("--from", dest="first", default=FIRST, help=f"the oldest version (default: {FIRST})")
    parser.add_argument("--to", dest="last", help="the newest version (default: the newest that has a wheel)")
    parser.add_argument("--kind", default="n150", help=f"the kind of board: {', '.join(KINDS)} (default: n150)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    kind, environments = kind_named(options.kind), Environments()
    results = []
    try:
        for version in environments.released(options.first, options.last or environments.newest()):
            try:
                environment = environments.of(Released(version))
            except FarmError as error:
                results.append(Opened(version, good=False, why=str(error)))
            else:
                results.append(try_version(replace(environment, name=version), kind))
            sys.stderr.write(f"{version}: {'opens' if results[-1].good else results[-1].why}\n")
    except FarmError as error:
        parser.error(str(error))
    if options.json:
        print(json.dumps([_as_json(each) for each in results], indent=1))
    else:
        Console().print(table(results, kind))
    return 0 if all(each.good for each in results) else 1


if __name__ == "__main__":
    sys.exit(main())
