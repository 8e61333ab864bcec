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
    part = whole
    place = chip % math.prod(mesh.shape)
    for axis in reversed(range(len(mesh.shape))):
        place, index = divmod(place, mesh.shape[axis])
        dimension = mesh.dimensions[axis]
        if dimension is not None:
            part = part.tensor_split(mesh.shape[axis], dim=dimension)[index]
    return part
