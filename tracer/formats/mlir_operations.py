"""Which Python operation an operation of MLIR's dialect ttnn is, and which parameters its operands and attributes are.

Most have one name in both, and attributes that are called like the parameters. What is listed here differs. Parameters
are those of the ttnns whose signatures are written down (`tracer.values.versions`): an attribute that is none of them
is named as lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from tracer.errors import ConfigurationError
from tracer.formats.base import Loss
from tracer.formats.device_calls import parameters_of
from tracer.formats.mlir_syntax import Group, Node, text_of
from tracer.formats.mlir_values import tensor_of, value_of
from tracer.names import canonical, short
from tracer.values import EnumMember, Handle, Lost, MemoryConfig, Tensor, Value
from tracer.values.base import is_lost
from tracer.values.configuration import POSITION, Configuration, in_order
from tracer.values.versions import recorded_operations, recorded_overloads

NO_CALLS = frozenset({"get_device", "deallocate"})
"""Operations of the dialect that compute nothing and move nothing."""

_OPERATIONS = {
    "slice_static": "ttnn.slice",
    "slice_dynamic": "ttnn.slice",
    "clamp_scalar": "ttnn.clamp",
    "clamp_tensor": "ttnn.clamp",
    "pow_scalar": "ttnn.pow",
    "pow_tensor": "ttnn.pow",
    "moreh_cumsum": "ttnn.moreh_cumsum",
    "softmax": "ttnn.softmax",
    "rotary_embedding": "ttnn.experimental.rotary_embedding",
    "rotary_embedding_llama": "ttnn.experimental.rotary_embedding_llama",
}
"""Operations whose names in MLIR and Python differ, or that Python has in several namespaces."""

_ATTRIBUTES = {
    "keep_dim": "keepdim",
    "dim_arg": "dim",
    "dimension": "dim",
    "all_gather_dim": "dim",
    "scatter_dim": "dim",
    "permutation": "dims",
    "numericStable": "numeric_stable",
    "matmul_program_config": "program_config",
    "compute_config": "compute_kernel_config",
    "conv2d_config": "conv_config",
    "conv3d_config": "config",
    "conv2d_slice_config": "slice_config",
    "output_dtype": "dtype",
    "parameter": "negative_slope",
    "repeat_dimensions": "repeat_dims",
    "repetition_vector": "repeat_dims",
    "rhs": "exponent",
    "input_height": "input_h",
    "input_width": "input_w",
}
"""Attributes whose parameter has another name, where the operation has none of the attribute's own."""

_OWN_ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "ttnn.transpose": {"dim0": "dim1", "dim1": "dim2"},
    "ttnn.slice": {"begins": "arg1", "ends": "arg2", "step": "arg3"},  # by name, ttnn takes steps of 4 dimensions only
}
"""Attributes that are called like another parameter of the same operation, or that are passed by position."""

_ABOUT_MLIR = frozenset({"operandSegmentSizes", "resultSegmentSizes", "operand_constraints", "operand_segment_sizes"})

_CHOICES = frozenset({"use_multicore"})
"""Attributes whose parameters only older ttnns have."""

_OPERANDS: Mapping[str, tuple[str, ...]] = {
    "ttnn.linear": ("", "", "bias"),
    "ttnn.rms_norm": ("", "weight", "bias"),
    "ttnn.layer_norm": ("", "weight", "bias"),
    "ttnn.conv2d": ("input_tensor", "weight_tensor", "bias_tensor"),
    "ttnn.conv_transpose2d": ("input_tensor", "weight_tensor", "bias_tensor"),
    "ttnn.update_cache": ("", ""),  # the third one holds an index, which Python takes as a number
    "ttnn.batch_norm": ("", "running_mean", "running_var", "weight", "bias"),
    "ttnn.group_norm": ("", "input_mask", "weight", "bias"),
    "ttnn.transformer.scaled_dot_product_attention": ("", "", "", "attn_mask"),
    "ttnn.transformer.scaled_dot_product_attention_decode": ("", "", "", "attn_mask", "cur_pos_tensor"),
    "ttnn.experimental.rotary_embedding_llama": ("", "", "", ""),
}
"""The parameters of operands, where not all of them are passed by position."""


@dataclass(frozen=True)
class MlirOperation:
    """One operation as MLIR writes it.

    Attributes:
        name: without the dialect's: `matmul`.
        line: the line that it is in.
        attributes: by name.
        operands: the types of its operands, in order.
        results: the types of its results, in order.
        problem: what of it can't be read, in words; "" for nothing.
        key: equal for operations of one file that are alike; empty where that isn't known.
    """

    name: str
    line: int
    attributes: Mapping[str, Node]
    operands: tuple[Node, ...]
    results: tuple[Node, ...]
    problem: str = ""
    key: tuple[str, ...] = ()


@dataclass
class _Call:
    operation: str
    arguments: dict[str, Value] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)

    def lose(self, argument: str, what: str) -> None:
        self.losses.append(Loss(self.operation, argument, what))


def configuration_of(operation: MlirOperation) -> tuple[Configuration, tuple[Loss, ...]]:
    """Return the Python call that an operation stands for, and what is not recorded of it.

    Raises:
        ConfigurationError: it holds something impossible.
    """
    name = python_operation(operation.name)
    call = _Call(name or canonical(operation.name))
    if name is None:
        call.lose("", f"MLIR operation ttnn.{operation.name} has no Python operation")
    if operation.problem:
        call.lose("", operation.problem)
    results = tuple(tensor_of(each) for each in operation.results)
    tensors, has_device = _operands(operation)
    tensors = _without_destination(tensors, results, operation, name)
    _add_tensors(call, tensors, operation.attributes)
    parameters = parameters_of(call.operation)
    if has_device and "device" in parameters:
        call.arguments["device"] = Handle("MeshDevice")
    for attribute, node in operation.attributes.items():
        if attribute in _ABOUT_MLIR:
            continue
        if attribute in _CHOICES:
            call.lose(attribute, "how ttnn runs it, which newer ttnns choose themselves")
            continue
        parameter = _parameter(call.operation, attribute, parameters)
        if name is not None and parameter not in parameters and not POSITION.fullmatch(parameter):
            call.lose(attribute, "no parameter takes this attribute of MLIR's operation")
            continue
        value = _argument(call, parameter, node, results)
        if is_lost(value):
            call.lose(parameter, "its content")
        call.arguments[parameter] = value
    if "memory_config" in parameters and "memory_config" not in call.arguments:
        _add_memory(call, tensors, results)
    arguments = {each: call.arguments[each] for each in in_order(call.arguments)}
    return Configuration(call.operation, arguments), tuple(call.losses)


def _add_memory(call: _Call, tensors: Sequence[Value], results: Sequence[Value]) -> None:
    """Add the memory config of the result's type where it isn't the operand's: compiled modules are run with it."""
    first, result = tensors[0] if tensors else None, results[0] if results else None
    if not isinstance(result, Tensor) or result.memory is None or result.is_unplaced:
        return
    if not isinstance(first, Tensor) or first.memory != result.memory:
        call.arguments["memory_config"] = result.memory


@cache
def python_operation(name: str) -> str | None:
    """Return the Python operation of one of the dialect: of the same name, in one namespace; None without one.

    Where several namespaces have the name, compilers call the one in `ttnn.transformer`.
    """
    known = recorded_operations()
    listed = _OPERATIONS.get(name)
    if listed is not None:
        return listed if listed in known else None
    if canonical(name) in known:
        return canonical(name)
    if f"ttnn.transformer.{name}" in known:
        return f"ttnn.transformer.{name}"
    others = [each for each in known if short(each) == name]
    return others[0] if len(others) == 1 else None


def _parameter(operation: str, attribute: str, parameters: frozenset[str]) -> str:
    own = _OWN_ATTRIBUTES.get(operation, {}).get(attribute)
    if own is not None:
        return own
    return attribute if attribute in parameters else _ATTRIBUTES.get(attribute, attribute)


def _operands(operation: MlirOperation) -> tuple[list[Value], bool]:
    """Return the tensors among the operands, and whether a device is among them."""
    tensors: list[Value] = []
    has_device = False
    for node in operation.operands:
        if isinstance(node, Group) and node.short == "device":
            has_device = True
        else:
            tensors.append(tensor_of(node))
    return tensors, has_device


def _without_destination(
    tensors: list[Value], results: Sequence[Value], operation: MlirOperation, name: str | None
) -> list[Value]:
    """Return the operands without the one that the result was written to, which older files have as the last one."""
    destinations = list(results)
    if not destinations or tensors[-len(destinations) :] != destinations:
        return tensors
    sizes = value_of(operation.attributes.get("operandSegmentSizes"))
    if sizes == (len(tensors) - len(destinations), len(destinations)):
        return tensors[: -len(destinations)]
    most = _most_tensors(name) if name else 0
    return tensors[:-1] if 0 < most < len(tensors) else tensors


@cache
def _most_tensors(operation: str) -> int:
    """Return the most tensors that an operation takes, by any signature; 0 where one takes a list of them."""
    if "tensors" in parameters_of(operation):
        return 0
    return max(
        (
            sum(
                any(each.short == "Tensor" for each in parameter.alternatives)
                for parameter in overload.parameters
                if not any(word in parameter.name for word in ("output", "optional", "out"))
            )
            for overload in recorded_overloads(operation)
        ),
        default=0,
    )


def _add_tensors(call: _Call, tensors: Sequence[Value], attributes: Mapping[str, Node]) -> None:
    """Add the operands as arguments, and what their types don't say as lost."""
    for place, tensor in enumerate(tensors):
        if isinstance(tensor, Lost):
            call.lose(f"operand {place}", "its data type or shape")
        elif isinstance(tensor, Tensor) and not tensor.storage:
            call.lose(f"operand {place}", "its layout and memory")
        elif isinstance(tensor, Tensor) and tensor.is_unplaced:
            call.lose(f"operand {place}", "the cores of its shards")
    if "tensors" in parameters_of(call.operation):
        call.arguments["arg0"] = tuple(tensors)
        return
    names = _OPERANDS.get(call.operation)
    sizes = value_of(attributes.get("operandSegmentSizes"))
    present = list(range(len(tensors)))
    if names is not None and isinstance(sizes, tuple) and len(sizes) >= len(tensors):
        present = [place for place, size in enumerate(sizes) if size == 1]
    for number, tensor in enumerate(tensors):
        place = present[number] if number < len(present) else number
        name = "" if names is None else names[place] if place < len(names) else None
        if name is None:
            call.lose(f"operand {number}", "which parameter it is")
        else:
            call.arguments[name or f"arg{number}"] = tensor


def _argument(call: _Call, parameter: str, node: Node, results: Sequence[Value]) -> Value:
    value = value_of(node, parameter)
    if call.operation == "ttnn.pad" and parameter == "padding" and isinstance(value, tuple) and len(value) % 2 == 0:
        return tuple(value[place : place + 2] for place in range(0, len(value), 2))
    if parameter == "exponent" and isinstance(value, Tensor):
        raise ConfigurationError(f"{parameter} must be a number, not {text_of(node)}")
    if isinstance(value, MemoryConfig) and value.layout != "INTERLEAVED" and value.shard_spec is None:
        # older files leave the cores to the result's type
        result = results[0] if results else None
        placed = result.memory if isinstance(result, Tensor) else None
        if placed is not None and placed.kind == value.kind and placed.shard_spec is not None:
            return placed
        call.lose(parameter, "its shard spec")
    if isinstance(value, EnumMember) or not isinstance(value, Lost):
        return value
    return Lost(value.left, value.type or parameter)
