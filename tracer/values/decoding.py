"""Reads version 2's form of values; see `tracer.values.v2`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

from tracer.errors import ConfigurationError
from tracer.values import forms, objects
from tracer.values.types import (
    EnumMember,
    Handle,
    Lost,
    Mapping,
    MemoryConfig,
    Placement,
    Struct,
    Tensor,
    Tile,
    TorchTensor,
    Value,
)

DEEPEST = 64
_INT = {int}


def decode(raw: Any) -> Value:
    """The value of version 2's JSON, as tt-metal or `encode` wrote it.

    Raises:
        ConfigurationError: the JSON is none of the known forms, or holds something impossible.
    """
    return _decode(raw, 0)


def _decode(raw: Any, depth: int) -> Value:
    kind = type(raw)
    if kind is dict:
        return _object(raw, depth)
    if kind is list:
        if depth > DEEPEST:
            raise ConfigurationError(f"nested more than {DEEPEST} deep")
        return tuple([_decode(part, depth + 1) for part in raw])
    if kind is str:
        return cast("Value", objects.NUMBERS.get(raw, raw))
    return cast("Value", raw)


def _object(raw: dict[str, Any], depth: int) -> Value:
    name = raw.get("type")
    if name == "ttnn.Tensor" and "original_shape" in raw:
        return decode_tensor(raw)
    if depth > DEEPEST:
        raise ConfigurationError(f"nested more than {DEEPEST} deep")
    if name is None:
        return _untyped(raw, depth)
    if type(name) is not str:
        raise ConfigurationError(f"'type' must be a class, not {forms.brief(name)}")
    for key, part in raw.items():
        if key in _MARKS:
            return _MARKS[key](name, part, depth)
    if name in _BY_TYPE:
        return _BY_TYPE[name](raw)
    if name in objects.HANDLES:
        return Handle(objects.HANDLES[name])
    return objects.struct(name, ((key, part) for key, part in raw.items() if key != "type"))


def _untyped(raw: dict[str, Any], depth: int) -> Value:
    if "memory_layout" in raw:
        return _decode_memory_config(raw)
    if "math_fidelity" in raw:
        return objects.struct(objects.COMPUTE_CONFIG, raw.items())
    if "in0_block_w" in raw:
        return objects.struct(objects.matmul_class(raw), raw.items())
    return Mapping(tuple([(key, _decode(part, depth + 1)) for key, part in raw.items()]))


def decode_tensor(raw: dict[str, Any]) -> Tensor:
    """A tensor from its JSON, as raw traces hold it, or as masters do."""
    get = raw.get
    dims = get("original_shape", get("shape"))
    if type(dims) is not list or (dims and set(map(type, dims)) != _INT):
        raise ConfigurationError(f"original_shape must be a list of ints, not {forms.brief(dims)}")
    dtype = get("original_dtype") or get("dtype")
    layout, storage, memory, tile = get("layout"), get("storage_type"), get("memory_config"), get("tile")
    spread = get("tensor_placement", get("mesh_device"))
    return Tensor(
        tuple(dims),
        forms.member(dtype, "original_dtype"),
        "" if layout is None else forms.member(layout, "layout"),
        "" if storage is None else forms.member(storage, "storage_type"),
        None if memory is None else _decode_memory_config(memory),
        None if tile is None else _unusual(tile),
        None if spread is None else _decode_placement(spread),
    )


def _unusual(raw: Any) -> Tile | None:
    found = forms.tile(raw)
    return None if found == Tile() else found


def _decode_memory_config(raw: Any) -> MemoryConfig:
    # nearly all are interleaved: one object each serves for all of them
    if type(raw) is dict and raw.get("shard_spec") in (None, "None") and "nd_shard_spec" not in raw:
        layout, buffer = raw.get("memory_layout"), raw.get("buffer_type")
        if type(layout) is str and type(buffer) is str:
            return _unsharded(layout, buffer)
    return forms.memory_config(raw)


@lru_cache(maxsize=256)
def _unsharded(layout: str, buffer: str) -> MemoryConfig:
    return MemoryConfig(forms.member_name(layout, "memory_layout"), forms.member_name(buffer, "buffer_type"))


def _decode_placement(raw: Any) -> Placement | None:
    if isinstance(raw, dict) and not (raw.get("placement") or raw.get("placements")):
        return None  # a raw trace's `mesh_device` of a tensor that isn't distributed
    found = forms.placement(raw)
    return None if all(side == 1 for side in found.mesh_shape) else found


def _marked_text(name: str, text: Any, _: int) -> Value:
    if type(text) is not str:
        raise ConfigurationError(f"{name} must be printed, not {forms.brief(text)}")
    if text.startswith(name) and text[len(name) : len(name) + 1] == "." and name not in objects.SPECIAL:
        member = text[len(name) + 1 :]
        if member.isidentifier():
            return EnumMember(name, member)
    return objects.typed_text(name, text)


def _marked_fields(name: str, given: Any, depth: int) -> Value:
    pairs = list(given.items()) if isinstance(given, dict) else _pairs(given, f"the fields of {name}")
    return Struct(name, tuple((key, _decode(part, depth + 1)) for key, part in pairs))


def _marked_items(name: str, given: Any, depth: int) -> Value:
    if name == "str" and type(given) is str:
        return given
    return Mapping(tuple((key, _decode(part, depth + 1)) for key, part in _pairs(given, f"the items of a {name}")))


def _pairs(given: Any, what: str) -> list[Any]:
    """Names and values as a list, which keeps their order, or a name that is there twice."""
    pairs = given if isinstance(given, list) else [given]
    if not all(isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) for pair in pairs):
        raise ConfigurationError(f"{what} must be pairs of a name and a value, not {forms.brief(given)}")
    return pairs


def _text(raw: Any, what: str) -> str:
    if type(raw) is not str:
        raise ConfigurationError(f"{what} must be text, not {forms.brief(raw)}")
    return raw


_MARKS: dict[str, Callable[[str, Any, int], Value]] = {
    "value": _marked_text,
    "repr": _marked_text,
    "fields": _marked_fields,
    "items": _marked_items,
    "member": lambda name, given, _: EnumMember(name, _text(given, "member")),
    "handle": lambda name, _given, _depth: Handle(name),
    "lost": lambda name, given, _: Lost(_text(given, "lost"), name),
}
_BY_TYPE: dict[str, Callable[[dict[str, Any]], Value]] = {
    "ttnn.Tensor": decode_tensor,
    "ShardSpec": forms.shard_spec,
    "NdShardSpec": forms.nd_shard_spec,
    "Tile": forms.tile,
    "Placement": forms.placement,
    "torch.Tensor": lambda raw: TorchTensor(
        forms.shape(raw.get("shape", raw.get("original_shape")), "shape"),
        forms.member(raw.get("dtype", raw.get("original_dtype")), "dtype").removeprefix("torch."),
    ),
}
