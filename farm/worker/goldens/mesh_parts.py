"""The part of a whole tensor that one chip of a mesh has, by how the tensor is placed."""

from __future__ import annotations

import math
from typing import Any

from farm.worker.goldens.calling import Mesh


def part_on(whole: Any, mesh: Mesh, chip: int) -> Any:
    """Return one chip's part of a torch tensor that holds what all chips of a mesh have together.

    Args:
        whole: the tensor.
        mesh: the mesh, and how the tensor is placed on it.
        chip: the chip, in row-major order of the mesh.
    """
    part, chips = whole, math.prod(mesh.shape)
    place = chip % chips
    for size, dimension in zip(mesh.shape, mesh.dimensions, strict=True):
        chips //= size
        index, place = divmod(place, chips)
        if dimension is not None:  # of two axes that split one dimension, the first one splits it into larger parts
            part = part.tensor_split(size, dim=dimension)[index]
    return part
