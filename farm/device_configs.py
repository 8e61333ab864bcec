"""How a board must be opened for a configuration, where its trace doesn't say: inferred from what it needs.

A trace of version 1, and most of version 2, doesn't tell how the device was opened. What the configuration itself needs
then decides: its mesh, the compute cores its shards and programs name, a fabric for collective operations, small L1
for convolutions. Kinds of boards differ in what each way of opening leaves them, so each is opened in its own way. The
report says that it was inferred.
"""

from __future__ import annotations

import collections.abc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass

from farm.boards.base import BoardKind
from tracer.device_config import DeviceConfig
from tracer.values import CoreCoord, CoreGrid, CoreRange, Mapping, MemoryConfig, Struct, Tensor, Value, walk

SMALL_L1 = 32768
"""Bytes of small L1 where an operation needs some and the trace doesn't say; convolution models use about this."""

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
_SMALL_L1_USERS = ("conv", "pool", "halo", "upsample", "grid_sample", "fold")
_ARCHS = {"wormhole": "wormhole_b0", "blackhole": "blackhole"}
# Struct fields that name compute cores by a corner or by their number of columns and rows.
_GRID_SIZES = ("compute_with_storage_grid_size", "core_grid", "grid_size")


@dataclass(frozen=True, slots=True)
class Needs:
    """What a configuration needs of an open board.

    Attributes:
        mesh: its rows and columns of chips.
        grid: columns and rows of compute cores on a chip.
        fabric: whether chips talk to each other.
        small_l1: whether the operation keeps small buffers in L1.
        archs: the architectures that alone will do; none where any may.
    """

    mesh: tuple[int, int] = (1, 1)
    grid: tuple[int, int] = (1, 1)
    fabric: bool = False
    small_l1: bool = False
    archs: tuple[str, ...] = ()


def needs(
    operation: str,
    arguments: collections.abc.Mapping[str, Value],
    traced_mesh: Sequence[int] | None = None,
    archs: tuple[str, ...] = (),
) -> Needs:
    """What a configuration needs.

    Args:
        operation: its dotted name.
        arguments: its arguments by name.
        traced_mesh: the mesh it was traced on, where the trace tells.
        archs: see `traced_archs`.
    """
    short = operation.rpartition(".")[2]
    collective = any(word in short for word in _COLLECTIVES)
    mesh = _mesh(arguments.values(), traced_mesh if collective else None)
    if collective and mesh == (1, 1):
        mesh = (1, 2)  # the smallest on which chips can talk
    return Needs(
        mesh=mesh,
        grid=_grid(arguments.values()),
        fabric=collective,
        small_l1=any(word in short for word in _SMALL_L1_USERS),
        archs=archs,
    )


def way_to_open(kind: BoardKind, needed: Needs, known: DeviceConfig | None = None) -> DeviceConfig | None:
    """How a board of this kind is opened for what is needed: as is known, else the plainest way that serves it.

    ttnn's own dispatch comes before any other. None where the board can't serve it.
    """
    if needed.archs and kind.arch not in needed.archs:
        return None
    if known is not None:
        # a module's fixture opens whatever it finds
        return known if known.opened_by is not None or _can_serve(kind, known, needed.grid) else None
    if needed.mesh not in kind.meshes:
        return None
    ways = (opened(needed, core_type, axis) for core_type, axis, grid in kind.grids if _holds(grid, needed.grid))
    return next(ways, None)


def _can_serve(kind: BoardKind, config: DeviceConfig, wanted: tuple[int, int]) -> bool:
    """Whether a board of this kind opens so, and then has so many compute cores on a chip."""
    if config.mesh_shape not in kind.meshes:
        return False
    core_type = None if config.dispatch_core_type == "WORKER" else config.dispatch_core_type
    axis = None if config.dispatch_core_axis == "ROW" and kind.arch == "wormhole_b0" else config.dispatch_core_axis
    for way_type, way_axis, grid in kind.grids:
        if (way_type, way_axis) == (core_type, None if core_type == "ETH" else axis):
            return _holds(grid, wanted)
    return False


def _holds(grid: tuple[int, int], wanted: tuple[int, int]) -> bool:
    return wanted[0] <= grid[0] and wanted[1] <= grid[1]


def opened(needed: Needs, core_type: str | None = None, axis: str | None = None) -> DeviceConfig:
    """A device config for what is needed, by what dispatch runs on: ttnn's own choice where nothing is given."""
    return DeviceConfig(
        mesh_shape=needed.mesh,
        dispatch_core_type=core_type,
        dispatch_core_axis=axis,
        fabric="FABRIC_1D" if needed.fabric else None,
        l1_small_size=SMALL_L1 if needed.small_l1 else None,
    )


def _mesh(values: Iterable[Value], traced_mesh: Sequence[int] | None) -> tuple[int, int]:
    for value in values:
        for part in walk(value):
            if isinstance(part, Tensor) and part.placement is not None and len(part.placement.mesh_shape) == 2:
                rows, columns = part.placement.mesh_shape
                return rows, columns
    if traced_mesh is not None and len(traced_mesh) == 2:
        return traced_mesh[0], traced_mesh[1]
    return 1, 1


def traced_archs(
    arguments: collections.abc.Mapping[str, Value], machines: Iterable[collections.abc.Mapping[str, object] | None]
) -> tuple[str, ...]:
    """The architectures that alone can run a configuration, sorted; none where any may.

    How many banks of DRAM a chip has differs by architecture, so what is sharded over them fits where it was traced.

    Args:
        arguments: of the configuration, by name.
        machines: where it was traced, as a master tells it: `device_series`, or `board_type`, names the architecture.
    """
    sharded = any(
        isinstance(part, MemoryConfig) and part.buffer == "DRAM" and part.shard_spec is not None
        for value in arguments.values()
        for part in walk(value)
    )
    if not sharded:
        return ()
    told = [f"{(each or {}).get('board_type')} {(each or {}).get('device_series')}".lower() for each in machines]
    found = [next((arch for word, arch in _ARCHS.items() if word in each), None) for each in told]
    return () if None in found else tuple(sorted({arch for arch in found if arch}))


def grid_of(value: Value) -> tuple[int, int]:
    """The columns and rows of compute cores on a chip that a value names."""
    return _grid((value,))


def _grid(values: Iterable[Value]) -> tuple[int, int]:
    columns = rows = 1
    for x, y in (corner for value in values for corner in _corners(value)):
        columns, rows = max(columns, x + 1), max(rows, y + 1)
    return columns, rows


def _corners(value: Value) -> Iterator[tuple[int, int]]:
    """The last compute core of every grid in a value; banks of DRAM are no compute cores."""
    if isinstance(value, CoreGrid):
        yield value.x - 1, value.y - 1
    elif isinstance(value, CoreRange):
        yield value.end.x, value.end.y
    elif not (isinstance(value, MemoryConfig) and value.buffer == "DRAM"):
        for name, part in _parts(value):
            if name in _GRID_SIZES and isinstance(part, CoreCoord):
                yield part.x - 1, part.y - 1
            else:
                yield from _corners(part)


def _parts(value: Value) -> Iterator[tuple[str, Value]]:
    """What stands directly inside a value, with the field's name where it has one."""
    if isinstance(value, tuple):
        yield from (("", part) for part in value)
    elif isinstance(value, Struct):
        yield from value.fields
    elif isinstance(value, Mapping):
        yield from value.items
    elif is_dataclass(value):
        yield from ((field.name, getattr(value, field.name)) for field in fields(value))
