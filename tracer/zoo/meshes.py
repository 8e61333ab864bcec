"""Tensors that are spread over a mesh of chips."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import ttnn

from tracer.zoo.parts import random


def distribution(mesh: Any, *dims: int | None) -> tuple[Any, list[Any]]:
    """How a tensor is spread: one dimension over all chips as over a line, or one for the rows and one for the columns.

    Args:
        mesh: the chips.
        dims: the tensor's dimension that is cut; None where each chip has all of it.

    Returns:
        The shape that it is distributed over, and what happens along each side of that.
    """
    parts = [ttnn.PlacementReplicate() if dim is None else ttnn.PlacementShard(dim) for dim in dims]
    return ttnn.MeshShape((mesh.get_num_devices(),) if len(dims) == 1 else tuple(mesh.shape)), parts


def spread(
    mesh: Any,
    shape: tuple[int, ...],
    *dims: int | None,
    dtype: Any = ttnn.bfloat16,
    layout: Any = ttnn.TILE_LAYOUT,
    memory: Any = ttnn.DRAM_MEMORY_CONFIG,
) -> Any:
    """Random weights or activations of this shape over all chips; `dims` as in `distribution`."""
    sides, parts = distribution(mesh, *dims)
    if hasattr(ttnn.Tensor, "update_tensor_topology"):  # each chip makes its own part, which takes no time on the host
        own = list(shape)
        for dim, count in zip(dims, sides, strict=True):
            if dim is not None:
                own[dim] //= count
        tensor = random(mesh, *own, dtype=dtype, layout=layout)
        chips = [ttnn.MeshCoordinate(chip) for chip in itertools.product(*map(range, mesh.shape))]
        tensor.update_tensor_topology(ttnn.TensorTopology(sides, parts, chips))
        return tensor if memory.buffer_type == ttnn.BufferType.DRAM else ttnn.to_memory_config.function(tensor, memory)
    numbers = np.resize(np.random.default_rng(0).standard_normal(4099, dtype=np.float32), shape)
    mapper = ttnn.create_mesh_mapper(mesh, ttnn.MeshMapperConfig(parts, sides))
    floats = ttnn.Tensor(numbers, ttnn.float32, layout=layout, mesh_mapper=mapper)
    return ttnn.to_device(ttnn.to_dtype(floats, dtype), mesh, memory_config=memory)


def spread_integers(mesh: Any, numbers: Any, *dims: int | None, dtype: Any = ttnn.uint32) -> Any:
    """Token ids, positions or the places of experts, from the host, in rows in DRAM; `dims` as in `distribution`."""
    kinds = {ttnn.uint16: np.uint16, ttnn.int32: np.int32, ttnn.uint32: np.uint32}
    sides, parts = distribution(mesh, *dims)
    mapper = ttnn.create_mesh_mapper(mesh, ttnn.MeshMapperConfig(parts, sides))
    return ttnn.to_device(ttnn.Tensor(np.asarray(numbers).astype(kinds[dtype]), dtype, mesh_mapper=mapper), mesh)
