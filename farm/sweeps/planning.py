"""Vectors of sweep modules, ready to be run: none dropped, whatever is wrong with one or with a whole module."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from farm.boards.base import BoardKind
from farm.device_configs import Needs, can_serve, infer
from farm.sweeps.records import Listed, Problem, Record
from farm.vectors import ID_LENGTH, Vector, unique
from farm.verdicts import Reason
from tracer.device_config import DeviceConfig


def plan_records(records: Iterable[Record], kinds: Iterable[BoardKind], modes: Sequence[str] = ()) -> Iterator[Vector]:
    """Makes a vector of each record: of each vector of a module, and of each problem, which then can't run.

    Args:
        records: in their order.
        kinds: the kinds of the boards that are there, best first.
        modes: what is to be measured, of `farm.process.measuring.MODES`.
    """
    made: Counter[str] = Counter()
    there = tuple(dict.fromkeys(kinds))
    # an operation's vectors name few grids and modules few fixtures: each config is worked out once
    configs: dict[tuple[str, tuple[int, int], DeviceConfig | None], tuple[DeviceConfig, frozenset[str]]] = {}
    for record in records:
        if isinstance(record, Problem):
            yield _of_problem(record, made)
        elif isinstance(record, Listed):
            key = record.of.module.name if record.of.fixture else "", record.grid, record.device_config
            if key not in configs:
                configs[key] = _config(record, there)
            yield _vector(record, *configs[key], made, modes)


def _config(listed: Listed, kinds: tuple[BoardKind, ...]) -> tuple[DeviceConfig, frozenset[str]]:
    """How a board must be opened, and which kinds can be; a fixture opens whatever it finds."""
    if listed.of.fixture:
        return DeviceConfig(opened_by=listed.of.module.name), frozenset(kind.name for kind in kinds)
    if listed.device_config is not None:
        traced = listed.device_config
        return traced, frozenset(kind.name for kind in kinds if can_serve(kind, traced, listed.grid))
    config, able = infer(Needs(grid=listed.grid), kinds)
    return config, frozenset(kind.name for kind in able)


def _vector(
    listed: Listed, config: DeviceConfig, able: frozenset[str], made: Counter[str], modes: Sequence[str]
) -> Vector:
    module = listed.of.module
    vector_id = unique(listed.input_hash[:ID_LENGTH], made)
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
        payload["modes"] = list(modes)
    if listed.lost:
        payload["lost"] = list(listed.lost)
    unrunnable = None
    if listed.invalid is not None:
        unrunnable = Reason.INVALID_VECTOR, listed.invalid
    elif not able:
        (chips, others), (columns, rows) = config.mesh_shape, listed.grid
        unrunnable = (
            Reason.UNSATISFIABLE,
            f"no board here opens a {chips} x {others} mesh of chips with {columns} x {rows} compute cores",
        )
    return Vector(
        id=vector_id,
        operation=module.name,
        config_hash=listed.config_hash or listed.input_hash,
        content_hash=_hash(module.name, listed.suite, listed.input_hash),
        device_config=config,
        device_config_inferred=not listed.of.fixture and listed.device_config is None,
        payload=payload,
        sources=listed.sources,
        lost=listed.lost,
        kinds=able,
        unrunnable=unrunnable,
    )


def _of_problem(problem: Problem, made: Counter[str]) -> Vector:
    name = f"{problem.module}:{problem.suite}" if problem.suite else problem.module
    reason = Reason.BROKEN_CONFIGURATION if problem.configuration else Reason.BROKEN_MODULE
    return Vector(
        id=unique(name, made),
        operation=problem.module,
        config_hash="",
        content_hash=_hash(problem.module, problem.suite, problem.message),
        device_config=DeviceConfig(),
        device_config_inferred=True,
        payload={"operation": problem.module, "suite": problem.suite, "problem": problem.message},
        unrunnable=(reason, problem.message),
    )


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
