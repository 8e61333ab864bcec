"""A golden, called with the host copies of a call's inputs, as ttnn's own comparison would call it."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import ttnn

from farm.core.classify import error_text
from farm.core.verdicts import Reason
from farm.worker.execution import LiveCall
from farm.worker.goldens import attention, pool_helpers
from farm.worker.goldens.parameters import GoldenArguments, GoldenMisfit, golden_arguments, overload_of
from farm.worker.goldens.tables import (
    CONDITIONS,
    IN_PLACE,
    KEEPS_DTYPES,
    MATRICES,
    NEEDS_ARGUMENT,
    NEEDS_MORE,
    POOLS,
    SCALARS_AS_FLOATS,
    SCALARS_AS_TENSORS,
    WHOLE_NUMBERS,
)
from farm.worker.goldens.torch_values import (
    copied,
    differs_by_chip,
    part_of,
    parts_of,
    precise,
    signed,
    torch_of,
    with_gradients,
)
from tracer.signatures import Overload, overloads

MESH_SHAPE = "_ttnn_golden_mesh_shape"
MESH_DIMENSIONS = "_ttnn_golden_mesh_shard_dims"
"""Parameters of goldens that compute what several chips compute together: the mesh, and how the input is spread."""
WRITES_INPUTS = "_ttnn_mutates_global_inputs"
WRITE_INPUTS = "_ttnn_global_golden"
"""A golden with this attribute writes into its arguments, as the operation does, if it gets this keyword."""
_MISCALLED = re.compile(
    r"missing \d+ required|unexpected keyword argument|takes .* positional arguments? but|multiple values for argument"
)
_SECOND_OPERANDS = ("input_tensor_b", "input_b", "value", "other")
_ACTUAL_FACTS: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    # these ask a device tensor, and get a host tensor here
    "ttnn.typecast": {"_ttnn_is_host": lambda tensor: not ttnn.is_tensor_storage_on_device(tensor)},
    "ttnn.fold": {"_ttnn_input_is_sharded": lambda tensor: tensor.is_sharded()},
}
"""By operation: keywords that ttnn's preprocessing takes from the first tensor's place, and how to ask the real one."""


class NotCompared(Exception):  # noqa: N818 - it names the finding
    """There is nothing to compare an output with.

    Attributes:
        reason: why, from the closed list.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(f"executed, not compared: {message}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Mesh:
    """How an operation's first tensor is spread over a mesh.

    Attributes:
        shape: the mesh's, as the tensor is distributed.
        dimensions: for each axis of the mesh, the tensor's dimension that is split along it; None: replicated.
    """

    shape: tuple[int, ...]
    dimensions: tuple[int | None, ...]

    @property
    def chips(self) -> int:
        """The number of chips."""
        return math.prod(self.shape)

    @classmethod
    def of(cls, tensor: Any) -> Mesh:
        """Ask a live tensor."""
        topology = tensor.tensor_topology()
        dimensions = tuple(
            each.dim if isinstance(each, ttnn.PlacementShard) else None for each in topology.placements()
        )
        return cls(tuple(int(size) for size in topology.distribution_shape()), dimensions)


@dataclass(frozen=True, slots=True)
class GoldenCall:
    """The golden of one call.

    Attributes:
        operation: ttnn's.
        name: the operation's dotted name.
        arguments: the golden's, with host tensors.
        overload: the operation's parameters; None where they are unknown.
        facts: keywords that replace what ttnn's preprocessing finds out from host tensors.
    """

    operation: Any
    name: str
    arguments: GoldenArguments
    overload: Overload | None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, operation: Any, live: LiveCall) -> GoldenCall:
        """Match a call's arguments to its golden's parameters.

        Raises:
            NotCompared: there is no golden, or none that knows all of the arguments.
            GoldenMisfit: the golden requires what the call lacks.
        """
        name = operation.python_fully_qualified_name
        golden = operation.golden_function
        if golden is None:
            raise NotCompared(Reason.NO_GOLDEN, f"ttnn has no golden of {name}")
        if name in NEEDS_MORE:
            raise NotCompared(Reason.GOLDEN_NEEDS_MORE, f"the golden of {name} needs {NEEDS_MORE[name]}")
        keywords = {each: _suited(name, each, value) for each, value in live.host_keywords.items()}
        if name in NEEDS_ARGUMENT and keywords.get(NEEDS_ARGUMENT[name]) is None:
            raise NotCompared(
                Reason.NO_GOLDEN, f"ttnn's golden of {name} is of calls with {NEEDS_ARGUMENT[name]} alone"
            )
        if name == "ttnn.conv2d" and not _has_weights_as_given(keywords):
            raise NotCompared(Reason.GOLDEN_NEEDS_MORE, "the weights were prepared, and their order before isn't known")
        if name == "ttnn.reshape" and keywords.get("padded_shape") is not None:
            keywords["logical_shape"] = _reshaped(keywords)
        overload = overload_of(list(keywords), overloads(operation))
        arguments = golden_arguments(name, golden, overload, live.host_positional, keywords)
        if arguments.ignored:
            raise NotCompared(Reason.NO_GOLDEN, f"ttnn's golden of {name} ignores {', '.join(arguments.ignored)}")
        return cls(operation, name, arguments, overload, _facts(name, live))

    @property
    def is_of_mesh(self) -> bool:
        """Whether the golden computes what all chips compute together."""
        return MESH_SHAPE in inspect.signature(self.operation.golden_function).parameters

    @property
    def differs_by_chip(self) -> bool:
        """Whether the chips have different inputs."""
        return differs_by_chip([*self.arguments.positional, *self.arguments.keywords.values()])

    def on_chip(self, chip: int) -> Any:
        """Compute what one chip computes: torch tensors in the operation's structure.

        Raises:
            NotCompared, GoldenMisfit: see `of`; or the golden raises.
        """
        positional = part_of(self.arguments.positional, chip)
        keywords = part_of(dict(self.arguments.keywords), chip)
        preprocess = self.operation.preprocess_golden_function_inputs
        if preprocess in (None, ttnn.decorators.default_preprocess_golden_function_inputs):
            positional, keywords = torch_of(positional), torch_of(keywords)
        else:
            try:
                positional, keywords = preprocess(positional, keywords)
            except Exception as error:
                raise NotCompared(
                    Reason.GOLDEN_RAISED, f"preparing the inputs of {self.name}'s golden: {error_text(error)}"
                ) from error
            positional, keywords = torch_of(tuple(positional)), torch_of({**keywords, **self.facts})
        return self._called(positional, keywords)

    def on_mesh(self, mesh: Mesh) -> Any:
        """Compute what all chips compute together: whole torch tensors, of which each chip has a part.

        Raises:
            NotCompared, GoldenMisfit: see `on_chip`.
        """
        first, *others = self.arguments.positional
        positional = (parts_of(first, mesh.chips), *torch_of(part_of(tuple(others), 0)))
        keywords = torch_of(part_of(dict(self.arguments.keywords), 0))
        return self._called(positional, {**keywords, MESH_SHAPE: mesh.shape, MESH_DIMENSIONS: mesh.dimensions})

    def _called(self, positional: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
        golden = self.operation.golden_function
        convert = copied if self.name in KEEPS_DTYPES else precise
        positional, keywords = convert(tuple(positional)), convert(dict(keywords))
        positional = _suited_tensors(self.name, positional)
        if self.name.endswith("_bw"):
            positional, keywords = with_gradients(positional), with_gradients(keywords)
        if getattr(golden, WRITES_INPUTS, False):
            keywords = {**keywords, WRITE_INPUTS: True}
        try:
            inspect.signature(golden).bind(*positional, **keywords)
        except TypeError as error:
            raise GoldenMisfit(f"the golden of {self.name}: {error}") from error
        try:
            with pool_helpers.importable() if self.name in POOLS else nullcontext():
                if self.name in attention.OPERATIONS:
                    result = attention.by_heads(golden, positional, keywords)
                else:
                    result = golden(*positional, **keywords)
        except ImportError as error:
            raise NotCompared(Reason.GOLDEN_NEEDS_MORE, f"the golden of {self.name}: {error}") from error
        except TypeError as error:
            if _is_miscall(golden, str(error)):
                raise GoldenMisfit(f"the golden of {self.name}: {error}") from error
            raise self._raised(error) from error
        except NotImplementedError as error:
            widened = signed((tuple(positional), dict(keywords)))
            if widened is None:
                raise self._raised(error) from error
            return self._called(*widened)
        except Exception as error:
            raise self._raised(error) from error
        if result is None and self.name in IN_PLACE and getattr(golden, WRITES_INPUTS, False):
            # it returns nothing, as the operation does, and has written into its second argument
            return keywords[IN_PLACE[self.name]] if IN_PLACE[self.name] in keywords else positional[1]
        return result

    def _raised(self, error: Exception) -> NotCompared:
        return NotCompared(Reason.GOLDEN_RAISED, f"the golden of {self.name} raised {error_text(error)}")


def _suited(operation: str, parameter: str, value: Any) -> Any:
    """Return a number as the operation's golden takes it."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number:
        return value
    if operation in SCALARS_AS_TENSORS and parameter in _SECOND_OPERANDS:
        import torch

        return torch.tensor(float(value))
    if operation in SCALARS_AS_FLOATS and parameter in _SECOND_OPERANDS:
        return float(value)
    return int(value) if WHOLE_NUMBERS.get(operation) == parameter else value


def _has_weights_as_given(keywords: Mapping[str, Any]) -> bool:
    """Return whether a convolution's weights have torch's shape, not that of prepared ones."""
    kernel = keywords["kernel_size"]
    height, width = (kernel, kernel) if isinstance(kernel, int) else tuple(kernel)
    groups = keywords.get("groups") or 1
    expected = (keywords["out_channels"], keywords["in_channels"] // groups, height, width)
    return tuple(keywords["weight_tensor"].shape) == expected


def _suited_tensors(operation: str, positional: Sequence[Any]) -> tuple[Any, ...]:
    """Return a golden's tensors as it takes them."""
    import torch

    suited = list(positional)
    condition, matrix = CONDITIONS.get(operation), MATRICES.get(operation)
    if condition is not None and isinstance(suited[condition], torch.Tensor):
        suited[condition] = suited[condition] != 0
    if matrix is not None:
        suited[matrix] = suited[matrix].reshape(-1, suited[matrix].shape[-1])
    return tuple(suited)


def _reshaped(keywords: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the shape of a reshape with two: the padded one, where that has all elements of the input."""
    logical, padded = tuple(keywords["logical_shape"]), tuple(keywords["padded_shape"])
    return padded if math.prod(padded) == math.prod(tuple(keywords["input_tensor"].shape)) else logical


def _is_miscall(golden: Any, message: str) -> bool:
    """Return whether a TypeError comes from passing on a golden's arguments to the one that it wraps."""
    forwards = any(each.kind is each.VAR_POSITIONAL for each in inspect.signature(golden).parameters.values())
    wrapped = {
        cell.cell_contents.__qualname__
        for cell in getattr(golden, "__closure__", None) or ()
        if inspect.isfunction(cell.cell_contents)
    }
    return forwards and message.partition("(")[0] in wrapped and _MISCALLED.search(message) is not None


def _facts(name: str, live: LiveCall) -> dict[str, Any]:
    asked = _ACTUAL_FACTS.get(name)
    if asked is None:
        return {}
    values = [*live.positional, *live.keywords.values()]
    tensor = next((each for each in values if isinstance(each, ttnn.Tensor)), None)
    return {} if tensor is None else {keyword: ask(tensor) for keyword, ask in asked.items()}
