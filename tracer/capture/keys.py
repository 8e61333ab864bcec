"""Cheap keys of live arguments: equal keys mean equal descriptions.

A model makes the same call thousands of times. Its key takes a microsecond or two where its description takes tens,
so that a call seen before is only counted.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from enum import Enum
from typing import Any

from tracer.values.describe import describe, struct_fields

Keyer = Callable[[Any], Hashable]


def keys(values: Iterable[Any]) -> tuple[Hashable, ...]:
    """The keys of a call's arguments. What has no cheaper key, or can't be read, is described."""
    try:
        return _sequence(values)
    except Exception:  # noqa: BLE001 - a key must not break the model that is traced
        return tuple([_readable(each) for each in values])


def _readable(value: object) -> Hashable:
    try:
        return _keyers[type(value)](value)
    except Exception:  # noqa: BLE001 - as above
        return describe(value)


def _choose(cls: type) -> Keyer:
    if issubclass(cls, Enum):
        # members of different enums may be equal by number; `name` takes ten times as long as `_name_`
        return lambda member: (cls, member._name_)
    if issubclass(cls, (list, tuple)):
        return _sequence
    if cls.__module__.partition(".")[0] != "ttnn":
        return _described
    if cls.__name__ in _of_ttnn:
        return _of_ttnn[cls.__name__]
    fields = struct_fields(cls)
    if fields is None:
        return _described
    return lambda config: (cls, _sequence([getattr(config, field) for field in fields]))


def _described(value: object) -> Hashable:
    return describe(value)


def _plain(value: Hashable) -> Hashable:
    return value


def _sequence(values: Iterable[Any]) -> tuple[Hashable, ...]:
    # shapes above all
    return tuple([each if type(each) is int else _keyers[type(each)](each) for each in values])


def _float(value: float) -> Hashable:
    # repr tells 0.0 from -0.0, and one nan is as good as another
    return (float, value if value and value == value else repr(value))  # noqa: PLR0124 - nan


class _TensorKey(tuple[Any, ...]):
    """Compares all that it holds; its hash is the first of it, for specs compare by content but hash by identity."""

    __slots__ = ()

    def __hash__(self) -> int:
        return self[0]  # type: ignore[no-any-return]


def _tensor(tensor: Any) -> Hashable:
    device = tensor.device()
    if device is None:
        shape = tensor.host_buffer().shape()
        place, chips, sharded = tensor.storage_type(), shape.mesh_size(), True  # `is_sharded` is of devices alone
    else:
        place, chips, sharded = device.id(), device.get_num_devices(), tensor.is_sharded()
        shape = None if chips == 1 else device.shape
    known = (
        tensor.logical_volume(),
        tensor.spec,
        # specs don't compare how a tile is transposed, nor whether shards were given in n dimensions
        tensor.tile.transpose_within_face,
        sharded and hash(tensor.memory_config()),
        place,
    )
    # all tensors of one chip are spread alike
    return _TensorKey(known if chips == 1 else (*known, tensor.tensor_topology(), tuple(shape)))


def _memory_config(config: Any) -> Hashable:
    # the hash knows whether shards were given in n dimensions, the comparison doesn't
    return (config, hash(config))


class _Keyers(dict[type, Keyer]):
    """By class; one that wasn't met before is looked at once."""

    def __missing__(self, cls: type) -> Keyer:
        chosen = self[cls] = _choose(cls)
        return chosen


# True == 1 == 1.0: each type keeps its own keys
_keyers = _Keyers(
    {
        type(None): _plain,
        int: _plain,
        str: _plain,
        bool: lambda value: (bool, value),
        float: _float,
    }
)
_of_ttnn: dict[str, Keyer] = {
    "Tensor": _tensor,
    "MemoryConfig": _memory_config,
    "MeshDevice": lambda device: ("MeshDevice", device.id()),
}
