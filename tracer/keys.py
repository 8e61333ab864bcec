"""Cheap keys of live arguments: equal keys mean equal descriptions.

A model makes the same call thousands of times. Its key takes a few microseconds where its description takes tens,
so that a call seen before is only counted.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from enum import Enum
from typing import Any

from tracer.describe import describe, dims

Keyer = Callable[[Any], Hashable]
_INT = {int}


def key(value: object) -> Hashable:
    """The key of a live object. What has no cheaper key, or can't be read, is described."""
    cls = type(value)
    known = _keyers.get(cls)
    if known is None:
        known = _keyers[cls] = _choose(cls)
    try:
        return known(value)
    except Exception:  # noqa: BLE001 - a key must not break the model that is traced
        return describe(value)


def _choose(cls: type) -> Keyer:
    if issubclass(cls, Enum):
        # members of different enums may be equal by number
        return lambda member: (cls, member.name)
    if issubclass(cls, (list, tuple)):
        return _sequence
    if cls.__module__.partition(".")[0] == "ttnn":
        return _of_ttnn.get(cls.__name__, _described)
    return _described


def _described(value: object) -> Hashable:
    return describe(value)


def _plain(value: Hashable) -> Hashable:
    return value


def _sequence(value: Any) -> Hashable:
    # shapes above all
    return tuple(value) if set(map(type, value)) == _INT else tuple([key(each) for each in value])


def _float(value: float) -> Hashable:
    # repr tells 0.0 from -0.0, and one nan is as good as another
    return (float, repr(value))


def _tensor(tensor: Any) -> Hashable:
    device = tensor.device()
    tile = tensor.tile
    shape = tensor.host_buffer().shape() if device is None else device.shape
    known = (
        dims(tensor.shape),
        tensor.dtype,
        tensor.layout,
        tensor.storage_type(),
        tensor.memory_config(),
        tuple(tile.tile_shape),
        tile.transpose_within_face,
    )
    if shape.mesh_size() == 1:
        # to tell how it is spread would take as long as all else
        return (*known, None if device is None else device.id())
    return (*known, None if device is None else device.id(), str(tensor.tensor_topology()), tuple(shape))


# True == 1 == 1.0: each type keeps its own keys
_keyers: dict[type, Keyer] = {
    type(None): _plain,
    int: _plain,
    str: _plain,
    bool: lambda value: (bool, value),
    float: _float,
}
_of_ttnn: dict[str, Keyer] = {
    "Tensor": _tensor,
    # hashes and compares by content
    "MemoryConfig": _plain,
    "MeshDevice": lambda device: ("MeshDevice", device.id()),
}
