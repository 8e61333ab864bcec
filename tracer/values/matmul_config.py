"""Program configs of matmul, which tt-metal writes field by field; older traces left their class out."""

from __future__ import annotations

from typing import Any

from tracer.values.activations import operation_of
from tracer.values.base import Unprintable, Value
from tracer.values.cores import CoreCoord, CoreRangeSet
from tracer.values.dispatch import mark_keys, register_json_key
from tracer.values.struct_fields import INTERPRETED_FIELDS, TRUTH_FIELDS
from tracer.values.structs import Struct, StructForm, is_read_as


class MatmulConfigForm(StructForm):
    """tt-metal's JSON of a matmul program config."""

    def matches(self, name: str) -> bool:
        return name.startswith("Matmul") and name.endswith("ProgramConfig") and name.isidentifier()

    def register(self) -> None:
        register_json_key("in0_block_w", lambda raw: Struct.read(_class_of(raw), raw.items()))

    def encode(self, value: Struct) -> dict[str, Any] | None:
        raw: dict[str, Any] = {"type": value.type}
        try:
            for name, part in value.fields:
                if name in mark_keys() or name in INTERPRETED_FIELDS or name in raw:
                    return None
                if not is_read_as(value.type, name, part):
                    return None
                raw[name] = _field(name, part)
        except Unprintable:
            return None
        return raw


def _class_of(raw: dict[str, Any]) -> str:
    """Return the class of a config of which an older trace kept the fields only."""
    if "mcast_in0" in raw:
        return "MatmulMultiCoreReuseMultiCast1DProgramConfig"
    if "transpose_mcast" in raw:
        return "MatmulMultiCoreReuseMultiCastProgramConfig"
    if "compute_with_storage_grid_size" in raw:
        return "MatmulMultiCoreReuseProgramConfig"
    return "MatmulMultiCoreReuseMultiCastDRAMShardedProgramConfig"


def _field(name: str, value: Value) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and name not in TRUTH_FIELDS:
        return value
    if isinstance(value, CoreCoord):
        return value.as_json()
    if isinstance(value, CoreRangeSet):
        return value.as_json()
    if name == "fused_activation" and isinstance(value, Struct):
        operation, parameters = operation_of(value)
        kind = operation if isinstance(operation, int) else f"UnaryOpType.{operation}"
        return {"op_type": kind, "param": list(parameters)}
    raise Unprintable
