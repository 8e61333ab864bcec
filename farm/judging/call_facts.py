"""What of a call decides which inputs test it and how close its output must be. Pure: traced values in, facts out."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from farm.judging.operation_kinds import OperationKind, kind_of
from tracer.values import EnumMember, Struct, Tensor, Value, walk

BLOCK_FLOATS = ("BFLOAT8_B", "BFLOAT4_B")
"""Dtypes whose numbers share an exponent."""
INTEGERS = ("UINT8", "UINT16", "UINT32", "INT8", "INT32")
"""Dtypes of whole numbers."""
DTYPES = ("FLOAT32", "BFLOAT16", "FP8_E4M3", *BLOCK_FLOATS, *INTEGERS)
"""All dtypes, members of DataType."""


_CHOOSING = frozenset({"abs", "clamp_tss", "identity", "neg", "relu", "relu6", "relu_max", "relu_min"})
"""Activations that choose among numbers."""


@dataclass(frozen=True, slots=True)
class KernelConfig:
    """How the compute kernel of a call works; None where the call doesn't say.

    Attributes:
        fidelity: `LoFi`, `HiFi2`, `HiFi3` or `HiFi4`: how many mantissa bits the matrix unit multiplies.
        approximate: whether the vector unit's functions are coarse and fast.
        wide: whether sums are kept in 32 bits, not in bfloat16.
    """

    fidelity: str | None = None
    approximate: bool | None = None
    wide: bool | None = None


@dataclass(frozen=True)
class CallFacts:
    """A call, as far as its numbers depend on it.

    Attributes:
        operation: the operation's dotted name.
        arguments: the call's arguments by the parameters' names, as far as these are known, else `arg0`, `arg1`, ...
        arch: the board's architecture: `wormhole_b0` or `blackhole`.
        spread: the standard deviation of the first tensor's numbers, about.
    """

    operation: str
    arguments: Mapping[str, Value]
    arch: str
    spread: float = 1.0

    @cached_property
    def kind(self) -> OperationKind:
        """The operation's kind."""
        return kind_of(self.operation)

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The arguments that are tensors, by name."""
        return {name: value for name, value in self.arguments.items() if isinstance(value, Tensor)}

    @cached_property
    def all_tensors(self) -> tuple[Tensor, ...]:
        """The tensors of all arguments, those in lists, too."""
        return tuple(
            part for value in self.arguments.values() for part in walk(value) if isinstance(part, Tensor) and part.shape
        )

    @property
    def input_dtypes(self) -> frozenset[str]:
        """The dtypes of all tensors among the arguments."""
        return frozenset(tensor.dtype for tensor in self.all_tensors)

    @cached_property
    def kernel_config(self) -> KernelConfig:
        """How the compute kernel works, as far as the call says."""
        for value in self.arguments.values():
            if isinstance(value, Struct) and value.type.endswith("ComputeKernelConfig"):
                fields = dict(value.fields)
                fidelity = fields.get("math_fidelity")
                return KernelConfig(
                    fidelity.name if isinstance(fidelity, EnumMember) else None,
                    _flag(fields.get("math_approx_mode")),
                    _flag(fields.get("fp32_dest_acc_en")),
                )
        return KernelConfig()

    @property
    def fidelity(self) -> str:
        """The math fidelity of the matrix unit: the call's, or the operation's default.

        Source of the defaults: `matmul_device_operation.cpp` of tt-metal; other operations begin at HiFi2 or above.
        """
        if self.kernel_config.fidelity is not None:
            return self.kernel_config.fidelity
        if self.kind is not OperationKind.MATMUL:
            return "HiFi2"
        dtypes = [tensor.dtype for tensor in self.all_tensors[:2]]
        if all(dtype == "FLOAT32" for dtype in dtypes):
            return "HiFi4"
        configured = any(self.arguments.get(name) is not None for name in ("program_config", "core_grid"))
        return "LoFi" if configured or all(dtype in BLOCK_FLOATS for dtype in dtypes) else "HiFi2"

    @property
    def accumulates_wide(self) -> bool:
        """Whether sums are kept in 32 bits: as the call says, else where all inputs are of 32 bits."""
        if self.kernel_config.wide is not None:
            return self.kernel_config.wide
        return self.input_dtypes == {"FLOAT32"}

    @property
    def approximate(self) -> bool:
        """Whether the call asks for coarse, fast functions: by a flag, or a variant such as `GeluVariant.FastLut`."""
        return self.arguments.get("fast_and_approximate_mode") is True or any(
            isinstance(value, EnumMember) and "fast" in value.name.lower() for value in self.arguments.values()
        )

    @property
    def activations(self) -> tuple[str, ...]:
        """The names of the activations that are fused with the operation, in lower case."""
        names = []
        for name, value in self.arguments.items():
            if "activation" in name:
                names += _activations(value)
            elif name in ("program_config", "conv_config") and isinstance(value, Struct):
                names += [each for field, part in value.fields if "activation" in field for each in _activations(part)]
        return tuple(names)

    @property
    def rounds_activations(self) -> bool:
        """Whether an activation is fused with the operation that computes numbers; others only choose among them."""
        return any(name not in _CHOOSING for name in self.activations)

    @property
    def weights_dtype(self) -> str | None:
        """The dtype that a convolution's weights are converted to, where the call says."""
        config = self.arguments.get("conv_config")
        if not isinstance(config, Struct):
            return None
        dtype = dict(config.fields).get("weights_dtype")
        return dtype.name if isinstance(dtype, EnumMember) else None

    @property
    def rounds_scalars(self) -> bool:
        """Whether a number among the arguments is no bfloat16, so that a kernel may round it."""
        return any(
            isinstance(value, float) and not _is_bfloat16(value)
            for name, value in self.arguments.items()
            if "eps" not in name
        )

    @property
    def length(self) -> int:
        """How many numbers make up one number of the output: those that are summed; 1 for an elementwise operation."""
        return max(1, _LENGTHS.get(self.kind, _one)(self))

    @property
    def outputs(self) -> int:
        """About how many numbers the output has, of an operation that sums numbers of its first tensor."""
        volume = _volume(self.all_tensors[0].shape) if self.all_tensors else 1
        return volume if self.cumulative else max(1, volume // self.length)

    @property
    def cumulative(self) -> bool:
        """Whether it keeps all partial sums."""
        return any(part in self.operation for part in ("cumsum", "intimg", "ema", "scatter_add"))


def _flag(value: Value) -> bool | None:
    return value if isinstance(value, bool) else None


def _activations(value: Value) -> list[str]:
    """The names of activations in a value: texts, `UnaryOpType` members, or structs with one."""
    texts = [part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, str) and part]
    members = [part.name for part in walk(value) if isinstance(part, EnumMember)]
    return [name.lower() for name in (*texts, *members)]


def _is_bfloat16(number: float) -> bool:
    try:
        return bool(struct.unpack("<f", b"\0\0" + struct.pack("<f", number)[2:])[0] == number)
    except OverflowError:
        return True  # an infinity, in whatever format


def _volume(shape: tuple[int, ...]) -> int:
    volume = 1
    for side in shape:
        volume *= side
    return volume


def _one(_facts: CallFacts) -> int:
    return 1


def _shared_side(facts: CallFacts) -> int:
    """A matmul's inner dimension; of a matmul in an operation of several, the longest that it may have."""
    if not facts.all_tensors:
        return 1
    shape = facts.all_tensors[0].shape
    transposed = facts.arguments.get("transpose_a") is True and len(shape) > 1
    return shape[-2] if transposed else shape[-1]


def _window(facts: CallFacts) -> int:
    """The numbers in a window: of a convolution, in all input channels of a group."""
    if facts.kind is OperationKind.CONVOLUTION:
        weights = facts.arguments.get("weight_tensor")
        if isinstance(weights, Tensor) and weights.storage == "HOST" and len(weights.shape) > 2:
            return _volume(weights.shape[1:])
        channels = facts.arguments.get("in_channels")
        groups = facts.arguments.get("groups")
        inputs = channels if isinstance(channels, int) else _shared_side(facts)
        return inputs // max(1, groups if isinstance(groups, int) else 1) * _area(facts)
    area = _area(facts)
    if area > 1 or not facts.all_tensors:
        return area
    shape = facts.all_tensors[0].shape
    return max(1, _volume(shape) // (shape[0] * shape[-1]))


def _area(facts: CallFacts) -> int:
    size = facts.arguments.get("kernel_size")
    if isinstance(size, tuple) and all(isinstance(side, int) for side in size):
        return _volume(tuple(side for side in size if isinstance(side, int)))
    return size * size if isinstance(size, int) else 1


def _keys(facts: CallFacts) -> int:
    """The keys of an attention, or the length of its heads if that is more; of a paged cache, all pages of a user."""
    sides = [side for tensor in facts.all_tensors[:3] for side in tensor.shape[-2:]]
    pages = facts.arguments.get("page_table_tensor", facts.arguments.get("page_table"))
    return max(sides, default=1) * (pages.shape[-1] if isinstance(pages, Tensor) else 1)


def _reduced(facts: CallFacts) -> int:
    """The numbers along the dimensions that an operation reduces; all, where it names none."""
    if not facts.all_tensors:
        return 1
    shape = facts.all_tensors[0].shape
    if "norm_pre_all" in facts.operation:
        return shape[-1]  # a norm's statistics of rows
    named = (facts.arguments.get(name) for name in ("dim", "dims", "reduce_dims", "axis", "arg1"))
    value = next((each for each in named if isinstance(each, (int, tuple)) and not isinstance(each, bool)), None)
    dims: Any = (value,) if isinstance(value, int) else value
    if not dims or not all(isinstance(dim, int) and -len(shape) <= dim < len(shape) for dim in dims):
        return _volume(shape)
    return _volume(tuple(shape[dim] for dim in {dim % len(shape) for dim in dims}))


def _last_or_named(facts: CallFacts) -> int:
    if not facts.all_tensors:
        return 1
    shape, dim = facts.all_tensors[0].shape, facts.arguments.get("dim")
    return shape[dim] if isinstance(dim, int) and -len(shape) <= dim < len(shape) else shape[-1]


def _normalized(facts: CallFacts) -> int:
    """The numbers that share a mean: a row; of a group norm, a group of an image; of a batch norm, a channel."""
    if not facts.all_tensors:
        return 1
    shape = facts.all_tensors[0].shape
    groups = facts.arguments.get("num_groups")
    if isinstance(groups, int) and groups > 0:
        return _volume(shape) // (shape[0] * groups)
    if "batch_norm" in facts.operation and len(shape) > 1:
        return _volume(shape) // shape[1]
    if "normalize_global" in facts.operation:
        return _volume(shape)
    return shape[-1] * (shape[-2] if "normalize_hw" in facts.operation else 1)


def _rows(facts: CallFacts) -> int:
    """A gradient's sum is over all rows at most; an elementwise gradient sums nothing."""
    summing = ("matmul", "linear", "bmm", "dot", "norm", "softm", "sum", "mean", "embedding", "prod", "repeat")
    if not any(part in facts.operation for part in summing):
        return 1
    return max((_volume(tensor.shape[:-1]) for tensor in facts.all_tensors), default=1)


def _chips(_facts: CallFacts) -> int:
    return 32  # of the largest mesh that farm knows


_LENGTHS = {
    OperationKind.MATMUL: _shared_side,
    OperationKind.FUSED: _shared_side,
    OperationKind.CONVOLUTION: _window,
    OperationKind.AVERAGE_POOL: _window,
    OperationKind.MAX_POOL: _window,
    OperationKind.ATTENTION: _keys,
    OperationKind.NORMALIZATION: _normalized,
    OperationKind.SOFTMAX: _last_or_named,
    OperationKind.SUM: _reduced,
    OperationKind.SPREAD: _reduced,
    OperationKind.PRODUCT: _reduced,
    OperationKind.LOSS: _reduced,
    OperationKind.BACKWARD: _rows,
    OperationKind.REDUCING: _chips,
}
