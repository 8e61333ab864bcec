"""farm from Python: what the commands do, with typed results, for notebooks and scripts.

import farm

view = farm.sweep(["add"], boards="mock:n300")
print(view.counts["validated"], [vector.message for vector in view.vectors if vector.verdict.failed])
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from farm.report import Progress, background, write_report
from farm.report.compare import Comparison
from farm.store import RunHead, RunView, Store

if TYPE_CHECKING:
    from tracer.master import MergeSummary

MODEL_TRACED = "model_traced"


class Silent:
    """A `Progress` that shows nothing."""

    def planned(self, vectors: int) -> None:
        """See `Progress`."""

    def lane(self, board: str, state: object, doing: str = "") -> None:
        """See `Progress`."""

    def attempt(self, attempt: object, operation: str) -> None:
        """See `Progress`."""

    def concluded(self, conclusion: object, operation: str) -> None:
        """See `Progress`."""

    def note(self, text: str) -> None:
        """See `Progress`."""

    def __enter__(self) -> Silent:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Traced:
    """What tracing added to a master.

    Attributes:
        summary: how many configurations are new, and which operations they are of.
        problem: why the test is no good, in a line; None where all is well.
        output: what the test printed.
    """

    summary: MergeSummary
    problem: str | None
    output: str


def sweep(
    operations: Sequence[str] = (),
    *,
    master: str | Path | None = None,
    boards: str = "auto",
    vectors: Sequence[str] = (),
    shard: str | None = None,
    limit: int | None = None,
    timeout: float = 30.0,
    store: str | Path | None = None,
    out: str | Path | None = None,
    address: str | None = None,
    progress: Progress | None = None,
) -> RunView:
    """Runs configurations of a master on boards; every planned vector has its verdict then.

    Args:
        operations: names to select, in any spelling; all where none are given.
        master: a master JSON; None for the one that comes with farm.
        boards: as `farm sweep --boards`.
        vectors: only vectors of these ids.
        shard: only this share of the plan, such as `3/8`.
        limit: at most so many vectors, the first ones.
        timeout: seconds that one vector may take.
        store: results store, a file or database URL; None for the usual one.
        out: a folder for the report's files; None writes none.
        address: of a farm whose boards to use; None for this host's.
        progress: told what happens; None for silence.

    Returns:
        the run as its report has it.

    Raises:
        FarmError: what was asked for makes no sense; see `farm.errors` for its kinds.
        TracerError: the master can't be read, or has no such operation.
    """
    from farm.boards.select import AUTO
    from farm.keeper import Limits
    from farm.selecting import boards_of, plan_master, require_ttnn
    from farm.shards import Shard, choose, shard_details, share_of
    from farm.sweeping import Sweep, run_sweep
    from tracer.master import shipped

    path = Path(master) if master is not None else shipped()
    share = None if shard is None else Shard.parse(shard)
    may_add = boards == AUTO and address is None
    chosen, planned = plan_master(path, operations, boards_of(boards, address), may_add=may_add)
    whole = choose(planned, vectors, limit)
    selected = share_of(whole, share)
    require_ttnn(chosen)
    selection = {"operations": sorted(operations), "vectors": sorted(vectors), "limit": limit}
    details = {"master": str(path), "operations": list(operations), "boards": boards, "selection": selection}
    request = Sweep(
        command="farm.sweep(...)",
        suite=MODEL_TRACED,
        boards=chosen,
        vectors=selected,
        limits=Limits(vector=timeout),
        address=address,
        selection=boards,
        details={**details, **shard_details(share, whole)},
    )
    with Store.open(store) as opened:
        view = opened.view(run_sweep(request, opened, progress or Silent()))
        if out is not None:
            write_report(view, Path(out), known=background(opened, view))
    return view


def runs(store: str | Path | None = None) -> list[RunHead]:
    """Every run in a results store, newest first.

    Raises:
        StoreError: there is no such store.
    """
    with Store.open(store, create=False) as opened:
        return opened.runs()


def run(name: str = "last", store: str | Path | None = None) -> RunView:
    """One run with all its vectors.

    Args:
        name: its id, the beginning of one, or `last`.
        store: where it is.

    Raises:
        StoreError: there is no such run.
    """
    with Store.open(store, create=False) as opened:
        return opened.view(opened.find(name))


def compare(old: str, new: str = "last", store: str | Path | None = None) -> Comparison:
    """What changed from one run to another; runs are named as for `run`.

    Raises:
        StoreError: there is no such run.
    """
    from farm.report.background import compare_runs

    with Store.open(store, create=False) as opened:
        return compare_runs(opened, opened.find(old), opened.find(new))


def trace(
    target: str,
    *,
    master: str | Path,
    board: str = "mock:n300",
    arguments: Sequence[str] = (),
    timeout: float | None = None,
) -> Traced:
    """Traces a pytest target, or a script, and adds its configurations to a master.

    Args:
        target: a node id, a file or a folder; or a script.
        master: the file to add to; made if it isn't there.
        board: what the test sees, as `farm trace --board`.
        arguments: further ones for pytest or the script.
        timeout: seconds after which it is ended; what passed until then counts.

    Raises:
        FarmError: no such target or board, or nothing was traced.
        TracerError: the master can't be read or written.
    """
    from farm.boards.select import select_boards
    from farm.errors import FarmError
    from farm.tracing import trace as run_traced
    from tracer.master import Master, update

    path = Path(master)
    if path.exists():
        Master.read(path)  # better told before the model runs than after
    chosen = select_boards(board)
    if len(chosen) != 1:
        raise FarmError(f"{board!r} is {len(chosen)} boards: a model is traced on one, such as mock:n300")
    with tempfile.TemporaryDirectory(prefix="farm-trace-", ignore_cleanup_errors=True) as folder:
        ran = run_traced(target, chosen[0], Path(folder), arguments, timeout=timeout)
        found = ran.journal.master()
        if not ran.passed and not len(found):
            raise FarmError(f"{target}: nothing to keep: {ran.problem or 'no test passed'}")
        return Traced(update(path, found), ran.problem, ran.output)
