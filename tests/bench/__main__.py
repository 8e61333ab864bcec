"""Print the table of benchmarks: `python -m tests.bench [names] [--full]`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.hosts import hosts
from tests.bench.listing import listing
from tests.bench.row import ROOT, Row, measured, timed
from tests.bench.tracing import tracer
from tests.bench.whole import whole

MOCK = "mock:n300"
OLDEST = "0.66.0"
"""The oldest ttnn that farm supports."""


def real(full: bool) -> Iterator[Row]:
    """Run real vectors on mock boards: a bare loop, one board, two boards."""
    count = 20_000 if full else 4_000
    loops, ones, twos, pairs = [], [], [], []
    # In turn, and the best of each: other work on the machine comes and goes, and only ever slows one down.
    for _ in range(3 if full else 1):
        loops.append(measured("tests.bench.real", "bare", count)["rate"])
        ones.append(measured("tests.bench.real", "farm", count, MOCK)["rate"])
        twos.append(measured("tests.bench.real", "farm", count, f"{MOCK}*2")["rate"])
        with ThreadPoolExecutor(2) as pool:
            pairs.append(sum(pool.map(lambda _: measured("tests.bench.real", "bare", count)["rate"], range(2))))
    loop, one, two, pair = max(loops), max(ones), max(twos), max(pairs)
    yield Row(f"{count:,} mock vectors, a bare loop", f"{loop:,.0f} /s")
    yield Row("two such loops side by side: the machine's limit", f"{pair:,.0f} /s, {pair / loop:.2f} x one")
    share, gain = one / loop, two / one
    yield Row("the same on one board, recorded", f"{one:,.0f} /s, {share:.2f} of the loop", "≥ 0.9", share >= 0.9)
    yield Row("the same on two boards", f"{two:,.0f} /s, {gain:.2f} x one", "≥ 1.7", gain >= 1.7)


def xdist(full: bool) -> Iterator[Row]:
    """Compare pytest-xdist with two workers to two boards."""
    count = 20_000 if full else 4_000
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "--dist", "load"]
    target = "tests/bench/xdist_calls.py::test_call"
    none, _ = timed([*command, target], FARM_BENCH_CALLS="2")
    total, _ = timed([*command, target], FARM_BENCH_CALLS=str(count))
    ours = measured("tests.bench.real", "farm", count, f"{MOCK}*2")
    rate = count / max(total - none, 0.01)
    yield Row(f"pytest-xdist -n 2, {count:,} calls", f"{total:.1f} s in all, {rate:,.0f} /s after set-up")
    measurement = f"{ours['total']:.1f} s to the last result, {ours['total'] / total:.2f} of xdist's"
    yield Row("two boards, set-up included", measurement, "< 1", ours["total"] < total)
    gain = ours["rate"] / rate
    yield Row("their rate after set-up", f"{ours['rate']:,.0f} /s, {gain:.2f} x", "≥ 1.5", gain >= 1.5)


def busy(full: bool) -> Iterator[Row]:
    """Measure how busy boards are."""
    figures = measured("tests.bench.fakes", 40_000 if full else 8_000, 8, 0.01)
    yield Row("busy: 8 fake boards, 10 ms vectors", f"{figures['busy']:.1%}", "≥ 97 %", figures["busy"] >= 0.97)


def dispatch(full: bool) -> Iterator[Row]:
    """Measure how many results a driver dispatches and records."""
    figures = measured("tests.bench.fakes", 100_000 if full else 40_000, 16, 0.001)
    yield Row(
        "16 fake boards, 1 ms vectors, recorded", f"{figures['rate']:,.0f} /s", "≥ 5,000", figures["rate"] >= 5_000
    )


def makespan(full: bool) -> Iterator[Row]:
    """Compare simulated makespans with their lower bounds."""
    from tests.bench.simulated import Knowledge, blind, run

    each = 50
    for knowledge, goal, words in (
        (Knowledge.EXACT, 1.05, "known"),
        (Knowledge.NONE, 1.25, "unknown"),
        (Knowledge.ONE_RUN, 1.07, "after one run"),
    ):
        for boards in (8, 64, 512, 4096) if full else (8, 64, 512):
            simulated, _ = run(each * boards, boards, knowledge)
            over = simulated.over_lower_bound
            what = f"makespan / lower bound, durations {words}, {boards:,} boards"
            yield Row(what, f"{over:.3f}", f"≤ {goal}", over <= goal)
            if knowledge is Knowledge.NONE:
                yield Row("  if the slow operation had been known", f"{blind(each * boards, boards):.3f}")


def million(full: bool) -> Iterator[Row]:
    """Run a large simulation."""
    small = measured("tests.bench.simulated", 20_000, 4096, 0.05)
    count = 1_000_000 if full else 200_000
    large = measured("tests.bench.simulated", count, 4096, 0.05)
    seconds, growth = large["seconds"], large["megabytes"] / small["megabytes"]
    goal = 60 * count / 1_000_000
    yield Row(f"{count:,} vectors simulated on 4,096 boards", f"{seconds:.1f} s", f"≤ {goal:.0f} s", seconds <= goal)
    times = count / 20_000
    yield Row(
        f"memory, over that of a {times:.0f}th of the vectors", f"{growth:.1f} x", f"< {times:.0f} x", growth < times
    )


def start(full: bool) -> Iterator[Row]:
    """Measure the time from the command to the first vector, with the newest ttnn and with the oldest."""
    from farm.board.backends.mock import mock_environment
    from farm.board.selection import select_boards
    from farm.versions.environments import Environments
    from farm.versions.sources import Released

    [board] = select_boards(MOCK)
    oldest = Environments().of(Released(OLDEST)).python
    ray, opening, ours, theirs = [], [], [], []
    for _ in range(4 if full else 2):
        code = "import ray; ray.init('local', include_dashboard=False, logging_level='ERROR')"
        ray.append(timed([sys.executable, "-c", code])[0])
        code = "import os, ttnn; ttnn.open_mesh_device(ttnn.MeshShape(1, 1)); os._exit(0)"
        opening.append(timed([sys.executable, "-c", code], **mock_environment(board.kind))[0])
        ours.append(_first_vector())
        theirs.append(_first_vector(FARM_PYTHON=oldest))
    alone = min(ray) + min(opening)
    yield Row("import ray; ray.init(), and import ttnn; open", f"{min(ray):.1f} s + {min(opening):.1f} s")
    over = min(ours) / alone
    yield Row("from command to first vector", f"{min(ours):.1f} s, {over:.2f} of that", "≤ 1.3", over <= 1.3)
    times = min(ours) / min(theirs)
    what = f"the same with ttnn {OLDEST}, and how much longer the newest takes"
    yield Row(what, f"{min(theirs):.1f} s, {times:.2f} x", "≤ 1.3", times <= 1.3)


def _first_vector(**environment: str) -> float:
    """Run the smallest sweep; return the seconds from the command to its first vector."""
    import sqlite3

    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "farm.db"
        began = time.time()
        options = ["--suite", "model_traced", "--op", "add", "--limit", "1", "--boards", MOCK]
        command = [sys.executable, "-m", "farm", "sweep", *options, "--store", str(store), "--out", folder]
        timed(command, **environment)
        database = sqlite3.connect(store)
        [first] = database.execute("select min(started) from attempts").fetchone()
        database.close()
    return float(first) - began


def kernels(full: bool) -> Iterator[Row]:
    """Measure what a kernel of the null toolchain costs when it isn't there yet."""
    from farm.board.backends.mock import mock_environment
    from farm.board.kinds import KINDS
    from farm.core.measures import KERNELS_VARIABLE

    each, number = [], 0
    for _ in range(4 if full else 2):
        with tempfile.TemporaryDirectory() as folder:
            environment = {**mock_environment(KINDS["n150"]), KERNELS_VARIABLE: folder}
            figures = measured("tests.bench.kernels", **environment)
        number = figures["kernels"]
        each.append((figures["cold"] - figures["warm"]) / number)
    cost = min(each) * 1000
    yield Row(f"a cold kernel on a mock board, of {number}", f"{cost:.1f} ms", "≤ 20 ms", cost <= 20)


def memory(full: bool) -> Iterator[Row]:
    """Measure the driver's memory."""
    small = measured("tests.bench.memory", 10_000)
    count = 1_000_000 if full else 60_000
    large = measured("tests.bench.memory", count)
    times = large["megabytes"] / small["megabytes"]
    measurement = f"{large['megabytes']:.0f} MB, {times:.2f} x"
    yield Row(f"driver's memory, {count:,} results over 10,000", measurement, "≤ 1.5", times <= 1.5)
    yield Row("a driver alone, planned and recorded", f"{large['rate']:,.0f} /s")


def recording(full: bool) -> Iterator[Row]:
    """Measure how many results a store records."""
    rate = measured("tests.bench.recording")["rate"]
    yield Row("results recorded by a store, 50 at a time", f"{rate:,.0f} /s", "≥ 5,000", rate >= 5_000)


def page(full: bool) -> Iterator[Row]:
    """Measure the report page in a browser."""
    times = measured("tests.bench.page", 10_000)
    for action in ("opened", "filtered"):
        yield Row(f"report page of 10,000 vectors, {action}", f"{times[action]:.2f} s", "< 1", times[action] < 1)


def comparing(full: bool) -> Iterator[Row]:
    """Measure what comparing an output with its golden costs."""
    from farm.board.backends.mock import mock_environment
    from farm.board.selection import select_boards

    [board] = select_boards("mock:n150")
    for dtype, kinds in measured("tests.bench.comparing", **mock_environment(board.kind)).items():
        for kind, each in kinds.items():
            what = f"comparing a 1 MB output of {dtype.lower()}, {kind}"
            value = f"{each['milliseconds']:.1f} ms, {each['share']:.0%} of the vector's time"
            yield Row(what, value, "≤ 15 %", each["share"] <= 0.15)


def captures(full: bool) -> Iterator[Row]:
    """Measure the memory that reading a capture takes, over reading one of half the size."""
    from tests.bench.captures import WRITERS

    size = 1000 if full else 400
    for kind in WRITERS:
        half, whole = (measured("tests.bench.captures", kind, each) for each in (size // 2, size))
        times = whole["megabytes"] / half["megabytes"]
        value = (
            f"{whole['megabytes']:.0f} MB, {times:.2f} x that of half; {whole['calls'] / whole['seconds']:,.0f} calls/s"
        )
        met = times <= 1.1 and whole["megabytes"] <= 500
        yield Row(f"memory to read a {size} MB {kind.replace('_', ' ')}", value, "≤ 1.1 x, ≤ 500 MB", met)


BENCHES: dict[str, Callable[[bool], Iterator[Row]]] = {
    each.__name__: each
    for each in (
        real,
        xdist,
        busy,
        dispatch,
        makespan,
        million,
        start,
        whole,
        listing,
        kernels,
        memory,
        tracer,
        recording,
        page,
        comparing,
        captures,
        hosts,
    )
}


def main() -> None:
    """Run the benchmarks that are named, or all, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of {', '.join(BENCHES)}; all by default")
    parser.add_argument("--full", action="store_true", help="the sizes that the goals name; takes half an hour")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; the benchmarks are {', '.join(BENCHES)}")
    os.chdir(ROOT)
    table = Table("what", "measured", "goal", "met")
    for name in options.names or BENCHES:
        try:
            rows = list(BENCHES[name](options.full))
        except (RuntimeError, OSError, ValueError) as error:
            rows = [Row(name, f"not measured: {str(error)[-300:]}")]
        for row in rows:
            met = "" if row.met is None else "yes" if row.met else "no"
            table.add_row(row.what, row.measured, row.goal, met)
            print(f"{row.what}: {row.measured}", file=sys.stderr, flush=True)
    load = os.getloadavg()[0]
    Console().print(table, f"{os.cpu_count()} cores; load at the end {load:.1f}")


if __name__ == "__main__":
    main()
