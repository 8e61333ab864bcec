"""How a board must be opened for a configuration, where its trace doesn't say: inferred from what it needs.

A trace of version 1, and most of version 2, doesn't tell how the device was opened. What the configuration itself needs
then decides: its mesh, the compute cores its shards and programs name, a fabric for collective operations, small L1
for convolutions. Kinds of boards differ in what each way of opening leaves them, so each is opened in its own way. The
report says that it was inferred.
"""

from __future__ import annotations

from farm.core.board import BoardKind
from farm.sweeps.needs import Needs
from tracer.device_config import DeviceConfig

SMALL_L1 = 32768
"""Bytes of small L1 where an operation needs some and the trace doesn't say; convolution models use about this."""


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
