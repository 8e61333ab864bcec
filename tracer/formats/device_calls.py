"""Calls of device operations, as profilers record them, and how they become calls of Python's operations.

A Python operation runs one or more device operations. What a device operation is called and what its attributes say
follows from its C++ struct; `tracer.formats.device_operations` lists which Python operation runs which, and this module
carries an entry of that list out. An attribute becomes an argument where the Python operation has a parameter for it.
Which parameters there are, the ttnns say whose signatures are written down (`tracer.values.versions`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from tracer.formats.base import Loss
from tracer.names import canonical
from tracer.values import EnumMember, Shape, Struct, Tensor, Value, is_lost
from tracer.values.configuration import Configuration
from tracer.values.versions import recorded_overloads

_COMMON = MappingProxyType(
    {
        "output_mem_config": "memory_config",
        "output_memory_config": "memory_config",
        "out_mem_config": "memory_config",
        "mem_config": "memory_config",
        "output_dtype": "dtype",
        "out_dtype": "dtype",
        "sub_core_grid": "sub_core_grids",
    }
)
"""Attributes that device operations share under names other than the parameters'."""

DERIVED = frozenset({"use_multicore", "enough_space_width", "enough_space_height", "use_pack_untilize"})
"""Attributes that C++ chooses, of many device operations."""

_COMPUTE_CONFIGS = frozenset({"ComputeKernelConfig", "DeviceComputeKernelConfig"})
_LISTS = frozenset({"SmallVector", "vector", "span", "array", "Shape"})


@dataclass(frozen=True)
class DeviceCall:
    """One call of a device operation.

    Attributes:
        code: the name that the profiler gives it.
        attributes: what the profiler printed of its attributes.
        inputs: its input tensors, in order.
        outputs: its output tensors, in order.
    """

    code: str
    attributes: Mapping[str, Value]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    def member(self, attribute: str) -> str:
        """Return the member's name of an attribute that is of an enum; "" if it isn't."""
        value = self.attributes.get(attribute)
        return value.name if isinstance(value, EnumMember) else value if isinstance(value, str) else ""


@dataclass(frozen=True)
class Translation:
    """The Python call that ran a device operation.

    Attributes:
        operation: canonical name.
        tensors: the parameter of each input: "" for one that is passed by position, None for one that is no argument.
        arguments: further arguments, by name or position, that follow from attributes or shapes.
        read: the attributes that the operation and these arguments follow from.
        derived: attributes that follow from the arguments, or that C++ chose. No parameter takes them; none is lost.
        renamed: the parameter for each attribute whose name is another.
        losses: what of the call is not recorded, by argument.
        returns_output: whether the Python operation returns the outputs as they are.
    """

    operation: str
    tensors: tuple[str | None, ...] = ("", "")
    arguments: Mapping[str, Value] = field(default_factory=dict)
    read: frozenset[str] = frozenset()
    derived: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    losses: Mapping[str, str] = field(default_factory=dict)
    returns_output: bool = True


Rule = Callable[[DeviceCall], Translation | str]
"""Returns the Python call of a device operation's; or in words, why there is none."""


def configuration_of(call: DeviceCall, rule: Rule | None) -> tuple[Configuration, tuple[Loss, ...]]:
    """Return the Python call of a device operation's, and what is not recorded of it.

    Args:
        call: the recorded call.
        rule: the rule for device operations of this name; None where there is none.
    """
    outcome = f"device operation {call.code} has no Python operation" if rule is None else rule(call)
    if isinstance(outcome, str):
        return _as_recorded(call, outcome)
    losses = [Loss(outcome.operation, name, what) for name, what in outcome.losses.items()]
    arguments = _tensors(call, outcome, losses)
    parameters = parameters_of(outcome.operation)
    by_name: dict[str, Value] = {}
    for name, value in call.attributes.items():
        if value is None or name in outcome.read or name in outcome.derived or _is_usual_program(value):
            continue
        parameter = outcome.renamed.get(name) or (name if name in parameters else _COMMON.get(name, name))
        if parameter not in parameters:
            losses.append(Loss(outcome.operation, name, "no parameter takes this attribute of the device operation"))
        elif is_lost(value):
            losses.append(Loss(outcome.operation, parameter, "its content"))
            by_name[parameter] = value
        else:
            by_name[parameter] = as_argument(value)
    arguments.update({name: value for name, value in outcome.arguments.items() if name.startswith("arg")})
    arguments.update(by_name)
    arguments.update({name: value for name, value in outcome.arguments.items() if not name.startswith("arg")})
    return Configuration(outcome.operation, arguments, output=_output(call, outcome)), tuple(losses)


_USUAL_PROGRAMS = frozenset({"MatmulMultiCoreProgramConfig", "SoftmaxDefaultProgramConfig"})


def _is_usual_program(value: Value) -> bool:
    """Return whether a program config says nothing: C++ takes it where it is passed none."""
    return isinstance(value, Struct) and value.type in _USUAL_PROGRAMS and not value.fields


def _output(call: DeviceCall, outcome: Translation) -> Value:
    """Return what the Python operation returned; None where that isn't recorded as a whole."""
    whole = not any(each.is_unplaced or not each.layout or not each.storage for each in call.outputs)
    if not outcome.returns_output or not whole or not call.outputs:
        return None
    return call.outputs[0] if len(call.outputs) == 1 else call.outputs


def _tensors(call: DeviceCall, outcome: Translation, losses: list[Loss]) -> dict[str, Value]:
    """Return the arguments that are the inputs."""
    arguments: dict[str, Value] = {}
    for place, tensor in enumerate(call.inputs):
        if place >= len(outcome.tensors):
            losses.append(Loss(outcome.operation, "", f"which parameter input {place} is"))
            continue
        parameter = outcome.tensors[place]
        if parameter is not None:
            arguments[parameter or f"arg{len(arguments)}"] = tensor
    return arguments


def _as_recorded(call: DeviceCall, why: str) -> tuple[Configuration, tuple[Loss, ...]]:
    """Return a call that is no Python operation's: under the device operation's name, all that is recorded of it."""
    operation = canonical(call.code)
    arguments: dict[str, Value] = {f"arg{place}": tensor for place, tensor in enumerate(call.inputs)}
    arguments.update({name: as_argument(value) for name, value in call.attributes.items()})
    return Configuration(operation, arguments), (Loss(operation, "", why),)


def as_argument(value: Value) -> Value:
    """Return an attribute's value as Python passes it: lists as tuples, a compute kernel config of Python's class."""
    if isinstance(value, tuple):
        return tuple([as_argument(part) for part in value])
    if isinstance(value, Struct):
        if value.type in _COMPUTE_CONFIGS:
            return Struct("WormholeComputeKernelConfig", value.fields)
        if value.type in _LISTS and len(value.fields) == 1 and isinstance(value.fields[0][1], tuple):
            return as_argument(value.fields[0][1])
    return value


def empty_lists(call: DeviceCall, *names: str) -> frozenset[str]:
    """Return those of some attributes that are empty lists, which say nothing."""
    return frozenset(name for name in names if as_argument(call.attributes.get(name)) == ())


def ints(value: Value) -> tuple[int, ...] | None:
    """Return an attribute that is a list of whole numbers, or a shape; None if it is anything else."""
    value = as_argument(value)
    parts = value.dims if isinstance(value, Shape) else value
    if isinstance(parts, tuple) and all(type(part) is int for part in parts):
        return tuple(part for part in parts if isinstance(part, int))
    return None


@cache
def parameters_of(operation: str) -> frozenset[str]:
    """Return the names of an operation's parameters, in any overload of the ttnns whose signatures are written down."""
    return frozenset(
        parameter.name
        for overload in recorded_overloads(operation)
        for parameter in overload.parameters
        if parameter.kind not in ("var_positional", "var_keyword")
    )
