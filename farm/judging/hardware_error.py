"""How far the arithmetic of a Tensix core is from that of the golden, by what a call tells of it.

Errors are relative: the root mean square of the errors as a share of that of the numbers. They come from emulating what
tenstorrent/tt-isa-documentation says of the matrix unit (SrcASrcB.md, MVMUL.md, Packers/FormatConversion.md) and
tt-metal issue #46101 of its roundings; `tests/farm/judging/honest_arithmetic.py` is that emulation.
"""

from __future__ import annotations

import math

from farm.judging.call_facts import BLOCK_FLOATS, CallFacts

BF16 = 2.0**-8
"""The largest error of rounding to bfloat16, relative to the number; of truncating, it is twice that."""

TF32 = 2.0**-10
"""The largest error of truncating to TF32, which is what the matrix unit makes of 32-bit floats."""

_FIDELITY = {"LoFi": 0.0275, "HiFi2": 0.0050, "HiFi3": 0.0015, "HiFi4": 0.0012}
"""What the multipliers leave out: LoFi takes 5 bits of one operand and 7 of the other, both truncated, which makes
products 2.2 % too small on average; HiFi2 takes all bits of the first. 0.0012 is what TF32 loses of 32-bit floats,
which short sums don't even out."""

_FIDELITY_NOISE = 0.55
"""The share of that which is no common factor, so that it lowers a correlation."""

_NARROW_STEP, _WIDE_STEP = 2.2e-5, 5.5e-6
"""What each summed number adds: sums are rounded after every 16. To bfloat16, that is a rounding to TF32 and then one
to bfloat16, both away from zero at ties, whose error has a bias and grows with the length. 32-bit sums that are read
back between blocks are truncated to TF32."""

_NARROW_START = 0.0025
"""What rounding short sums to bfloat16 makes."""

_MARGIN = 1.25
"""For seeds, shapes and distributions that were not emulated."""

MOST = 0.35
"""No sum may be further off than this, however long: an output twice too large, or zeroed, is never right."""


def sum_error(length: int, *, wide: bool) -> float:
    """The error of a sum on the matrix unit.

    Args:
        length: the numbers that are summed.
        wide: whether the sum is kept in 32 bits, not in bfloat16.
    """
    if wide:
        return min(MOST, _MARGIN * _WIDE_STEP * length)
    return min(MOST, _MARGIN * (_NARROW_START + _NARROW_STEP * length))


def product_error(fidelity: str) -> float:
    """The error of products on the matrix unit, by math fidelity."""
    return _MARGIN * _FIDELITY.get(fidelity, _FIDELITY["LoFi"])


def product_noise(fidelity: str) -> float:
    """The part of `product_error` that differs from product to product."""
    return _FIDELITY_NOISE * product_error(fidelity)


def format_error(dtype: str) -> float:
    """The error of an output's own format: of block floats, that of normally distributed numbers.

    A block's spacing follows from its largest number: of 16 normally distributed ones, 1.8 standard deviations, so that
    the spacing is 1/32 of one for bfloat8_b, which is rounded, and 1/2 for bfloat4_b, which is truncated.
    """
    return {"FLOAT32": 2.0**-20, "FP8_E4M3": 2.0**-4, "BFLOAT8_B": 0.010, "BFLOAT4_B": 0.22}.get(dtype, BF16)


def weights_error(facts: CallFacts) -> float:
    """The error of weights that a convolution converts: the golden sees them before."""
    if facts.weights_dtype not in BLOCK_FLOATS:
        return BF16
    return format_error(facts.weights_dtype)


def pcc_of_noise(noise: float) -> float:
    """The correlation that noise leaves of numbers around zero, whose root mean square is 1."""
    return 1 / math.sqrt(1 + noise * noise)
