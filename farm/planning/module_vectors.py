"""Vectors of sweep modules, ready to run: none is dropped, whatever is wrong with one or with a whole module."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from farm.core.board import BoardKind
from farm.core.payload import ModuleVector, Unreadable, encode
from farm.core.traced_opening import TracedOpening
from farm.core.verdicts import Reason
from farm.planning.placement import Placements
from farm.planning.unique_ids import UniqueIds
from farm.planning.unrunnable import Unrunnable
from farm.planning.vectors import ID_LENGTH, Vector, hash_of_parts
from farm.sweeps.needs import Needs
from farm.sweeps.records import CountedRecord, ListedVector, ModuleProblem, VectorCount
from tracer.device_config import DeviceConfig


class Planner:
    """Makes vectors of records, one by one: none is kept in memory."""

    def __init__(self, modes: Sequence[str] = ()) -> None:
        self._modes = tuple(modes)  # what to measure, of `farm.core.measures.MODES`

    def plan(self, records: Iterable[CountedRecord], kinds: Iterable[BoardKind]) -> Iterator[Vector]:
        """Make a vector of each vector of a module, and of each problem, which then can't run.

        Vectors that are only counted get one that stands for them.

        Args:
            records: in their order.
            kinds: the kinds of the boards that are there.
        """
        ids = UniqueIds()
        placements = Placements(kinds)
        for record in records:
            if isinstance(record, ModuleProblem):
                yield _of_problem(record, ids)
            elif isinstance(record, ListedVector):
                yield _vector(record, placements, ids, self._modes)
            elif isinstance(record, VectorCount) and record.vectors:
                yield replace(_vector(_example(record), placements, ids, self._modes), number=record.vectors)


def _example(count: VectorCount) -> ListedVector:
    """A vector in place of those that were counted. Its hash is none of theirs."""
    return ListedVector(
        imported=count.imported,
        suite=count.suite,
        index=0,
        input_hash=f"{count.imported.module.name}:{count.suite}",
        values={},
        unwritten={},
        grid=count.grid,
        invalid="" if count.invalid else None,
    )


def _vector(listed: ListedVector, placements: Placements, ids: UniqueIds, modes: tuple[str, ...]) -> Vector:
    module = listed.imported.module
    vector_id = ids.unique(listed.input_hash[:ID_LENGTH])
    by_fixture = (TracedOpening(DeviceConfig(opened_by=module.name)),)
    openings = by_fixture if listed.imported.fixture else listed.openings
    payload = ModuleVector(
        id=vector_id,
        module=module,
        suite=listed.suite,
        index=listed.index,
        input_hash=listed.input_hash,
        values=listed.values,
        unwritten=listed.unwritten,
        grid=listed.grid,
        timeout=listed.imported.timeout,
        modes=modes,
        lost=listed.lost,
        openings=tuple(each.as_json() for each in openings),
    )
    placement = placements.find(Needs(grid=listed.grid), openings)
    unrunnable = placement.unrunnable
    if listed.broken:
        unrunnable = Unrunnable(Reason.BROKEN_MODULE, listed.broken)
    elif listed.invalid is not None:
        unrunnable = Unrunnable(Reason.INVALID_VECTOR, listed.invalid)
    return Vector(
        id=vector_id,
        operation=module.name,
        config_hash=listed.config_hash or listed.input_hash,
        content_hash=hash_of_parts(module.name, listed.suite, listed.input_hash),
        device_config=placement.config,
        device_config_inferred=not openings,
        text=encode(payload),
        suite=listed.suite,
        sources=listed.sources,
        lost=listed.lost,
        setup=placement.setup,
        unrunnable=unrunnable,
        needs=placement.needs,
        openings=openings,
        timeout=listed.imported.timeout,
        former_hash=listed.former_hash,
    )


def _of_problem(problem: ModuleProblem, ids: UniqueIds) -> Vector:
    name = f"{problem.module}:{problem.suite}" if problem.suite else problem.module
    vector_id = ids.unique(problem.input_hash[:ID_LENGTH] or name)
    return Vector(
        id=vector_id,
        operation=problem.module,
        config_hash=problem.input_hash,
        content_hash=hash_of_parts(problem.module, problem.suite, problem.message),
        device_config=DeviceConfig(),
        device_config_inferred=True,
        text=encode(Unreadable(vector_id, problem.module, problem.suite, problem.message)),
        suite=problem.suite,
        unrunnable=Unrunnable(problem.reason, problem.message),
    )
