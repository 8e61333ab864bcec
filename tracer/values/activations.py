"""Activations: a unary operation and its parameters."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, ClassVar

from tracer.values.base import Builder, LiveClass, LiveReader, Unprintable, Value, is_of_ttnn
from tracer.values.cpptext import Call, is_word
from tracer.values.dispatch import describe, interpret_call, register_object_key
from tracer.values.enums import ACTIVATIONS, UNARY_OPERATION, EnumMember
from tracer.values.lost import Lost
from tracer.values.structs import Struct, StructForm


class ActivationForm(StructForm):
    """`UnaryWithParam` and the like are rebuilt as `cls(op_type, *param)`."""

    NAMES: ClassVar[tuple[str, ...]] = tuple(sorted(ACTIVATIONS))
    NAMES_FIELDS: ClassVar[bool] = False
    RENAMED: ClassVar[Mapping[str, str]] = {"params": "param"}
    PRINTED_NAMES: ClassVar[Mapping[str, str]] = {"BasicUnaryWithParam<float>": "UnaryWithParam"}

    def register(self) -> None:
        register_object_key("op_type", lambda raw: interpret_call(Call("UnaryWithParam", tuple(raw.items()))))

    def reader(self, live_class: LiveClass) -> LiveReader | None:
        return LiveReader(_describe) if is_of_ttnn(live_class) and live_class.__name__ in self.NAMES else None

    def completed(self, fields: tuple[tuple[str, Value], ...]) -> tuple[tuple[str, Value], ...]:
        return (*fields, ("param", ())) if [name for name, _ in fields] == ["op_type"] else fields

    def printed(self, value: Struct) -> str:
        if value.type != "UnaryWithParam":
            return super().printed(value)
        operation, parameters = operation_of(value)
        if isinstance(operation, int):
            raise Unprintable
        numbers = ", ".join(map(repr, parameters))
        return f"BasicUnaryWithParam<float>(op_type=UnaryOpType::{operation},param={{{numbers}}})"

    def build(self, builder: Builder, name: str, fields: dict[str, Any]) -> Any:
        return builder.find_class(name)(fields["op_type"], *(fields.get("param") or []))


def operation_of(value: Struct) -> tuple[int | str, tuple[float, ...]]:
    """Return the operation, by name or number, and the parameters of a `UnaryWithParam`.

    Raises:
        Unprintable: it is another struct, or holds anything else.
    """
    fields = dict(value.fields)
    operation, parameters = fields.get("op_type"), fields.get("param")
    if value.type != "UnaryWithParam" or len(value.fields) != 2 or not isinstance(parameters, tuple):
        raise Unprintable
    numbers = tuple(number for number in parameters if isinstance(number, float) and math.isfinite(number))
    if len(numbers) != len(parameters):
        raise Unprintable
    if type(operation) is int:
        return operation, numbers
    if isinstance(operation, EnumMember) and operation.type == UNARY_OPERATION and is_word(operation.name):
        return operation.name, numbers
    raise Unprintable


def parameters_of(activation: object) -> tuple[float, ...] | None:
    """Return the parameters of a live `UnaryWithParam`, which has no attribute for them; None if nothing tells.

    A matmul program config takes one and prints what it holds.
    """
    import ttnn

    try:
        holder = ttnn.MatmulMultiCoreReuseMultiCastDRAMShardedProgramConfig(
            in0_block_w=1, per_core_M=1, per_core_N=1, fused_activation=activation
        )
        parameters = json.loads(holder.to_json())["fused_activation"]["param"]
    except (TypeError, AttributeError, KeyError, ValueError):
        return None
    return tuple(float(each) for each in parameters)


def _describe(live: Any) -> Value:
    parameters = parameters_of(live)
    param: Value = Lost("", "parameters") if parameters is None else parameters
    return Struct(type(live).__name__, (("op_type", describe(live.op_type)), ("param", param)))
