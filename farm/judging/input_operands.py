"""Domains that follow from a call's other arguments: the scale of weights, points to keep away from."""

from __future__ import annotations

import math
from collections.abc import Iterator

from farm.judging.call_facts import CallFacts
from farm.judging.input_domains import (
    Choices,
    Distinct,
    Domain,
    Fractions,
    Grid,
    GroupMask,
    Integers,
    Magnitudes,
    Mask,
    Reals,
    Sparsity,
    Specials,
    Sums,
)
from tracer.values import EnumMember, Struct, Tensor, Value

SCALE = 0.0625
"""The scale of quantized tensors where it is a tensor itself: a power of two, so that quotients are exact."""
BLOCK_FLOATS = ("BFLOAT8_B", "BFLOAT4_B")
INTEGERS = ("INT32", "UINT32", "UINT16", "UINT8")
TILE = 32


def scalar(facts: CallFacts, *names: str) -> float | None:
    """Return the first of these arguments that is a number."""
    for name in names:
        value = facts.arguments.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
    return None


def scalars(facts: CallFacts) -> tuple[float, ...]:
    """Return all arguments that are finite numbers."""
    values = (scalar(facts, name) for name in facts.arguments)
    return tuple(value for value in values if value is not None and math.isfinite(value))


def flag(facts: CallFacts, name: str) -> bool:
    """Return whether an argument is set; traces of C++ have 1 for True."""
    return facts.arguments.get(name) in (True, 1)


def tensor_of(facts: CallFacts, *names: str) -> Tensor | None:
    """Return the first of these arguments that is a tensor."""
    tensors = facts.tensors
    return next((tensors[name] for name in names if name in tensors), None)


def from_the_end(dim: float | None, tensor: Tensor) -> int:
    """Return a dimension as counted from the end; the last one where the call says none, or one that isn't there."""
    rank = len(tensor.shape)
    return -1 if dim is None or not -rank <= dim < rank else int(dim) % rank - rank


def members(value: Value) -> Iterator[EnumMember]:
    """Yield the enum members in a value, at any depth."""
    if isinstance(value, EnumMember):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from members(part)
    elif isinstance(value, Struct):
        for _, part in value.named_parts():
            yield from members(part)


def output_dtype(facts: CallFacts) -> str | None:
    """Return the dtype that a call asks for; None if it leaves that to the operation."""
    for name in ("dtype", "output_dtype", "typecast_dtype"):
        value = facts.arguments.get(name)
        if isinstance(value, EnumMember):
            return value.name
    return None


def moved(facts: CallFacts, _parameter: str, tensor: Tensor) -> Domain:
    """Numbers that are only moved: of all magnitudes, unless blocks share exponents."""
    dtypes = {tensor.dtype, output_dtype(facts), *(each.dtype for each in facts.tensors.values())}
    return Reals(specials=Specials.MODERATE if dtypes & set(BLOCK_FLOATS) else Specials.WIDE)


def converted(facts: CallFacts, _parameter: str, tensor: Tensor) -> Domain:
    """Numbers for a change of dtype: what both dtypes hold, and where rounding and truncation agree."""
    to = output_dtype(facts)
    if to in INTEGERS and tensor.dtype not in INTEGERS:
        return Fractions(count=8, halves=False, signed=to == "INT32")
    if tensor.dtype in INTEGERS:
        high = {"BFLOAT8_B": 127, "BFLOAT4_B": 7, "BFLOAT16": 256, "FLOAT32": 2**24, "UINT8": 255, "UINT16": 65535}
        limit = high.get(to or "", 2**31 - 1)
        return Integers(-limit if to in ("BFLOAT16", "FLOAT32", "INT32", *BLOCK_FLOATS) else 0, limit)
    return moved(facts, _parameter, tensor)


def bits_of_reals(facts: CallFacts, _parameter: str, tensor: Tensor) -> Domain:
    """Bits that are ordinary numbers in the other dtype, too: 1 to 2 as BFLOAT16 or FLOAT32."""
    if tensor.dtype in INTEGERS and output_dtype(facts) not in INTEGERS:
        return Integers(0x3F80, 0x3FFF) if tensor.dtype == "UINT16" else Integers(0x3F800000, 0x3FFFFFFF)
    return Reals()


def compared(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """Multiples of a step, so that equal numbers occur; around the scalar that they are compared with.

    A scalar that is no such multiple may be rounded another way by the operation: no number is next to it.
    """
    other = scalar(facts, "input_tensor_b", "input_b", "other", "scalar", "value")
    if other is None:
        return Grid()
    step = max(0.25, 2.0 ** (math.floor(math.log2(abs(other))) - 3)) if other else 0.25
    exact = (other / step).is_integer()
    return Grid(around=other if exact else other + step / 2, step=step)


def first_of_quotient(facts: CallFacts, _parameter: str, tensor: Tensor) -> Domain:
    """A dividend that is away from all multiples of its divisor: see `second_of_quotient`; whole ones are exact."""
    if tensor.dtype in INTEGERS:
        return Integers(-100 if tensor.dtype == "INT32" else 0, 100)
    divisor = scalar(facts, "input_tensor_b", "input_b", "other", "scalar", "value")
    return Fractions(unit=abs(divisor)) if divisor else Grid(around=0.25, step=0.5, count=15)


def second_of_quotient(_facts: CallFacts, _parameter: str, tensor: Tensor) -> Domain:
    """A divisor that divides no odd multiple of 0.25; a whole number, of integers."""
    if tensor.dtype in INTEGERS:
        return Choices((2, 3, 4, 5, 7, 8, 12, 31))
    return Choices((0.5, 1.0, 1.5, 2.0, 3.0, 4.0, -0.5, -1.0, -1.5, -2.0, -3.0, -4.0))


def dividend(facts: CallFacts, parameter: str, tensor: Tensor) -> Domain:
    """The dividend of a division, rounded or not."""
    rounded = facts.arguments.get("rounding_mode") is not None
    return first_of_quotient(facts, parameter, tensor) if rounded else Reals(specials=Specials.MODERATE)


def divisor(facts: CallFacts, parameter: str, tensor: Tensor) -> Domain:
    """The divisor of a division, rounded or not."""
    rounded = facts.arguments.get("rounding_mode") is not None
    return second_of_quotient(facts, parameter, tensor) if rounded else Magnitudes(2**-4, 2**4, signed=True)


def rounded(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """Numbers away from whole and half ones, in the last decimal that is kept."""
    return Fractions(unit=10.0 ** -(scalar(facts, "decimals") or 0))


def away_from_scalars(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """Numbers away from the points where a function or its derivative jumps."""
    points = {0.0, 0.5, *scalars(facts)}  # 0.5 is the usual one
    return Reals(deviation=2.0, avoid=tuple(sorted(points | {-each for each in points})), specials=Specials.MODERATE)


def away_from_kinks(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """Numbers away from the points where the derivative of an activation jumps."""
    return Reals(deviation=2.0, avoid=tuple(sorted({0.0, 3.0, -3.0, 6.0, 1.0, -1.0, *scalars(facts)})))


def base_of_power(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """A base whose power is finite: positive unless the exponent is whole."""
    exponent = scalar(facts, "exponent", "input_tensor_b")
    reach = 2.0 ** min(3.0, 24 / max(1.0, abs(3.0 if exponent is None else exponent)))
    whole = exponent is not None and float(exponent).is_integer()
    return Magnitudes(1 / reach, reach, signed=whole)


def unsigned_minuend(_facts: CallFacts, _parameter: str, tensor: Tensor) -> Domain:
    """What is subtracted from: integers without sign must not fall below zero."""
    if tensor.dtype.startswith("UINT"):
        return Integers(8, 15 if tensor.dtype == "UINT8" else 255)
    return Reals(specials=Specials.MODERATE)


def unsigned_subtrahend(_facts: CallFacts, _parameter: str, tensor: Tensor) -> Domain:
    """What is subtracted."""
    return Integers(0, 8) if tensor.dtype.startswith("UINT") else Reals(specials=Specials.MODERATE)


def shift_count(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """The bits to shift by."""
    shifted = tensor_of(facts, "input_tensor_a", "input_a", "input_tensor")
    bits = {"UINT8": 8, "UINT16": 16}.get("" if shifted is None else shifted.dtype, 32)
    return Integers(0, bits - 1)


def product_factor(facts: CallFacts, _parameter: str, tensor: Tensor) -> Domain:
    """Factors near 1 in size, so that a product of all of them is neither zero nor infinite."""
    dim = scalar(facts, "dim")
    terms = math.prod(tensor.shape) if dim is None or not tensor.shape else tensor.shape[from_the_end(dim, tensor)]
    if tensor.dtype in INTEGERS:
        return Choices((1, 1, 1, 2)) if terms <= TILE else Choices((1,))
    reach = max(math.exp(2.0 / math.sqrt(max(1, terms))), 1 + 1 / 128)
    return Magnitudes(1 / reach, reach, signed=True)


def padded(tensor: Tensor) -> bool:
    """Return whether tiles hold more than a tensor's numbers."""
    sides = (1, *tensor.shape)[-2:]
    return tensor.layout == "TILE" and any(side % TILE for side in sides)


FEW = 64
"""An output of fewer sums than this is no sample: of numbers around zero, its only sum may be near zero itself."""


def summed(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """Numbers around zero; where the output has few sums, around one, so that no right sum is near zero."""
    return Reals(mean=1.0) if facts.outputs < FEW else Reals()


def along(facts: CallFacts, _parameter: str, tensor: Tensor) -> Domain:
    """Numbers without ties along the dimension that is searched; `argmax` without one searches the whole tensor."""
    dim = scalar(facts, "dim")
    line = from_the_end(dim, tensor)
    if not facts.operation.endswith("argmax"):
        return Distinct(line)
    return Distinct(None if dim is None else line, negative=padded(tensor))


def largest(_facts: CallFacts, _parameter: str, tensor: Tensor) -> Domain:
    """Numbers whose largest is sought: below zero where zeros of a padding must not be it."""
    return Reals(high=-0.25, mean=-3.0) if padded(tensor) else Reals()


def smallest(_facts: CallFacts, _parameter: str, tensor: Tensor) -> Domain:
    """Numbers whose smallest is sought: above zero where zeros of a padding must not be it."""
    return Reals(low=0.25, mean=3.0) if padded(tensor) else Reals()


def weights(facts: CallFacts, _parameter: str, tensor: Tensor) -> Domain:
    """Weights whose sums of products have about the size of one input."""
    shape = tensor.shape
    if len(shape) < 2:
        return Reals()
    transposed = flag(facts, "transpose_b") or flag(facts, "transpose_other")
    terms = shape[-1] if transposed else shape[-2]
    return Reals(deviation=1 / math.sqrt(max(1, terms)))


def kernel(facts: CallFacts, _parameter: str, tensor: Tensor) -> Domain:
    """Weights of a convolution, by the number of products that each output is the sum of."""
    shape = tensor.shape
    if len(shape) < 3 or (len(shape) == 4 and shape[:2] == (1, 1)):  # prepared: [1, 1, products, channels]
        return weights(facts, "", tensor)
    transposed = "transpose" in facts.operation
    terms = math.prod(shape[2:]) * (shape[0] if transposed else shape[1])
    if transposed:
        stride = facts.arguments.get("stride")
        sides = stride if isinstance(stride, tuple) else (stride,) * (len(shape) - 2)
        terms //= math.prod(side for side in sides if isinstance(side, int) and side > 0)
    return Reals(deviation=1 / math.sqrt(max(1, terms)), becomes=_weights_dtype(facts))


def kernel_bias(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """The bias of a convolution."""
    return Reals(becomes=_weights_dtype(facts))


def _weights_dtype(facts: CallFacts) -> str | None:
    """The dtype that a convolution converts its weights to."""
    config = facts.arguments.get("conv_config")
    dtype = dict(config.named_parts()).get("weights_dtype") if isinstance(config, Struct) else None
    return dtype.name if isinstance(dtype, EnumMember) else None


def transposed_weights(_facts: CallFacts, _parameter: str, tensor: Tensor) -> Domain:
    """Weights of a linear layer, [out, in]."""
    return Reals(deviation=1 / math.sqrt(max(1, tensor.shape[-1])))


def sparsity(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """Which pairs of groups are multiplied: as many as the call says."""
    nonzero = scalar(facts, "nnz")
    return Sparsity(None if nonzero is None else int(nonzero))


def group_mask(facts: CallFacts, parameter: str, _tensor: Tensor) -> Domain:
    """The masks of a group norm."""
    groups, inputs = scalar(facts, "num_groups"), tensor_of(facts, "input_tensor")
    channels = TILE if not groups or inputs is None else inputs.shape[-1] // int(groups)
    return GroupMask(max(1, channels), negative=parameter == "negative_mask")


def gathered_sums(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """The gathered statistics of a norm that is spread over chips."""
    inputs = tensor_of(facts, "input_tensor")
    return Sums(TILE if inputs is None else inputs.shape[-1], plain="layer" in facts.operation)


def mask(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """An attention mask."""
    return Mask(causal="causal" in facts.operation or flag(facts, "is_causal_mask"))


def quantized(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """Numbers away from where the quotient by the scale is rounded another way."""
    return Fractions(unit=scalar(facts, "scale", "in_scale") or SCALE, count=16)


def requantized(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """Quantized numbers away from where the other scale rounds them another way."""
    ratio = (scalar(facts, "in_scale") or SCALE) / (scalar(facts, "out_scale") or SCALE)
    kept = tuple(each for each in range(-128, 128) if abs(each * ratio % 1 - 0.5) > 0.1)
    return Choices(kept) if kept else Integers(-128, 127)
