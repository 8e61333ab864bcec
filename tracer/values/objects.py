"""The typed values of printed objects: parsed text, or the JSON inside it, by class and field."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from tracer.errors import ConfigurationError
from tracer.values import forms
from tracer.values.cpptext import Call, CppTextError, Elided, Range, Unsupported, Word, parse
from tracer.values.types import CoreGrid, CoreRangeSet, EnumMember, Handle, Lost, Mapping, Shape, Struct, Value

# Classes whose objects live on the open device and hold no configuration, so that a runner makes new ones: by the names
# that ttnn gives them in Python and in print.
HANDLES = {
    "MeshDevice": "MeshDevice",
    "GlobalSemaphore": "GlobalSemaphore",
    "GlobalSemaphoreArg": "GlobalSemaphore",
    "global_semaphore": "GlobalSemaphore",
    "GlobalCircularBuffer": "GlobalCircularBuffer",
    "global_circular_buffer": "GlobalCircularBuffer",
    "MeshSocket": "MeshSocket",
    "MeshTraceId": "MeshTraceId",
    "MeshEvent": "MeshEvent",
}

# Fields that are truth values although C++ prints 0 and 1, whatever the class.
TRUTHS = frozenset(
    """
    math_approx_mode fp32_dest_acc_en packer_l1_acc dst_full_sync_en
    inplace legacy_reduction legacy_rsqrt use_welford
    fuse_batch mcast_in0 gather_in0 untilize_out transpose_mcast exp_approx_mode
    deallocate_activation reallocate_halo_output config_tensors_in_dram reshard_if_not_optimal override_sharding_config
    transpose_shards enable_act_double_buffer enable_weights_double_buffer full_inner_dim enable_kernel_stride_folding
    enable_activation_reuse enable_split_reader enable_subblock_padding force_split_reader
    override_output_sharding_config in_place
    """.split()  # noqa: SIM905 - a list of thirty lines says no more
)
# Fields that hold an enum member although its type isn't always printed.
_MEMBERS = {"math_fidelity": "MathFidelity", "throttle_level": "ThrottleLevel", "op_type": "UnaryOpType"}
# Names that changed or that printing leaves out: of classes, and of a class's fields.
_CLASSES = {"BasicUnaryWithParam<float>": "UnaryWithParam"}
_FIELDS = {
    "SDPAProgramConfig": {"compute_grid": "compute_with_storage_grid_size"},
    "MeshCoordinate": {"0": "coords"},
    "MeshShape": {"0": "shape"},
    "PlacementShard": {"0": "dim"},
    "SubDeviceId": {"0": "id"},
    "slice": {"0": "start", "1": "stop", "2": "step"},
}

# What tt-metal writes in place of the three floats that JSON doesn't have.
NUMBERS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
COMPUTE_CONFIG = "WormholeComputeKernelConfig"
# A dict with one of these keys is one of tt-metal's objects, which don't all come with a `type`.
UNTYPED = frozenset({"type", "memory_layout", "math_fidelity", "in0_block_w"})
# Classes whose print is read otherwise than by class and field.
SPECIAL = HANDLES.keys() | {
    "CoreCoord", "CoreGrid", "CoreRange", "CoreRangeSet", "MemoryConfig", "NdShardSpec", "Placement", "Shape",
    "ShardSpec", "Tile", "dict", "dtype", "frozenset", "set", "str",
}  # fmt: skip

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def struct(name: str, fields: Iterable[tuple[str, Any]]) -> Struct:
    """An object by class and fields.

    Args:
        name: the class, as printed.
        fields: name and value, as JSON or as parsed text; a positional value has its position for a name.
    """
    name = _CLASSES.get(name, name.rpartition("::")[2].rpartition(".")[2])
    renamed = _FIELDS.get(name, {})
    return Struct(name, tuple([(renamed.get(key, key), _field(key, raw)) for key, raw in fields]))


def _field(key: str, raw: Any) -> Value:
    """The value of one field, where its name says more than its printing does."""
    if isinstance(raw, str):
        raw = reparsed(raw)
    if key in TRUTHS and (raw in (0, 1) or raw in ("0", "1")):
        return bool(int(raw))
    if key in _MEMBERS and isinstance(raw, (str, Word)):
        return EnumMember(_MEMBERS[key], forms.member(raw, key))
    if key.endswith(("grid", "grid_size")) and _is_core(raw):
        return forms.core(raw, key)
    if key == "hop_cores" and not raw and isinstance(raw, (list, tuple)):
        return CoreRangeSet(())
    if key == "fused_activation" and isinstance(raw, dict) and "op_type" in raw:
        return struct("UnaryWithParam", raw.items())
    if key == "param" and isinstance(raw, (list, tuple)):
        return tuple(float(number) if isinstance(number, (int, float)) else value(number) for number in raw)
    return value(raw)


def _is_core(raw: object) -> bool:
    if isinstance(raw, (list, tuple)):
        return len(raw) == 2 and all(type(part) is int for part in raw)
    return isinstance(raw, Range) and type(raw.start) is int


def value(raw: Any) -> Value:
    """The typed value of parsed text, or of JSON inside it."""
    if raw is None or isinstance(raw, (bool, int, float, str)):
        return raw
    if isinstance(raw, Word):
        return EnumMember(raw.type, raw.name)
    if isinstance(raw, Elided):
        return Lost("{...}")
    if isinstance(raw, Unsupported):
        return unsupported(raw)
    if isinstance(raw, Call):
        return called(raw)
    if isinstance(raw, Range):
        ends = (raw.start, raw.end)
        return forms.core(raw) if all(type(end) is int for end in ends) else forms.core_range(raw)
    if isinstance(raw, dict):
        if raw.keys() == {"x", "y"}:
            return forms.core(raw)
        if raw.keys() == {"start", "end"}:
            return forms.core_range(raw)
        return Mapping(tuple([(key, value(part)) for key, part in raw.items()]))
    if holds_ranges(raw):
        return forms.core_ranges(raw)
    return tuple([value(part) for part in raw])


def holds_ranges(raw: list[Any] | tuple[Any, ...]) -> bool:
    """Whether a list is a set of core ranges: `[a - b]`, `{[a - b], [c - d]}` or `[{start, end}]`."""
    parts = [part[0] if isinstance(part, list) and len(part) == 1 else part for part in raw]
    return bool(parts) and all(
        (isinstance(part, Range) and not isinstance(part.start, int))
        or (isinstance(part, dict) and part.keys() == {"start", "end"})
        for part in parts
    )


def matmul_class(raw: dict[str, Any]) -> str:
    """The class of a matmul program config, of which older traces kept the fields only."""
    if "mcast_in0" in raw:
        return "MatmulMultiCoreReuseMultiCast1DProgramConfig"
    if "transpose_mcast" in raw:
        return "MatmulMultiCoreReuseMultiCastProgramConfig"
    if "compute_with_storage_grid_size" in raw:
        return "MatmulMultiCoreReuseProgramConfig"
    return "MatmulMultiCoreReuseMultiCastDRAMShardedProgramConfig"


def called(raw: Call) -> Value:
    """The object that a printed call describes."""
    name = raw.name.rpartition("::")[2].rpartition(".")[2]
    if name in _BY_CLASS:
        return _BY_CLASS[name](raw)
    if name == "" and [field for field, _ in raw.fields] == ["x", "y"]:
        return forms.core(raw)
    if name == "" and all(field.isdigit() for field, _ in raw.fields):
        return tuple(value(part) for _, part in raw.fields)
    if name in HANDLES:
        return Handle(HANDLES[name])
    return struct(raw.name, raw.fields)


def _core_grid(raw: Call) -> CoreGrid:
    found = forms.core(Call("", tuple(sorted(raw.fields))), "CoreGrid")
    return CoreGrid(found.x, found.y)


_BY_CLASS: dict[str, Callable[[Any], Value]] = {
    "CoreGrid": _core_grid,
    "CoreCoord": forms.core,
    "Shape": lambda raw: Shape(forms.shape(raw, "Shape")),
    "ShardSpec": forms.shard_spec,
    "NdShardSpec": forms.nd_shard_spec,
    "MemoryConfig": forms.memory_config,
}


def unsupported(raw: Unsupported) -> Handle | Lost:
    """What is left of an argument of which only the C++ type was printed."""
    name = raw.type
    while name.startswith("std::reference_wrapper<"):
        name = name.removeprefix("std::reference_wrapper<").removesuffix(">").removesuffix(" const").rstrip()
    last = name.rstrip("*& ").rpartition("::")[2]
    if last in HANDLES:
        return Handle(HANDLES[last])
    return Lost(f"[ unsupported type , {raw.type}]", name.replace(" const>", ">"))


@lru_cache(maxsize=4096)  # a model makes thousands of calls with a few program configs
def typed_text(name: str, text: str) -> Value:
    """Version 2's `{"type": name, "value" or "repr": text}`: an object of this class, printed."""
    if name in HANDLES:
        return Handle(HANDLES[name])
    try:
        found = parse(text)
    except CppTextError:
        return Lost(_ADDRESS.sub("", text), name)
    try:
        if isinstance(found, Word):
            return EnumMember("torch.dtype" if name == "dtype" else name, found.name)
        if name == "CoreRange":
            return forms.core_range(found)
        if name == "CoreRangeSet":
            return forms.core_ranges(found)
        if name in _BY_CLASS:
            return _BY_CLASS[name](found)
        if isinstance(found, Call):
            return called(found)
        if name in ("set", "frozenset") and isinstance(found, tuple):
            return Struct(name, tuple((str(place), value(part)) for place, part in enumerate(found)))
        if found is None or isinstance(found, (bool, int, float)):
            return found
    except ConfigurationError:
        pass
    return Lost(_ADDRESS.sub("", text), name)


def reparsed(text: str) -> Any:
    """A string inside printed JSON is itself printing (`"std::nullopt"`, `"ThrottleLevel::X"`); else it is a string."""
    try:
        return parse(text)
    except CppTextError:
        return text
