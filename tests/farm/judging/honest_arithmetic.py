"""The arithmetic of a Tensix core, emulated: right outputs, as far from their goldens as the hardware makes them.

After tenstorrent/tt-isa-documentation: SrcASrcB.md (fidelity phases), MVMUL.md (16 products are summed at a time and
added to Dst), Packers/FormatConversion.md (roundings of outputs); and tt-metal issue #46101 (a sum in bfloat16 is
rounded to TF32 first, both times away from zero at ties).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from farm.judging.formats import FORMATS

Array = Any

PHASES = {"LoFi": 1, "HiFi2": 2, "HiFi3": 3, "HiFi4": 4}


def truncated(numbers: Array, bits: int) -> Array:
    """Numbers with so many bits of mantissa after the leading one, the others cut off."""
    mask = np.uint32((0xFFFFFFFF << (23 - bits)) & 0xFFFFFFFF)
    return (np.asarray(numbers, np.float32).view(np.uint32) & mask).view(np.float32)


def rounded(numbers: Array, bits: int) -> Array:
    """Numbers rounded to so many bits of mantissa, away from zero at ties."""
    mask, half = np.uint32((0xFFFFFFFF << (23 - bits)) & 0xFFFFFFFF), np.uint32(1 << (22 - bits))
    return ((np.asarray(numbers, np.float32).view(np.uint32) + half) & mask).view(np.float32)


def bfloat16(numbers: Array) -> Array:
    return rounded(numbers, 7)


def narrow(numbers: Array) -> Array:
    """What Dst keeps in 16 bits of what the matrix unit computes."""
    return rounded(rounded(numbers, 10), 7)


def tf32(numbers: Array) -> Array:
    return truncated(numbers, 10)


def packed(numbers: Array, dtype: str) -> Array:
    """An output as the packer writes it; bfloat4_b is truncated bfloat8_b."""
    if dtype == "FLOAT32":
        return np.asarray(numbers, np.float32)
    if dtype == "BFLOAT16":
        return bfloat16(numbers)
    coarse = FORMATS["BFLOAT8_B"].rounded(np.asarray(numbers, np.float64))
    if dtype == "BFLOAT8_B":
        return coarse.astype(np.float32)
    blocks = coarse.reshape(-1, 16)
    largest = np.abs(blocks).max(1, keepdims=True)
    spacing = np.exp2(np.floor(np.log2(np.where(largest == 0, 1, largest))) - 2)  # 3 bits of magnitude
    return (np.trunc(blocks / spacing) * spacing).reshape(coarse.shape).astype(np.float32)


def held(numbers: Array, dtype: str) -> Array:
    """An input as the host makes it."""
    return FORMATS[dtype].rounded(np.asarray(numbers, np.float64)).astype(np.float32)


def matmul(first: Array, second: Array, fidelity: str = "HiFi4", *, wide: bool = False) -> Array:
    """A product of matrices, summed 16 products at a time, with the mantissa bits that the phases multiply."""
    first, second = tf32(first), truncated(second, 9)
    high, top = truncated(first, 6), truncated(second, 4)
    parts = [(high, top), (high, second - top), (first - high, top), (first - high, second - top)]
    total = np.zeros((*first.shape[:-1], second.shape[-1]), np.float32)
    for start in range(0, first.shape[-1], 16):
        here = slice(start, start + 16)
        for left, right in parts[: PHASES[fidelity]]:
            total = total + (left[..., here].astype(np.float64) @ right[here].astype(np.float64)).astype(np.float32)
            total = rounded(total, 10) if wide else narrow(total)
    return total


def row_sums(numbers: Array, *, wide: bool = False, factor: float = 1.0) -> Array:
    """Sums of rows: products with a column of factors, which are bfloat16."""
    factors = np.full((numbers.shape[-1], 1), truncated(np.float32(factor), 7), np.float32)
    return matmul(numbers, factors, wide=wide)


def multiplied(first: Array, second: Array, fidelity: str = "HiFi4") -> Array:
    """Products of elements, one phase after the other."""
    high, top = truncated(first, 6), truncated(second, 4)
    parts = [(high, top), (high, second - top), (first - high, top), (first - high, second - top)]
    total = np.zeros(np.broadcast_shapes(first.shape, second.shape), np.float32)
    for left, right in parts[: PHASES[fidelity]]:
        total = narrow(total + left * right)
    return total


def function(compute: Callable[[Array], Array], numbers: Array, seed: int = 0, ulp: float = 1.0) -> Array:
    """A function of the vector unit: off by up to so many ULPs of bfloat16, then rounded."""
    exact = compute(numbers.astype(np.float64))
    error = np.random.default_rng(seed).uniform(-ulp, ulp, exact.shape) * FORMATS["BFLOAT16"].spacing(exact)
    return bfloat16((exact + error * 0.5).astype(np.float32))


def softmax(numbers: Array, *, wide: bool = False) -> Array:
    """A softmax of rows in bfloat16: shifted, exponentials, their sum, its reciprocal, products."""
    shifted = bfloat16(numbers - numbers.max(-1, keepdims=True))
    powers = function(np.exp, shifted)
    return multiplied(powers, function(np.reciprocal, row_sums(powers, wide=wide)))


def layer_norm(numbers: Array, *, wide: bool = False, epsilon: float = 1e-5) -> Array:
    """A layer norm of rows in bfloat16: means, differences, their squares' means, roots, products."""
    share = 1 / numbers.shape[-1]
    centred = narrow(numbers - bfloat16(row_sums(numbers, wide=wide, factor=share)))
    variance = bfloat16(row_sums(narrow(centred * centred), wide=wide, factor=share))
    return multiplied(centred, function(lambda each: 1 / np.sqrt(each + epsilon), variance))


def attention(query: Array, key: Array, value: Array, fidelity: str = "HiFi2", *, wide: bool = False) -> Array:
    """Attention of one head: scores, a softmax, a weighted sum of values."""
    scores = bfloat16(matmul(query, np.ascontiguousarray(key.T), fidelity, wide=wide))
    scaled = multiplied(scores, np.full((1, 1), bfloat16(np.float32(query.shape[-1] ** -0.5)), np.float32))
    shifted = narrow(scaled - scaled.max(-1, keepdims=True))
    powers = function(np.exp, shifted)
    return multiplied(
        bfloat16(matmul(powers, value, fidelity, wide=wide)), function(np.reciprocal, row_sums(powers, wide=wide))
    )
