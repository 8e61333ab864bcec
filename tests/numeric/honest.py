"""Outputs as far from their goldens as an honest Tensix core makes them: right, but not exactly rounded.

What the matrix unit computes is emulated (`tests.farm.judging.honest_arithmetic`) for matmuls, sums, softmax, norms and
attention. For other kinds, exact numbers are disturbed by as much as the roundings of the kind's steps make. Outputs of
elementwise operations are truncated to their dtype, denormals are zero, and what is too large is an infinity.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from farm.judging.call_facts import INTEGERS, CallFacts
from farm.judging.operation_kinds import OperationKind as Kind
from tests.farm.judging import honest_arithmetic as core
from tests.numeric.references import REFERENCES
from tracer.values import describe

Array = Any
Compute = Callable[[Sequence[Any], Mapping[str, Any]], Any]
"""Computes an operation's outputs from torch arguments."""

SMALLEST = 2.0**-126
BF16_ULP = 2.0**-8
"""The spacing of bfloat16 just below a power of two, relative to the number: the least that an ULP can be."""

ULPS = {
    Kind.DIVISION: 1.0,
    Kind.FUNCTION: 1.5,
    Kind.APPROXIMATION: 2.0,
    Kind.INTERPOLATION: 1.0,
    Kind.ROTARY: 1.0,
    Kind.OPTIMIZER: 1.0,
    Kind.LOSS: 1.0,
    Kind.SPREAD: 1.0,
    Kind.NORMALIZATION: 1.0,
    Kind.BACKWARD: 2.0,
    Kind.FUSED: 1.0,
}
"""ULPs of bfloat16 by which an element is off before it is written, by kind."""

SPREADS = {
    Kind.COMPOSITION: 0.002,
    Kind.INTERPOLATION: 0.002,
    Kind.ROTARY: 0.003,
    Kind.OPTIMIZER: 0.002,
    Kind.BACKWARD: 0.003,
    Kind.NORMALIZATION: 0.003,
    Kind.FUSED: 0.006,
}
"""Absolute errors, as a share of the output's root mean square: of roundings between steps, by kind."""

PRECISE = ("ttnn.cosh", "ttnn.sinh")
"""Functions whose goldens are compared by ULPs of float32: ttnn's own promise."""
FUSED_KERNELS = ("ttnn.gelu_bw",)
"""Gradients of one step, with such a promise for bfloat16."""

SUMMING = (Kind.CONVOLUTION, Kind.MATMUL, Kind.ATTENTION, Kind.FUSED, Kind.SUM, Kind.AVERAGE_POOL, Kind.REDUCING)
TRUNCATED = (Kind.SELECTION, Kind.ARITHMETIC, Kind.COMPOSITION, Kind.DIVISION, Kind.FUNCTION)
"""Kinds whose outputs are truncated to their dtype, not rounded."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a call, as one chip has them.

    Attributes:
        facts: the call's, as far as the double knows it.
        positional, keywords: torch tensors in float64 (or integers), and others.
    """

    facts: CallFacts
    positional: Sequence[Any]
    keywords: Mapping[str, Any]

    def tensor(self, name: str, place: int = 0) -> Any:
        """Return a tensor in numpy, by its name or place; None where the call has none."""
        value = self.keywords.get(name, self.positional[place] if place < len(self.positional) else None)
        return value.float().numpy() if isinstance(value, torch.Tensor) else None


def facts_of(name: str, positional: Sequence[Any], keywords: Mapping[str, Any], arch: str) -> CallFacts:
    """Return the facts of a live call."""
    placed = {f"arg{place}": value for place, value in enumerate(positional)}
    return CallFacts(name, {key: describe(value) for key, value in {**placed, **keywords}.items()}, arch)


def honest(facts: CallFacts, positional: Sequence[Any], keywords: Mapping[str, Any], compute: Compute) -> list[Any]:
    """Return an operation's outputs as a board computes them, in float64, or integers.

    Args:
        facts: the call's.
        positional, keywords: the arguments, tensors in torch.
        compute: computes exact outputs.
    """
    arguments = Arguments(
        facts, [_flushed(each) for each in positional], {key: _flushed(value) for key, value in keywords.items()}
    )
    emulate = EMULATED.get(facts.operation) if facts.operation in REFERENCES else None
    emulated = None if emulate is None else emulate(arguments)
    if emulated is not None:
        return [torch.as_tensor(np.ascontiguousarray(emulated)).double()]
    exact = compute(arguments.positional, arguments.keywords)
    outputs = [each for each in (exact if isinstance(exact, (list, tuple)) else [exact]) if each is not None]
    generator = torch.Generator().manual_seed(zlib.crc32(facts.operation.encode()))
    return [_disturbed(each, facts, generator) for each in outputs]


def written(numbers: Any, dtype: str, kind: Kind) -> Any:
    """Return numbers as an output of a dtype gets them, before ttnn's own rounding."""
    if not numbers.is_floating_point() or dtype in INTEGERS:
        return numbers
    numbers = torch.where(numbers.abs() < SMALLEST, 0.0, numbers.double())
    if dtype != "BFLOAT16" or kind not in TRUNCATED:
        return numbers
    finite = torch.isfinite(numbers)
    cut = torch.as_tensor(np.asarray(core.truncated(torch.where(finite, numbers, 0.0).float().numpy(), 7))).double()
    return torch.where(finite, cut, numbers)


def _flushed(value: Any) -> Any:
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return torch.where(value.abs() < SMALLEST, torch.zeros((), dtype=value.dtype), value)
    return [_flushed(each) for each in value] if isinstance(value, list) else value


def _disturbed(exact: Any, facts: CallFacts, generator: Any) -> Any:
    """Exact outputs, disturbed by as much as the steps of an operation of this kind make."""
    if not exact.is_floating_point() or (facts.input_dtypes and facts.input_dtypes.issubset(INTEGERS)):
        return exact
    kind, wide = facts.kind, facts.input_dtypes == {"FLOAT32"}
    exact = exact.detach().double()
    if kind in (Kind.EXTREME, Kind.MAX_POOL) and wide:
        return torch.as_tensor(np.asarray(core.tf32(exact.float().numpy()))).double()
    size = _size(exact)
    bent = exact
    if kind in SUMMING:
        bent = _summed(bent, facts, size, generator)
    ulps, spread = ULPS.get(kind, 0.0), SPREADS.get(kind, 0.0)
    if facts.operation in FUSED_KERNELS:
        ulps, spread = 1.0, 0.0
    if wide and (kind in TRUNCATED or facts.operation in PRECISE):
        ulps, spread = ulps * 2.0**-17 if facts.operation in PRECISE else ulps * 2.0**-9, spread * 2.0**-12
    if kind is Kind.PRODUCT:
        ulps = 0.5 * math.sqrt(facts.length)
    if kind in (Kind.SPREAD, Kind.LOSS):
        bent = bent * (1 + 1e-5 * facts.length * (0 if facts.accumulates_wide else 1))
    return bent + _noise(bent, generator) * (ulps * BF16_ULP * bent.abs() + spread * size)


def _summed(exact: Any, facts: CallFacts, size: float, generator: Any) -> Any:
    """Sums of products whose factors are cut off by math fidelity, accumulated in bfloat16 or TF32."""
    low = 0.022 if facts.fidelity == "LoFi" and facts.kind not in (Kind.SUM, Kind.REDUCING) else 0.0
    steps = facts.length / 16
    if facts.accumulates_wide:
        drift, noise = 4e-6 * facts.length, 2.0**-12 * math.sqrt(steps)
    else:
        drift, noise = 1.5e-5 * facts.length, 2.0**-9 * math.sqrt(min(steps, 16))
    bent = exact * (1 - low) * (1 + min(drift, 0.2))
    spread = min(noise, 0.01) + (0.004 if low else 0.0)
    return bent + torch.randn(exact.shape, generator=generator, dtype=torch.float64) * spread * size


def _noise(numbers: Any, generator: Any) -> Any:
    return torch.rand(numbers.shape, generator=generator, dtype=torch.float64) * 2 - 1


def _size(numbers: Any) -> float:
    finite = numbers[torch.isfinite(numbers)]
    return float(finite.square().mean().sqrt()) if finite.numel() else 0.0


def _matmul(call: Arguments) -> Array | None:
    first, second = call.tensor("input_tensor_a", 0), call.tensor("input_tensor_b", 1)
    if first is None or second is None or min(first.ndim, second.ndim) < 2:
        return None
    if call.facts.activations or max(first.size, second.size) > 1 << 18:
        return None  # disturbed instead
    first = np.swapaxes(first, -1, -2) if call.facts.arguments.get("transpose_a") is True else first
    second = np.swapaxes(second, -1, -2) if call.facts.arguments.get("transpose_b") is True else second
    wide = call.facts.accumulates_wide
    batch = np.broadcast_shapes(first.shape[:-2], second.shape[:-2])
    left = np.broadcast_to(first, (*batch, *first.shape[-2:])).reshape(-1, *first.shape[-2:])
    right = np.broadcast_to(second, (*batch, *second.shape[-2:])).reshape(-1, *second.shape[-2:])
    parts = [core.matmul(one, other, call.facts.fidelity, wide=wide) for one, other in zip(left, right, strict=True)]
    product = np.stack(parts).reshape(*batch, first.shape[-2], second.shape[-1])
    bias = call.tensor("bias", 99)
    return product if bias is None else (product + bias if wide else core.narrow(product + bias))


def _softmax(call: Arguments) -> Array | None:
    numbers = call.tensor("input_tensor")
    dim = call.facts.arguments.get("dim", -1)
    if numbers is None or not isinstance(dim, int) or numbers.ndim < 1:
        return None
    rows = np.ascontiguousarray(np.moveaxis(numbers, dim, -1))
    flat = core.softmax(rows.reshape(-1, rows.shape[-1]), wide=call.facts.accumulates_wide)
    return np.moveaxis(flat.reshape(rows.shape), -1, dim)


def _normalized(call: Arguments, *, centred: bool) -> Array | None:
    numbers, residual = call.tensor("input_tensor"), call.tensor("residual_input_tensor", 99)
    if numbers is None:
        return None
    numbers = numbers if residual is None else core.narrow(numbers + residual)
    epsilon = call.keywords.get("epsilon", 1e-12)
    rows, wide = numbers.reshape(-1, numbers.shape[-1]), call.facts.accumulates_wide
    if centred:
        normal = core.layer_norm(rows, wide=wide, epsilon=epsilon)
    else:
        squares = core.bfloat16(core.row_sums(core.narrow(rows * rows), wide=wide, factor=1 / rows.shape[-1]))
        normal = core.multiplied(core.bfloat16(rows), core.function(lambda each: 1 / np.sqrt(each + epsilon), squares))
    weight, bias = call.tensor("weight", 99), call.tensor("bias", 99)
    if weight is not None:
        normal = core.multiplied(normal, weight.reshape(-1)[: rows.shape[-1]])
    if bias is not None:
        normal = core.narrow(normal + bias.reshape(-1)[: rows.shape[-1]])
    return normal.reshape(numbers.shape)


def _sum(call: Arguments, *, mean: bool) -> Array | None:
    numbers, dim = call.tensor("input_tensor"), call.facts.arguments.get("dim")
    if numbers is None or numbers.ndim < 1 or call.facts.input_dtypes.intersection(INTEGERS):
        return None
    if dim is None:
        numbers, dim = numbers.reshape(-1), 0
    if not isinstance(dim, int):
        return None
    rows = np.ascontiguousarray(np.moveaxis(numbers, dim, -1))
    factor = (1 / rows.shape[-1] if mean else 1.0) * float(call.keywords.get("scalar") or 1.0)
    sums = core.row_sums(rows.reshape(-1, rows.shape[-1]), wide=call.facts.accumulates_wide, factor=factor)
    return sums.reshape(rows.shape[:-1])


EMULATED: dict[str, Callable[[Arguments], Array | None]] = {
    "ttnn.matmul": _matmul,
    "ttnn.linear": _matmul,
    "ttnn.softmax": _softmax,
    "ttnn.layer_norm": lambda call: _normalized(call, centred=True),
    "ttnn.rms_norm": lambda call: _normalized(call, centred=False),
    "ttnn.sum": lambda call: _sum(call, mean=False),
    "ttnn.mean": lambda call: _sum(call, mean=True),
}
"""Emulations by operation; None where a call's arguments are not emulated, and its exact outputs are disturbed."""
