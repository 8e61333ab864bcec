"""How a board of a kind is opened for a configuration.

Each kind gets the device config that was traced on it. A kind that the configuration wasn't traced on gets that of
another product. A configuration needs its mesh, its fabric, its L1 and DRAM sizes and the compute cores that its shards
and programs name. Which cores dispatch runs on is not a need, but how one product gets such a grid: Wormhole can
dispatch from ethernet cores, Blackhole can't. So a kind of another architecture, or one that the traced dispatch leaves
too few cores, dispatches in the first of its own ways that leaves enough.

A version 1 trace, and most version 2 traces, don't say how the device was opened. The configuration's needs then decide
alone, with small L1 for convolutions. Reports say that the config was inferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from farm.board.kinds import kind_of_traced_cards
from farm.core.board import BoardKind
from farm.core.traced_opening import TracedOpening
from farm.planning.shortfalls import FewBanks, FewCores, NoMesh, OtherArch, Shortfall
from farm.sweeps.needs import Needs
from tracer.device_config import DeviceConfig

SMALL_L1 = 32768
"""Bytes of small L1 if an operation needs some and the trace doesn't say; convolution models use about this much."""


def find_device_config(
    kind: BoardKind, needs: Needs, openings: Sequence[TracedOpening] = ()
) -> DeviceConfig | Shortfall:
    """How a board of this kind is opened for what a vector needs, or what it lacks.

    Args:
        kind: the board's kind.
        needs: what the vector needs.
        openings: how boards were opened where the vector was traced; none to infer the plainest device config that
            serves the needs. ttnn's own choice of dispatch cores is tried first.
    """
    if needs.archs and kind.arch not in needs.archs:
        return OtherArch(needs.archs)
    if needs.dram_banks > kind.dram_banks:
        return FewBanks(needs.dram_banks, kind.dram_banks)
    if not openings:
        return _opened(kind, plainest_config(needs), needs.grid)
    shortfalls = []
    for config in _most_alike_first(kind, openings):
        opened = _opened(kind, config, needs.grid)
        if isinstance(opened, DeviceConfig):
            return opened
        shortfalls.append(opened)
    few = next((each for each in shortfalls if isinstance(each, FewCores)), None)
    return few or NoMesh(tuple(dict.fromkeys(each.config.mesh_shape for each in openings)))


def plainest_config(needs: Needs) -> DeviceConfig:
    """The device config that serves the needs and asks for nothing else: dispatch is left to ttnn."""
    return DeviceConfig(
        mesh_shape=needs.mesh,
        fabric="FABRIC_1D" if needs.fabric else None,
        l1_small_size=SMALL_L1 if needs.small_l1 else None,
    )


def _most_alike_first(kind: BoardKind, openings: Sequence[TracedOpening]) -> list[DeviceConfig]:
    """The traced device configs for a kind: its own, then its architecture's, then the others', without dispatch."""
    own, alike, others = [], [], []
    for opening in openings:
        traced = kind_of_traced_cards(opening.series, opening.cards)
        if traced is kind:
            own.append(opening.config)
        elif traced is None or traced.arch == kind.arch:
            alike.append(opening.config)
        else:
            others.append(replace(opening.config, dispatch_core_type=None, dispatch_core_axis=None))
    return [*own, *alike, *others]


def _opened(kind: BoardKind, config: DeviceConfig, cores: tuple[int, int]) -> DeviceConfig | Shortfall:
    """The device config, with another dispatch if this kind doesn't dispatch so or has too few cores left then."""
    if config.opened_by is not None:
        return config  # a module's fixture adapts to the board it gets
    if config.mesh_shape not in kind.meshes:
        return NoMesh((config.mesh_shape,))
    if _dispatches_so(kind, config, cores):
        return config
    for core_type, axis, grid in kind.grids:
        if _holds(grid, cores):
            return replace(config, dispatch_core_type=core_type, dispatch_core_axis=axis)
    grids = dict.fromkeys(grid for _, _, grid in kind.grids)
    return FewCores(cores, tuple(each for each in grids if not any(_holds(other, each) for other in {*grids} - {each})))


def _dispatches_so(kind: BoardKind, config: DeviceConfig, cores: tuple[int, int]) -> bool:
    """Whether a board of this kind dispatches as the config says, and then has this many compute cores on a chip."""
    grids = {(core_type, axis): grid for core_type, axis, grid in kind.grids}
    axis = None if config.dispatch_core_axis == "ROW" and kind.arch == "wormhole_b0" else config.dispatch_core_axis
    if config.dispatch_core_type == "ETH":
        grid = grids.get(("ETH", None))
    else:  # worker cores are ttnn's default where the kind doesn't list them
        grid = grids.get((config.dispatch_core_type, axis), grids.get((None, axis)))
    return grid is not None and _holds(grid, cores)


def _holds(grid: tuple[int, int], cores: tuple[int, int]) -> bool:
    return cores[0] <= grid[0] and cores[1] <= grid[1]
