"""How a board is opened for a configuration whose trace doesn't say: inferred from what the configuration needs.

A version 1 trace, and most version 2 traces, don't record how the device was opened. The configuration's own needs then
decide: its mesh, the compute cores that its shards and programs name, a fabric for collective operations, small L1 for
convolutions. Each kind of board gets its own device config, since the kinds keep different cores for dispatch. Reports
say that the config was inferred.
"""

from __future__ import annotations

from farm.core.board import BoardKind
from farm.sweeps.needs import Needs
from tracer.device_config import DeviceConfig

SMALL_L1 = 32768
"""Bytes of small L1 if an operation needs some and the trace doesn't say; convolution models use about this much."""


def find_device_config(kind: BoardKind, needs: Needs, recorded: DeviceConfig | None = None) -> DeviceConfig | None:
    """How a board of this kind is opened for what a vector needs.

    Args:
        kind: the board's kind.
        needs: what the vector needs.
        recorded: the device config that the trace records; None to infer the plainest one that serves the needs. ttnn's
            own choice of dispatch cores is tried first.

    Returns:
        None if no board of this kind can serve the needs, or be opened as the trace records.
    """
    if (needs.archs and kind.arch not in needs.archs) or needs.dram_banks > kind.dram_banks:
        return None
    if recorded is not None:
        # a module's fixture adapts to the board it gets
        return recorded if recorded.opened_by is not None or _can_serve(kind, recorded, needs.grid) else None
    if needs.mesh not in kind.meshes:
        return None
    return next(
        (plainest_config(needs, core_type, axis) for core_type, axis, grid in kind.grids if _holds(grid, needs.grid)),
        None,
    )


def _can_serve(kind: BoardKind, config: DeviceConfig, cores: tuple[int, int]) -> bool:
    """Whether a board of this kind can be opened like this, and then has this many compute cores on a chip."""
    if config.mesh_shape not in kind.meshes:
        return False
    grids = {(core_type, axis): grid for core_type, axis, grid in kind.grids}
    axis = None if config.dispatch_core_axis == "ROW" and kind.arch == "wormhole_b0" else config.dispatch_core_axis
    if config.dispatch_core_type == "ETH":
        grid = grids.get(("ETH", None))
    else:  # worker cores are ttnn's default where the kind doesn't list them
        grid = grids.get((config.dispatch_core_type, axis), grids.get((None, axis)))
    return grid is not None and _holds(grid, cores)


def _holds(grid: tuple[int, int], cores: tuple[int, int]) -> bool:
    return cores[0] <= grid[0] and cores[1] <= grid[1]


def plainest_config(needs: Needs, core_type: str | None = None, axis: str | None = None) -> DeviceConfig:
    """The device config that serves the needs and asks for nothing else; None leaves dispatch to ttnn."""
    return DeviceConfig(
        mesh_shape=needs.mesh,
        dispatch_core_type=core_type,
        dispatch_core_axis=axis,
        fabric="FABRIC_1D" if needs.fabric else None,
        l1_small_size=SMALL_L1 if needs.small_l1 else None,
    )
