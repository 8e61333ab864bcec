"""The plan of a `SweepSpec`: its vectors, and the boards for them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from farm.board.backends import backend_of
from farm.core.board import AUTO
from farm.core.errors import NothingSelected
from farm.core.listing_detail import Detail
from farm.core.merged_vectors import MergedVectors, sentence
from farm.core.payload import MODEL_TRACED
from farm.core.shard import Shard
from farm.core.store_place import Place
from farm.core.sweep_command import listing_command
from farm.core.sweep_spec import SweepSpec
from farm.planning.board_choice import boards_of, require_ttnn, with_environment
from farm.planning.current_ids import OtherIds, changed_ids, changed_module_ids, former_modules, other_ids
from farm.planning.equal_vectors import EqualVectors
from farm.planning.mock_coverage import add_needed_mocks
from farm.planning.module_check import paired
from farm.planning.module_listing import ListingIn
from farm.planning.module_loaders import loader_details, loader_lines
from farm.planning.module_records import (
    counted_records,
    imports_modules,
    master_of_modules,
    module_records,
    require_suites,
    selected_modules,
)
from farm.planning.module_vectors import Planner
from farm.planning.narrowing import choose, sampled
from farm.planning.numbers import idle_rows, numeric_options, without_numbers
from farm.planning.placed_again import placed_again
from farm.planning.placement import Placements
from farm.planning.shards import shard_details, share_of
from farm.planning.spool import spooled
from farm.planning.tags import of_models, tagged
from farm.planning.vectors import Vector, plan
from farm.sweeps.finding import dotted_name, is_path, module_folder
from farm.sweeps.records import CountedRecord, ImportedModule
from tracer.master.master import Master, shipped
from tracer.master.origin import origin_line

if TYPE_CHECKING:
    from farm.core.board import Board
    from farm.planning.forecast import Forecast


@dataclass(slots=True)
class _Modules:
    """The modules of a plan.

    Attributes:
        former: the names of those whose vectors' former hashes are needed.
        imported: those that were imported.
        equal: counts their vectors that were merged into equal ones.
        counted: whether it is enough to count the vectors, if there are many modules.
    """

    former: Collection[str] = ()
    imported: list[ImportedModule] = field(default_factory=list)
    equal: EqualVectors = field(default_factory=EqualVectors)
    counted: bool = False


Narrow = Callable[[Iterable[Vector]], Sequence[Vector]]

MANY_MODULES = 20
"""With more modules than this, a forecast only counts vectors, and estimates times per module."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What a sweep would run.

    Attributes:
        spec: the spec that was planned, in the form that runs the same from any working directory.
        vectors: the vectors to run.
        boards: the boards to run them on.
        details: what the run records of the plan in addition to the spec, see `farm.store.run_details`.
        notes: what a user should know about the plan, a line each.
        merged: how many vectors were merged into equal ones.
    """

    spec: SweepSpec
    vectors: Sequence[Vector]
    boards: list[Board]
    details: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    merged: MergedVectors = field(default_factory=dict)

    def expected(self, store: Place | None = None) -> Forecast:
        """Forecast the run: what each board would do, and about how long it would take.

        Args:
            store: the results store whose earlier runs the estimates follow; None for the default store.
        """
        from farm.core.errors import StoreError
        from farm.planning.estimates import Estimates, learn
        from farm.planning.forecast import forecast
        from farm.store import Store

        try:
            with Store.open(store, create=False) as opened:
                costs = learn(opened, self.vectors, self.boards)
        except StoreError:  # no run was recorded yet
            costs = Estimates.without_history(self.boards)
        return forecast(self.vectors, self.boards, costs, self.merged)


def plan_sweep(
    spec: SweepSpec,
    *,
    verify: bool = False,
    store: Place | None = None,
    listing: ListingIn = lambda _boards, _modules: None,
    boards: Sequence[Board] | None = None,
    for_forecast: bool = False,
) -> Planned:
    """Plan a sweep.

    Args:
        spec: what to run.
        verify: whether to run a master's configurations under the tracer, see `farm.planning.vectors.plan`.
        store: the results store that knows the ids of vectors of earlier versions of farm; None for the default store.
        listing: see `ListingIn`.
        boards: boards to plan for, which may be elsewhere; None for those that the spec names.
        for_forecast: whether the plan is only for a forecast, so that the vectors of many modules are only counted.

    Raises:
        FarmError: a board, a module, a vector or a file of the spec doesn't exist.
        NothingSelected: the spec selects no vector.
        NotRunnable: modules must be imported, and there is no ttnn for it.
        TracerError: the master can't be read, or has no such operation.
    """
    notes: list[str] = []
    named = boards_of(spec.boards, spec.address, notes.append, ttnn=spec.ttnn) if boards is None else boards
    boards = with_environment(named, spec.measure, watcher=spec.watcher)
    if spec.watcher and (unwatched := [board.id for board in boards if not board.computes]):
        verb = "is" if len(unwatched) == 1 else "are"
        notes.append(f"--watcher: {', '.join(unwatched)} {verb} not watched: a mock runs no kernels")
    notes += without_numbers(spec, boards)
    shard = None if spec.shard is None else Shard.parse(spec.shard)
    modules = _Modules(former_modules(spec, store), counted=for_forecast and not spec.narrows)
    if spec.of_modules:
        require_ttnn(boards)
        boards, whole = _of_modules(spec, boards, notes.append, modules, listing)
        if not spec.vectors and (line := sentence(modules.equal.merged)):
            notes.append(line)
        notes += changed_module_ids(spec, whole)
    else:
        others = other_ids(spec, store)
        boards, whole = _of_master(spec, boards, notes.append, others, verify=verify)
        notes += changed_ids(spec, others, whole)
    shares, merged = shard_details(shard, whole), modules.equal.merged
    details = {**_source_details(spec), **loader_details(modules.imported), **shares, **_merged_details(merged)}
    return Planned(runnable_anywhere(spec), share_of(whole, shard), boards, details, tuple(notes), merged)


def runnable_anywhere(spec: SweepSpec) -> SweepSpec:
    """The spec with absolute paths, with modules by name, and with the checkout and the master that were found."""
    if spec.of_modules and imports_modules(spec):
        place = module_folder(spec.tt_metal, spec.sweeps, selectors=spec.modules)
        modules, skip = (
            tuple(dotted_name(each, place) if is_path(each) else each for each in selectors)
            for selectors in (spec.modules, spec.skip)
        )
        tt_metal = place.home if spec.sweeps is None else spec.tt_metal
        spec = spec.updated(modules=modules, skip=skip, tt_metal=tt_metal, master=master_of_modules(spec))
    return spec.with_absolute_paths()


def _narrowed(spec: SweepSpec, vectors: Iterable[Vector], others: OtherIds = MappingProxyType({})) -> Sequence[Vector]:
    some = vectors if spec.sample is None else sampled(vectors, spec.sample, spec.seed)
    return choose(some, spec.vectors, spec.limit, others)


def _of_master(
    spec: SweepSpec, boards: Sequence[Board], note: Callable[[str], None], others: OtherIds, *, verify: bool
) -> tuple[list[Board], Sequence[Vector]]:
    """The vectors of a master, and the boards for them: mock boards of further kinds where vectors need them."""
    master = tagged(Master.read(spec.master or shipped()), spec.tags, spec.operations)
    master = of_models(master, spec.models, spec.operations)
    if line := origin_line(master):
        note(line)
    numbers = numeric_options(spec, master.configurations)
    planned = partial(plan, master, spec.operations, modes=spec.measure, verify=verify, numbers=numbers)
    vectors: Sequence[Vector]
    if _may_add_mocks(spec, boards):
        chosen, vectors = add_needed_mocks(boards, planned)
    else:
        kinds = dict.fromkeys(board.kind for board in boards)
        chosen = list(boards)
        vectors = list(for_later_boards(planned(kinds), boards))
    operations = {vector.operation for vector in vectors}
    for line in (*idle_rows(numbers, operations), *_of_unknown_models(spec, master, operations)):
        note(line)
    if spec.check_module is None:
        return chosen, _narrowed(spec, vectors, others)
    # a limit counts configurations, each run both ways; an id names one way of one
    of_module = _of_checked_module(spec, chosen)
    if spec.vectors:
        return chosen, _narrowed(spec, paired(vectors, of_module), others)
    return chosen, paired(_narrowed(spec, vectors, others), of_module)


def _of_unknown_models(spec: SweepSpec, master: Master, operations: Collection[str]) -> list[str]:
    """The line about what can't be read and may be of other models than the selected ones; empty if there is none."""
    count = sum(each.executions is None and each.operation in operations for each in master.broken)
    if not count or not (spec.tags or spec.models):
        return []
    return [f"configurations that can't be read, and may be of other models than the selected ones: {count}"]


def _of_checked_module(spec: SweepSpec, boards: Sequence[Board]) -> Sequence[Vector]:
    """The vectors of the module that `--check-module` names."""
    module = SweepSpec.of(
        sweeps=spec.check_module,
        suite=MODEL_TRACED,
        master=spec.master,
        tags=spec.tags,
        import_timeout=spec.import_timeout,
        measure=spec.measure,
        address=spec.address,
    )
    return _module_vectors(module, boards, spooled)


def _of_modules(
    spec: SweepSpec,
    boards: Sequence[Board],
    note: Callable[[str], None],
    modules: _Modules,
    listing: ListingIn,
) -> tuple[list[Board], Sequence[Vector]]:
    """The vectors of sweep modules, and the boards for them: mock boards of further kinds where vectors need them."""
    vectors = _module_vectors(spec, boards, partial(_narrowed, spec), note, modules, listing=listing)
    if _may_add_mocks(spec, boards):
        return add_needed_mocks(boards, partial(placed_again, vectors), vectors)
    return list(boards), vectors


def _module_vectors(
    spec: SweepSpec,
    boards: Sequence[Board],
    narrow: Narrow,
    note: Callable[[str], None] = lambda _text: None,
    modules: _Modules | None = None,
    *,
    listing: ListingIn = lambda _boards, _modules: None,
) -> Sequence[Vector]:
    """The vectors of sweep modules, as a worker lists them that imports the modules.

    Args:
        spec: names the modules.
        boards: where they run.
        narrow: takes from the stream of all vectors those to run.
        note: gets what a user should know, a line each.
        modules: which former hashes are needed; gets the modules.
        listing: see `ListingIn`.

    Raises:
        NothingSelected: there is no vector.
    """
    planner = Planner(spec.measure)
    notes: list[str] = []

    def noted(line: str) -> None:
        notes.append(line)
        note(line)

    modules = modules or _Modules()
    with closing(_watched(_records(spec, boards, noted, modules, listing), modules.imported)) as records:
        vectors = narrow(for_later_boards(planner.plan(records, [board.kind for board in boards]), boards))
    for line in loader_lines(modules.imported):
        if line not in notes:  # a limit ends the records before their notes
            noted(line)
    if not vectors:
        reasons = "; ".join(notes[:3]) or "the modules have no vector in this selection"
        raise NothingSelected(f"{reasons}: `{shlex.join([*listing_command(spec), '--count'])}` counts their vectors")
    if spec.narrows:
        require_suites(spec, boards, modules.imported)
    return vectors


def _records(
    spec: SweepSpec,
    boards: Sequence[Board],
    note: Callable[[str], None],
    modules: _Modules,
    listing: ListingIn,
) -> Iterable[CountedRecord]:
    """What the modules define; for many modules, only the numbers of vectors, if that is enough."""
    if modules.counted and imports_modules(spec) and spec.vectors_file is None:
        selected = selected_modules(spec)
        if len(selected) > MANY_MODULES:
            return modules.equal.unique(counted_records(spec, selected, boards, Detail.JUDGED_COUNTS, note))
    return module_records(spec, boards, note, modules.equal, listing=listing, former=modules.former)


def _watched(records: Iterable[CountedRecord], modules: list[ImportedModule]) -> Generator[CountedRecord, None, None]:
    for record in records:
        if isinstance(record, ImportedModule):
            modules.append(record)
        yield record


def _may_add_mocks(spec: SweepSpec, boards: Sequence[Board]) -> bool:
    """Whether the boards are mock boards that the user didn't name."""
    return spec.boards == AUTO and spec.address is None and all(backend_of(board).extendable for board in boards)


def for_later_boards(vectors: Iterable[Vector], boards: Sequence[Board]) -> Iterator[Vector]:
    """The vectors, which on a farm may also run on boards of other kinds that join it later."""
    from farm.board.kinds import KINDS

    on_farm = any(board.host for board in boards)
    placements = Placements(KINDS.values())
    for vector in vectors:
        if on_farm and vector.kinds:
            yield replace(vector, setup=placements.find(vector.needs, vector.openings).setup)
        else:
            yield vector


def _merged_details(merged: MergedVectors) -> dict[str, Any]:
    return {"merged_vectors": merged} if merged else {}


def _source_details(spec: SweepSpec) -> dict[str, Any]:
    """What a run records of where its vectors come from, with paths as they were typed."""
    modules = spec.sweeps or spec.tt_metal
    master = (master_of_modules(spec) if spec.of_modules else spec.master) or shipped()
    return {"master": str(master), **({} if modules is None else {"modules": str(modules)})}
