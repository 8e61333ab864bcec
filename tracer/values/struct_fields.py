"""Fields of structs: read where their name says more than their printed text does, and printed as ttnn prints them."""

from __future__ import annotations

from typing import Any

from tracer.values.base import Unprintable, Value
from tracer.values.cores import CoreCoord
from tracer.values.cpptext import CppTextError, Range, Word, is_word, parse
from tracer.values.dispatch import interpret
from tracer.values.enums import EnumMember
from tracer.values.printing import printed
from tracer.values.spellings import member

TRUTH_FIELDS = frozenset(
    """
    math_approx_mode fp32_dest_acc_en packer_l1_acc dst_full_sync_en
    inplace legacy_reduction legacy_rsqrt use_welford
    fuse_batch mcast_in0 gather_in0 untilize_out transpose_mcast exp_approx_mode
    deallocate_activation reallocate_halo_output config_tensors_in_dram reshard_if_not_optimal override_sharding_config
    transpose_shards enable_act_double_buffer enable_weights_double_buffer full_inner_dim enable_kernel_stride_folding
    enable_activation_reuse enable_split_reader enable_subblock_padding force_split_reader
    override_output_sharding_config in_place stream_in1
    """.split()  # noqa: SIM905 - a list of thirty lines says no more
)
"""Fields that are truth values although C++ prints 0 and 1, whatever the class."""

_ENUMS = {"math_fidelity": "MathFidelity", "throttle_level": "ThrottleLevel", "op_type": "UnaryOpType"}
"""Fields that hold an enum member although its type isn't always printed."""

_SLICE_TYPES = {"L1_FULL": "L1Full", "DRAM_HEIGHT": "DRAMSliceHeight", "DRAM_WIDTH": "DRAMSliceWidth"}
"""Members of `Op2DSliceConfig.SliceTypeEnum` by the names that C++ prints."""

INTERPRETED_FIELDS = frozenset({"compute_grid", "param"} | _ENUMS.keys())
"""Fields whose text is not read as it is printed."""


def read_field(name: str, raw: Any) -> Value:
    """Return the value of a field.

    Args:
        name: the field's name.
        raw: JSON, or parsed text.
    """
    if isinstance(raw, str):
        raw = _reparsed(raw)
    if name in TRUTH_FIELDS and (raw in (0, 1) or raw in ("0", "1")):
        return bool(int(raw))
    if isinstance(raw, Word) and raw.type == "SliceType" and raw.name in _SLICE_TYPES:
        return EnumMember("Op2DSliceConfig.SliceTypeEnum", _SLICE_TYPES[raw.name])
    if name in _ENUMS and isinstance(raw, (str, Word)):
        return EnumMember(_ENUMS[name], member(raw, name))
    if name.endswith(("grid", "grid_size")) and _is_core(raw):
        return CoreCoord.read(raw, name)
    if name == "param" and isinstance(raw, (list, tuple)):
        return tuple(float(number) if isinstance(number, (int, float)) else interpret(number) for number in raw)
    return interpret(raw)


def _reparsed(text: str) -> Any:
    """Parse a string inside printed JSON, which may itself be printed text (`"std::nullopt"`); else return it."""
    try:
        return parse(text)
    except CppTextError:
        return text


def _is_core(raw: object) -> bool:
    if isinstance(raw, (list, tuple)):
        return len(raw) == 2 and all(type(part) is int for part in raw)
    return isinstance(raw, Range) and type(raw.start) is int


def print_field(name: str, value: Value) -> str:
    """Return `name=value`.

    Raises:
        Unprintable: reading it would not give the value back.
    """
    if not is_word(name) or name in INTERPRETED_FIELDS:
        raise Unprintable
    if name in TRUTH_FIELDS and not isinstance(value, (bool, type(None))):
        raise Unprintable
    if name.endswith(("grid", "grid_size")) and isinstance(value, tuple):
        raise Unprintable
    return f"{name}={printed(value)}"
