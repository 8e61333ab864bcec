"""What would be run: vectors chosen, and the boards for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from farm.core.errors import FarmError
from farm.planning.selection import (
    MODEL_TRACED,
    Mode,
    boards_of,
    plan_master,
    plan_modules,
    require_ttnn,
    with_environment,
)

if TYPE_CHECKING:
    from farm.core.board import Board
    from farm.planning.dry_run import Plan
    from farm.planning.module_choice import ModuleSelection
    from farm.planning.vectors import Vector

IMPORT_SECONDS = 120.0
"""How long importing one sweep module may take, unless told."""


class Selecting(TypedDict, total=False):
    """What `plan` takes beside operations, by name."""

    suite: str | None
    master: str | Path | None
    modules: Sequence[str]
    skip: Sequence[str]
    tt_metal: str | Path | None
    sweeps: str | Path | None
    vectors_file: str | Path | None
    import_timeout: float
    check_module: str | Path | None
    measure: Collection[Mode]
    watcher: bool
    boards: str
    address: str | None
    vectors: Sequence[str]
    shard: str | None
    sample: int | None
    seed: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Planned:
    """Vectors, and the boards for them: what a sweep would run.

    Attributes:
        vectors: what to run.
        boards: where to run it.
        suite: the suite of a master, or suites of modules, as asked for.
        selection: which boards were asked for, in words.
        address: of the farm that has the boards; None for this host.
        details: what a run keeps of how it was chosen, JSON.
        notes: what is worth knowing of the selection, a line each.
    """

    vectors: Sequence[Vector]
    boards: list[Board]
    suite: str
    selection: str
    address: str | None
    details: dict[str, Any]
    notes: tuple[str, ...]

    def expected(self, store: str | Path | None = None) -> Plan:
        """What running it would come to, and about how long it would take.

        Args:
            store: results of earlier runs, to go by; None for the usual ones.
        """
        from farm.core.errors import StoreError
        from farm.planning.dry_run import make_plan
        from farm.planning.estimates import Costs, learn
        from farm.store import Store

        try:
            with Store.open(store, create=False) as opened:
                costs = learn(opened, self.vectors, self.boards)
        except StoreError:  # nothing was run yet
            costs = Costs.unlearnt(self.boards)
        return make_plan(self.vectors, self.boards, costs)


def plan(
    operations: Sequence[str] = (),
    *,
    suite: str | None = None,
    master: str | Path | None = None,
    modules: Sequence[str] = (),
    skip: Sequence[str] = (),
    tt_metal: str | Path | None = None,
    sweeps: str | Path | None = None,
    vectors_file: str | Path | None = None,
    import_timeout: float = IMPORT_SECONDS,
    check_module: str | Path | None = None,
    measure: Collection[Mode] = (),
    watcher: bool = False,
    boards: str = "auto",
    address: str | None = None,
    vectors: Sequence[str] = (),
    shard: str | None = None,
    sample: int | None = None,
    seed: int = 0,
    limit: int | None = None,
) -> Planned:
    """What `farm.sweep` would run with the same arguments, and where.

    Args:
        operations: of a master, in any spelling; all where none are given.
        suite: `model_traced`, a master's; or suites of modules, separated by commas. None for all.
        master: a master JSON; None for the one that comes with farm.
        modules: sweep modules instead of a master: names, beginnings of names, globs.
        skip: modules to leave out, named the same way.
        tt_metal: the checkout whose modules they are; None for the one around the working directory.
        sweeps: a folder or a file of modules instead.
        vectors_file: what `farm vectors --out` wrote, instead.
        import_timeout: seconds that importing one module may take.
        check_module: a sweep module of the operation, to be run beside the generic runner.
        measure: what to measure of each vector beside its verdict.
        watcher: whether boards run under tt-metal's watcher.
        boards: `auto`, or a list such as `mock:n300*2,mock:p150`.
        address: of a farm whose boards these are; None for this host's.
        vectors: only those of these ids.
        shard: only this share, such as `3/8`.
        sample: at most so many, picked by chance.
        seed: of `sample`.
        limit: at most so many, the first ones.

    Raises:
        FarmError: what was asked for makes no sense.
        NothingSelected: there is no such vector.
        TracerError: the master can't be read, or has no such operation.
    """
    from farm.board.selectors import AUTO
    from farm.planning.module_choice import ModuleSelection, sampled
    from farm.planning.shards import Shard, choose, shard_details, share_of
    from tracer.master.master import shipped

    for name, number in (("limit", limit), ("sample", sample)):
        if number is not None and number < 1:
            raise FarmError(f"{name} {number} selects nothing: give at least 1")
    choice = ModuleSelection(
        names=tuple(modules),
        skip=tuple(skip),
        tt_metal=_path(tt_metal),
        sweeps=_path(sweeps),
        dump=_path(vectors_file),
        suites=tuple(part.strip() for part in (suite or "").split(",") if part.strip()),
        master=_path(master),
        import_seconds=import_timeout,
    )
    suite = suite or ("" if choice.any else MODEL_TRACED)
    _refuse_mixtures(choice, suite, operations, check_module)
    path = _path(master) or shipped()
    share = None if shard is None else Shard.parse(shard)
    notes: list[str] = []
    found = with_environment(boards_of(boards, address, notes.append), measure, watcher=watcher)

    def take(planned: Iterable[Vector]) -> Sequence[Vector]:
        return choose(planned if sample is None else sampled(planned, sample, seed), vectors, limit)

    may_add = boards == AUTO and address is None
    if choice.any:
        require_ttnn(found)
        chosen, whole = plan_modules(
            choice, found, measure, may_add=may_add, take=take, note=notes.append, address=address
        )
    else:
        chosen, there = plan_master(path, operations, found, measure, may_add=may_add)
        if check_module is None:
            whole = take(there)
        else:
            from farm.planning.module_check import paired

            beside = ModuleSelection(
                sweeps=Path(check_module), suites=(MODEL_TRACED,), master=_path(master), import_seconds=import_timeout
            )
            module = plan_modules(beside, chosen, measure, address=address)[1]
            # a limit is one of configurations, each run both ways; an id is of one way
            whole = take(paired(there, module)) if vectors else paired(take(there), module)
    selection = {
        "operations": sorted(operations),
        "vectors": sorted(vectors),
        "limit": limit,
        **({"sample": [sample, seed]} if sample is not None else {}),
        **choice.as_json(),
    }
    details = {"master": str(path), "operations": list(operations), "boards": boards, "selection": selection}
    details |= shard_details(share, whole)
    return Planned(share_of(whole, share), chosen, suite, boards, address, details, tuple(notes))


def _refuse_mixtures(
    choice: ModuleSelection, suite: str, operations: Sequence[str], check_module: str | Path | None
) -> None:
    """Says what goes with a master alone, and what with modules."""
    if choice.any and (operations or check_module is not None):
        what = "--op" if operations else "--check-module"
        raise FarmError(f"{what} is for --suite {MODEL_TRACED}, the configurations of a master; modules have their own")
    if not choice.any and suite != MODEL_TRACED:
        raise FarmError(
            f"no suite {suite!r}: give --suite {MODEL_TRACED} for what a master holds; sweep modules have suites of "
            "their own (--module)"
        )


def _path(place: str | Path | None) -> Path | None:
    return None if place is None else Path(place)
