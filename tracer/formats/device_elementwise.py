"""Device operations that serve many Python operations at once: binary, unary, reducing. An attribute tells which."""

from __future__ import annotations

from tracer.formats.device_calls import DERIVED, DeviceCall, Translation, as_argument, empty_lists
from tracer.values import EnumMember, Struct, Value
from tracer.values.versions import recorded_operations

_BINARY = {
    "SUB": "subtract",
    "MUL": "multiply",
    "DIV": "divide",
    "LTE": "le",
    "GTE": "ge",
    "POWER": "pow",
    "LEFT_SHIFT": "bitwise_left_shift",
    "RIGHT_SHIFT": "bitwise_right_shift",
}
"""Members of BinaryOpType whose Python operation has another name."""


_CHOSEN_OF_BINARY = frozenset(
    {"input_dtype", "compute_kernel_config", "is_sfpu", "is_quant_op", "is_where_op", "subtile_broadcast_type"}
    | {"worker_grid", "in_place", "input_layout_a", "input_layout_b"}
)
"""Attributes that C++ derives from the operands."""


def binary(call: DeviceCall) -> Translation | str:
    """Return the Python call of arithmetic, a comparison and the like, of two tensors or of one and a number."""
    kind = call.member("binary_op_type")
    operation = f"ttnn.{_BINARY.get(kind, kind.lower())}"
    if not kind or operation not in recorded_operations():
        return f"device operation {call.code}: no Python operation is its binary_op_type {kind or '(not recorded)'}"
    scalar = call.attributes.get("scalar")
    arguments = {"arg1": scalar} if scalar is not None and len(call.inputs) == 1 else {}
    return Translation(
        operation,
        arguments=arguments,
        read=frozenset({"binary_op_type", "scalar"}),
        derived=_CHOSEN_OF_BINARY
        | empty_lists(call, "lhs_activations", "rhs_activations", "post_activations", "activations"),
        renamed={
            "lhs_activations": "input_tensor_a_activations",
            "rhs_activations": "input_tensor_b_activations",
            "post_activations": "activations",
            "fused_activations": "activations",
            "input_tensor_a_activation": "input_tensor_a_activations",
        },
        losses={} if arguments or len(call.inputs) > 1 else {"input_tensor_b": "the second operand"},
    )


_UNARY = {
    "POWER": "pow",
    "RECIP": "reciprocal",
    "LOGICAL_NOT_UNARY": "logical_not",
    "UNARY_NE": "ne",
    "UNARY_GT": "gt",
    "UNARY_LT": "lt",
}
"""Members of UnaryOpType whose Python operation has another name."""

_UNARY_PARAMETERS = {
    "GELU": "fast_and_approximate_mode",
    "EXP": "fast_and_approximate_mode",
    "RSQRT": "fast_and_approximate_mode",
    "LOG": "fast_and_approximate_mode",
    "ERF": "fast_and_approximate_mode",
    "LEAKY_RELU": "arg1",
    "ELU": "arg1",
    "POWER": "arg1",
    "UNARY_NE": "arg1",
    "UNARY_GT": "arg1",
    "UNARY_LT": "arg1",
}
"""What the one number of a member of UnaryOpType is."""


_CHOSEN_OF_UNARY = frozenset(
    {"output_dtype", "fp32_dest_acc_en", "preserve_fp32_precision", "bfp8_pack_precise", "input_dtype"}
)


def unary(call: DeviceCall) -> Translation | str:
    """Return the Python call of an operation on each element; several in a row are one `ttnn.unary_chain`."""
    name = next((each for each in ("op_chain", "op_chain_", "op_type") if each in call.attributes), "op_chain")
    chain = as_argument(call.attributes.get(name))
    links, read = chain if isinstance(chain, tuple) else (chain,), frozenset({name})
    if len(links) > 1:
        return Translation("ttnn.unary_chain", arguments={"arg1": links}, read=read, derived=_CHOSEN_OF_UNARY)
    link = links[0] if links else None
    fields = dict(link.fields) if isinstance(link, Struct) else {"op_type": link}
    kind = fields.get("op_type")
    member = kind.name if isinstance(kind, EnumMember) else ""
    operation = f"ttnn.{_UNARY.get(member, member.lower())}"
    if not member or operation not in recorded_operations():
        return f"device operation {call.code}: no Python operation is its {name} {member or '(not recorded)'}"
    if member == "TYPECAST":
        derived = _CHOSEN_OF_UNARY - {"output_dtype"}
        return Translation(operation, renamed={"output_dtype": "dtype"}, read=read, derived=derived)
    arguments, losses = _unary_number(member, fields.get("param"))
    return Translation(operation, arguments=arguments, read=read, derived=_CHOSEN_OF_UNARY, losses=losses)


def _unary_number(member: str, numbers: Value) -> tuple[dict[str, Value], dict[str, str]]:
    """Return the argument that a unary operation's number is; or as a loss, that it can't be told."""
    if not isinstance(numbers, tuple) or not numbers:
        return {}, {}
    parameter = _UNARY_PARAMETERS.get(member)
    if parameter is None or len(numbers) > 1:
        return {}, {"param": f"what its numbers {', '.join(map(str, numbers))} are"}
    return {parameter: bool(numbers[0]) if parameter.startswith("fast") else numbers[0]}, {}


_REDUCED: dict[str, Value] = {"W": -1, "H": -2, "HW": (-2, -1)}


def reduce(call: DeviceCall) -> Translation | str:
    """Return the Python call of a sum, mean, maximum or minimum over rows, columns or both."""
    operation = f"ttnn.{call.member('math_op').lower()}"
    dim = _REDUCED.get(call.member("dim"))
    if operation not in ("ttnn.sum", "ttnn.mean", "ttnn.max", "ttnn.min") or dim is None:
        return f"device operation {call.code}: its math_op or dim is not recorded"
    return Translation(
        operation,
        arguments={"dim": dim},
        read=frozenset({"math_op", "dim"}),
        derived=DERIVED | {"output_dtype", "negate", "row_broadcast"},
        renamed={"scaler": "scalar"},
        returns_output=False,
        losses={"keepdim": "whether the reduced dimension was kept"},
    )
