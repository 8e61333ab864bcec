"""Vectors of sweep modules, ready to be run: none dropped, whatever is wrong with one or with a whole module."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from farm.boards.base import BoardKind
from farm.device_configs import Needs, can_serve, infer
from farm.naming import Names
from farm.parcels import packed
from farm.sweeps.records import Listed, Problem, Record
from farm.vectors import ID_LENGTH, Vector
from farm.verdicts import Reason
from tracer.device_config import DeviceConfig


class Planner:
    """Makes vectors of records, one by one: none is held."""

    def __init__(self, modes: Sequence[str] = ()) -> None:
        self._modes = list(modes)  # what is to be measured, of `farm.process.measuring.MODES`

    def plan(self, records: Iterable[Record], kinds: Iterable[BoardKind]) -> Iterator[Vector]:
        """Makes a vector of each vector of a module, and of each problem, which then can't run.

        Args:
            records: in their order.
            kinds: the kinds of the boards that are there, best first.
        """
        made = Names()
        configs = _Configs(kinds)
        for record in records:
            if isinstance(record, Problem):
                yield _of_problem(record, made)
            elif isinstance(record, Listed):
                yield _vector(record, configs, made, self._modes)

    def again(self, vectors: Iterable[Vector], kinds: Iterable[BoardKind]) -> list[Vector]:
        """The same vectors for boards of other kinds."""
        configs = _Configs(kinds)
        return [_placed(vector, configs) if _may_run(vector) else vector for vector in vectors]


class _Configs:
    """How boards are opened for vectors, and which kinds can be.

    Vectors name few grids and modules few fixtures: each config is worked out once.
    """

    def __init__(self, kinds: Iterable[BoardKind]) -> None:
        self._kinds = tuple(dict.fromkeys(kinds))
        self._known: dict[tuple[tuple[int, int], DeviceConfig | None], tuple[DeviceConfig, frozenset[str]]] = {}

    def of(self, grid: tuple[int, int], known: DeviceConfig | None) -> tuple[DeviceConfig, frozenset[str]]:
        """The config of a vector, and the names of the kinds that can be opened so.

        Args:
            grid: columns and rows of compute cores that it names.
            known: how the board must be opened, where that is known.
        """
        if (grid, known) not in self._known:
            self._known[grid, known] = self._worked_out(grid, known)
        return self._known[grid, known]

    def _worked_out(self, grid: tuple[int, int], known: DeviceConfig | None) -> tuple[DeviceConfig, frozenset[str]]:
        if known is None:
            config, able = infer(Needs(grid=grid), self._kinds)
            return config, frozenset(kind.name for kind in able)
        if known.opened_by is not None:  # a fixture opens whatever it finds
            return known, frozenset(kind.name for kind in self._kinds)
        return known, frozenset(kind.name for kind in self._kinds if can_serve(kind, known, grid))


def _vector(listed: Listed, configs: _Configs, made: Names, modes: list[str]) -> Vector:
    module = listed.of.module
    vector_id = made.unique(listed.input_hash[:ID_LENGTH])
    payload: dict[str, Any] = {
        "id": vector_id,
        "operation": module.name,
        "module": module.as_json(),
        "suite": listed.suite,
        "index": listed.index,
        "input_hash": listed.input_hash,
        "values": listed.values,
    }
    if listed.unwritten:
        payload["unwritten"] = listed.unwritten
    if listed.of.timeout is not None:
        payload["timeout"] = listed.of.timeout
    if modes:
        payload["modes"] = modes
    if listed.lost:
        payload["lost"] = list(listed.lost)
    known = DeviceConfig(opened_by=module.name) if listed.of.fixture else listed.device_config
    config, able = configs.of(listed.grid, known)
    vector = Vector(
        id=vector_id,
        operation=module.name,
        config_hash=listed.config_hash or listed.input_hash,
        content_hash=_hash(module.name, listed.suite, listed.input_hash),
        device_config=config,
        device_config_inferred=known is None,
        text=packed(payload),
        sources=listed.sources,
        lost=listed.lost,
        kinds=able,
        unrunnable=None if listed.invalid is None else (Reason.INVALID_VECTOR, listed.invalid),
        grid=listed.grid,
        timeout=listed.of.timeout,
    )
    return vector if able or vector.unrunnable else replace(vector, unrunnable=_nowhere(vector))


def _may_run(vector: Vector) -> bool:
    return vector.unrunnable is None or vector.unrunnable[0] is Reason.UNSATISFIABLE


def _placed(vector: Vector, configs: _Configs) -> Vector:
    config, able = configs.of(vector.grid, None if vector.device_config_inferred else vector.device_config)
    moved = replace(vector, device_config=config, kinds=able, unrunnable=None)
    return moved if able else replace(moved, unrunnable=_nowhere(moved))


def _nowhere(vector: Vector) -> tuple[Reason, str]:
    (chips, others), (columns, rows) = vector.device_config.mesh_shape, vector.grid
    told = f"no board here opens a {chips} x {others} mesh of chips with {columns} x {rows} compute cores"
    return Reason.UNSATISFIABLE, told


def _of_problem(problem: Problem, made: Names) -> Vector:
    name = f"{problem.module}:{problem.suite}" if problem.suite else problem.module
    reason = Reason.BROKEN_CONFIGURATION if problem.configuration else Reason.BROKEN_MODULE
    return Vector(
        id=made.unique(name),
        operation=problem.module,
        config_hash="",
        content_hash=_hash(problem.module, problem.suite, problem.message),
        device_config=DeviceConfig(),
        device_config_inferred=True,
        text=packed({"operation": problem.module, "suite": problem.suite, "problem": problem.message}),
        unrunnable=(reason, problem.message),
    )


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
