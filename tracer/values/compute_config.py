"""Compute kernel configs, which tt-metal writes field by field, without their class."""

from __future__ import annotations

from typing import Any, ClassVar

from tracer.values.dispatch import register_json_key
from tracer.values.enums import EnumMember
from tracer.values.structs import Struct, StructForm

_CLASS = "WormholeComputeKernelConfig"
_ENUMS = {
    "dst_full_sync_en": "",
    "fp32_dest_acc_en": "",
    "math_approx_mode": "",
    "math_fidelity": "MathFidelity",
    "packer_l1_acc": "",
    "throttle_level": "ThrottleLevel",
}
"""The fields, each with its enum; "" for a truth value."""


class ComputeConfigForm(StructForm):
    """tt-metal's JSON of a compute kernel config."""

    NAMES: ClassVar[tuple[str, ...]] = (_CLASS,)

    def register(self) -> None:
        register_json_key("math_fidelity", lambda raw: Struct.read(_CLASS, raw.items()))

    def encode(self, value: Struct) -> dict[str, Any] | None:
        if [name for name, _ in value.fields] != list(_ENUMS):
            return None
        raw: dict[str, Any] = {}
        for name, part in value.fields:
            enum = _ENUMS[name]
            if isinstance(part, bool) and not enum:
                raw[name] = part
            elif isinstance(part, EnumMember) and enum and part.type == enum and part.name.isidentifier():
                raw[name] = f"{enum}.{part.name}"
            else:
                return None
        return {**raw, "math_approx_mode": str(raw["math_approx_mode"])}
