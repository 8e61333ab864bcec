"""What a configuration needs of an open board, worked out from its arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracer.values import MemoryConfig, Tensor, Value, used_cores, walk

_COLLECTIVES = (
    "all_gather",
    "all_reduce",
    "reduce_scatter",
    "all_broadcast",
    "all_to_all",
    "mesh_partition",
    "point_to_point",
    "neighbor_pad",
    "ring_",
)
"""Parts of the names of operations whose chips talk to each other."""

_SMALL_L1_USERS = ("conv", "pool", "halo", "upsample", "grid_sample", "fold")
"""Parts of the names of operations that keep small buffers in L1."""

_ARCHS = {"wormhole": "wormhole_b0", "blackhole": "blackhole"}
"""Architectures, by the word in a machine's description."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a configuration needs of an open board.

    Attributes:
        mesh: rows and columns of chips.
        grid: columns and rows of compute cores on a chip.
        fabric: whether chips talk to each other.
        small_l1: whether the operation keeps small buffers in L1.
        archs: the only architectures that can run it; empty if any may.
        dram_banks: the DRAM banks of a chip that its shards name; 0 if none do.
    """

    mesh: tuple[int, int] = (1, 1)
    grid: tuple[int, int] = (1, 1)
    fabric: bool = False
    small_l1: bool = False
    archs: tuple[str, ...] = ()
    dram_banks: int = 0


def needs(
    operation: str,
    arguments: Mapping[str, Value],
    traced_mesh: Sequence[int] | None = None,
    archs: tuple[str, ...] = (),
) -> Needs:
    """Return what a configuration needs.

    Chips of another architecture have other DRAM banks: a tensor sharded over them fits only where it was traced.

    Args:
        operation: its dotted name.
        arguments: its arguments by name.
        traced_mesh: the mesh it was traced on, if the trace says so.
        archs: the architectures that it was traced on; empty if they aren't known.
    """
    short = operation.rpartition(".")[2]
    collective = any(word in short for word in _COLLECTIVES)
    parts = [part for value in arguments.values() for part in walk(value)]
    mesh = _mesh(parts, traced_mesh if collective else None)
    if collective and mesh == (1, 1):
        mesh = (1, 2)  # the smallest on which chips can talk
    dram_banks = _dram_banks(parts)
    return Needs(
        mesh=mesh,
        grid=_grid(arguments.values()),
        fabric=collective,
        small_l1=any(word in short for word in _SMALL_L1_USERS),
        archs=archs if dram_banks else (),
        dram_banks=dram_banks,
    )


def _mesh(parts: Iterable[Value], traced_mesh: Sequence[int] | None) -> tuple[int, int]:
    for part in parts:
        if isinstance(part, Tensor) and part.placement is not None and len(part.placement.mesh_shape) == 2:
            rows, columns = part.placement.mesh_shape
            return rows, columns
    if traced_mesh is not None and len(traced_mesh) == 2:
        return traced_mesh[0], traced_mesh[1]
    return 1, 1


def architectures(machines: Iterable[Mapping[str, object] | None]) -> tuple[str, ...]:
    """Return the architectures that a configuration was traced on, sorted; empty if that isn't known of all machines.

    Args:
        machines: where it was traced, as in a master: `device_series`, or `board_type`, names the architecture.
    """
    texts = [f"{(each or {}).get('board_type')} {(each or {}).get('device_series')}".lower() for each in machines]
    archs = [next((arch for word, arch in _ARCHS.items() if word in text), None) for text in texts]
    return () if None in archs else tuple(sorted({arch for arch in archs if arch}))


def grid_of(value: Value) -> tuple[int, int]:
    """Return the columns and rows of compute cores on a chip that a value names."""
    return _grid((value,))


def _dram_banks(parts: Iterable[Value]) -> int:
    memories = (part for part in parts if isinstance(part, MemoryConfig))
    specs = (spec for each in memories if each.buffer == "DRAM" for spec in (each.shard_spec, each.nd_shard_spec))
    return max((x + 1 for spec in specs for x, _ in used_cores(spec)), default=0)


def _grid(values: Iterable[Value]) -> tuple[int, int]:
    columns = rows = 1
    for x, y in (core for value in values for core in used_cores(value)):
        columns, rows = max(columns, x + 1), max(rows, y + 1)
    return columns, rows
