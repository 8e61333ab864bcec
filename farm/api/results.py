"""What the results store holds: runs, what changed between two, how operations fared over time, and reports."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from farm.core.errors import FarmError
from farm.core.store_place import Place
from farm.report import USUAL, read_context, usual_directory
from farm.report import write_report as write_files
from farm.store import PastVector, RunHead, RunView, Store

if TYPE_CHECKING:
    from farm.report.compare import Comparison


def runs(store: Place | None = None) -> list[RunHead]:
    """Every run in a results store, newest first.

    Args:
        store: the results store, a file or database URL; None for the default store.

    Raises:
        StoreError: there is no such store.
    """
    with Store.open(store, create=False) as opened:
        return opened.runs()


def run(name: str = "last", store: Place | None = None) -> RunView:
    """One run with all its vectors.

    Args:
        name: the run's id, the beginning of an id, or `last`.
        store: the results store, a file or database URL; None for the default store.

    Raises:
        StoreError: there is no such run.
    """
    with Store.open(store, create=False) as opened:
        return opened.view(opened.find(name))


def compare(old: str, new: str = "last", store: Place | None = None) -> Comparison:
    """What changed from one run to another.

    Args:
        old: the earlier run, named as for `run`.
        new: the later run.
        store: the results store, a file or database URL; None for the default store.

    Raises:
        FarmError: both are the same run.
        StoreError: there is no such run.
    """
    from farm.report.context import compare_runs

    with Store.open(store, create=False) as opened:
        before, after = opened.find(old), opened.find(new)
        if before == after:
            raise FarmError(f"{old} and {new} are both run {before}: name an earlier run first, such as last~1")
        return compare_runs(opened, before, after)


def history(what: str, *, limit: int = 20, store: Place | None = None) -> list[PastVector]:
    """How the vectors of an operation or a sweep module, or one vector, ended in each run, oldest first.

    Args:
        what: an operation, in any spelling, a sweep module, or a vector's id or its beginning.
        limit: at most this many runs, the newest.
        store: the results store, a file or database URL; None for the default store.

    Raises:
        FarmError: no run has such an operation, module or vector.
        StoreError: there is no such store.
    """
    from tracer.errors import UnknownOperation
    from tracer.names import find

    with Store.open(store, create=False) as opened:
        run_ids = [head.id for head in opened.runs()]
        try:
            operations = opened.operations()
            names = [what] if what in operations else find(what, operations)  # a module's name has one spelling
            past = [each for name in names for each in opened.past_vectors(run_ids, operation=name)]
        except UnknownOperation:
            past = opened.past_vectors(run_ids, vector_id=what)
    if not past:
        raise FarmError(f"no run in the store has an operation, module or vector {what!r}: see `farm runs`")
    past.sort(key=lambda each: each.started)
    newest = set(list(dict.fromkeys(each.run_id for each in past))[-limit:])
    return [each for each in past if each.run_id in newest]


def write_report(
    run: str | RunView = "last",
    out: str | Path | None = None,
    formats: Iterable[str] = USUAL,
    store: Place | None = None,
) -> list[Path]:
    """Write a run's report files, and return their paths.

    Args:
        run: the run, named as for `farm.run`, or its result.
        out: the folder to write to; None for the run's own in the user's data directory.
        formats: the names of formats, keys of `farm.report.FORMATS`.
        store: the results store, a file or database URL; None for the default store.

    Raises:
        FarmError: there is no such format, or the folder can't be written.
        StoreError: there is no such run.
    """
    with Store.open(store, create=False) as opened:
        view = run if isinstance(run, RunView) else opened.view(opened.find(run))
        place = usual_directory(view.run.id) if out is None else Path(out)
        return write_files(view, place, formats, read_context(opened, view))
