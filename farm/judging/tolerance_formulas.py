"""The formulas of the tolerance table: bounds that follow from facts of a call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from farm.core.tolerance import Bounds
from farm.judging.call_facts import BLOCK_FLOATS, CallFacts
from farm.judging.hardware_error import (
    BF16,
    MOST,
    TF32,
    format_error,
    pcc_of_noise,
    product_error,
    product_noise,
    sum_error,
    weights_error,
)
from farm.judging.operation_kinds import OperationKind
from tracer.values import Struct

Formula = Callable[[CallFacts, str], Bounds]
"""The bounds of a call's output, by facts of the call and the output's dtype."""

_PEAK = 8.0
"""The largest error of many sums, as a multiple of their root mean square: larger partial sums have larger errors."""

_PRODUCTS_PEAK = 4.0
"""The same of products' errors, most of which are shares of the number itself."""

_MOST_OF_ELEMENT, _MOST_SCALED = 0.5, 0.75
"""No element may be further off than this, as a share of itself or of the root mean square of all."""

_COARSE = 0.02
"""The error of approximate exponentials, whose mean a division by their sum takes out: they are off by up to 4 %."""

BLOCK_ULP = 1.25
"""ULPs of a block float: bfloat4_b is what truncating bfloat8_b leaves, which was rounded before."""


def elementwise(ulp: float, scaled: float, wide: float) -> Formula:
    """Return a formula of an elementwise operation.

    Args:
        ulp: ULPs of the output, of bfloat16.
        scaled: what roundings between its steps may leave where numbers cancel each other.
        wide: the relative error of 32-bit floats.
    """

    def formula(facts: CallFacts, dtype: str) -> Bounds:
        """ULPs of 16-bit and block floats; of 32-bit floats, a relative error."""
        rounds = facts.rounds_scalars  # kernels get numbers as bfloat16, truncated
        slack = scaled + (2 * BF16 if rounds else 0.0)
        # what cancels may leave large errors in single elements, never in all
        whole = None if scaled < 4 * BF16 else 0.012 + format_error(dtype)
        if dtype == "FLOAT32":
            if rounds or facts.input_dtypes != {"FLOAT32"}:
                return Bounds(rtol=max(wide, 2 * TF32), scaled=max(slack, TF32), relative_error=whole)
            return Bounds(rtol=wide, scaled=slack or None, relative_error=whole)
        return Bounds(ulp=_ulp(ulp + (2.0 if rounds else 0.0), dtype), scaled=slack or None, relative_error=whole)

    return formula


def coarse(ulp: float, *, scaled: float, relative_error: float, pcc: float | None = None) -> Formula:
    """Return a formula of an operation whose steps are no more precise than bfloat16, whatever its dtype.

    Args:
        ulp: ULPs of the output, of bfloat16.
        scaled: as in `Bounds`.
        relative_error: likewise.
        pcc: likewise.
    """

    def formula(_facts: CallFacts, dtype: str) -> Bounds:
        """ULPs of 16-bit and block floats; as much of 32-bit floats."""
        return replace(_of_bfloat16(ulp, dtype), scaled=scaled, relative_error=relative_error, pcc=pcc)

    return formula


def _of_bfloat16(ulp: float, dtype: str) -> Bounds:
    """So many ULPs of bfloat16, of an output of any dtype."""
    return Bounds(rtol=2 * BF16 * ulp) if dtype == "FLOAT32" else Bounds(ulp=_ulp(ulp, dtype))


def _ulp(ulp: float, dtype: str) -> float:
    """ULPs of an output, of those that its computation in bfloat16 is off.

    The spacing of a block float's largest numbers is 2 to 4 ULPs of bfloat16 for bfloat8_b, 32 to 64 for bfloat4_b.
    """
    if dtype not in BLOCK_FLOATS:
        return ulp
    return BLOCK_ULP + ulp / (4 if dtype == "BFLOAT8_B" else 32)


def of_remainder(_facts: CallFacts, dtype: str) -> Bounds:
    """A product and a difference, each rounded: an error of the dividend's size; of block floats, their own."""
    own = format_error(dtype) if dtype in BLOCK_FLOATS else 0.0
    return replace(_of_bfloat16(4.0, dtype), scaled=0.12, relative_error=0.025 + own)


def of_rounding(facts: CallFacts, dtype: str) -> Bounds:
    """1 ULP of the output, of block floats 1.25; where 32-bit floats come from narrower ones, they are exact."""
    if dtype == "FLOAT32":
        return Bounds(exact=True) if "FLOAT32" not in facts.input_dtypes else Bounds(rtol=TF32)
    return Bounds(ulp=BLOCK_ULP if dtype in BLOCK_FLOATS else 1.0)


def _accumulating(
    facts: CallFacts, dtype: str, *, base: float = 0.0, sums: float = 1.0, products: float = 1.0
) -> Bounds:
    """Bounds of sums of products.

    Args:
        facts: the call.
        dtype: the output's.
        base: the error of the operation's other steps.
        sums: how much of the sums' error gets into the output.
        products: the same of the products' error.
    """
    other = base + sums * sum_error(facts.length, wide=facts.accumulates_wide)
    if facts.rounds_activations:
        # an activation makes small numbers of large ones, whose errors stay; its own error comes with it
        other = 1.5 * other + 0.01
    computed = other + products * product_error(facts.fidelity)
    noise = other + products * product_noise(facts.fidelity)
    return Bounds(
        ulp=2.0 if dtype not in BLOCK_FLOATS else _ulp(2.0 + computed / BF16, dtype),
        rtol=_rtol(3 * computed),
        scaled=_scaled(_PEAK * other + _PRODUCTS_PEAK * (computed - other)),
        relative_error=min(MOST, computed + format_error(dtype)),
        pcc=_pcc(min(MOST, noise + format_error(dtype))),
    )


def _rtol(share: float) -> float:
    return min(_MOST_OF_ELEMENT, share)


def _scaled(share: float) -> float:
    return min(_MOST_SCALED, share)


def _pcc(noise: float) -> float:
    return round(pcc_of_noise(noise), 6)


def of_matmul(facts: CallFacts, dtype: str) -> Bounds:
    """Errors of products, by math fidelity, and of sums, by their length and precision; more in places."""
    return _accumulating(facts, dtype)


def of_convolution(facts: CallFacts, dtype: str) -> Bounds:
    """As a matmul, and the error of weights that it converts."""
    return _accumulating(facts, dtype, base=weights_error(facts))


def of_attention(facts: CallFacts, dtype: str) -> Bounds:
    """As a matmul over the keys, half of whose sums' errors the division takes out; two products, and exponentials."""
    config = facts.arguments.get("program_config")
    fields = dict(config.fields) if isinstance(config, Struct) else {}
    # by default, exponentials are approximate
    base = 0.012 if fields.get("exp_approx_mode") is False else 0.012 + _COARSE
    return _accumulating(facts, dtype, base=base, sums=0.5, products=1.5)


def of_normalization(facts: CallFacts, dtype: str) -> Bounds:
    """Half of the error of a sum of squares, and five roundings to bfloat16."""
    error = min(MOST, 0.4 * sum_error(facts.length, wide=facts.accumulates_wide) + 0.010 + format_error(dtype))
    return Bounds(
        ulp=_ulp(3.0, dtype), rtol=_rtol(2 * error), scaled=_scaled(5 * error), relative_error=error, pcc=_pcc(error)
    )


def of_softmax(facts: CallFacts, dtype: str) -> Bounds:
    """An exponential of a bfloat16, whose rounding is a relative error; a sum of positive numbers, and a division."""
    coarse = 0.0 if facts.kernel_config.approximate is False else _COARSE  # the default
    error = min(MOST, 0.8 * sum_error(facts.length, wide=facts.accumulates_wide) + 0.012 + coarse + format_error(dtype))
    rtol = _rtol(0.02 + 2 * error)
    if "log" in facts.operation:
        return Bounds(ulp=_ulp(2.0, dtype), rtol=rtol, scaled=error, relative_error=error, pcc=_pcc(error))
    # exponents below -8 are rounded to more than 1/32, when their exponential is below 1/2000
    return Bounds(ulp=_ulp(2.0, dtype), rtol=rtol, atol=2e-5, relative_error=error, pcc=_pcc(error))


def _sums(facts: CallFacts, dtype: str) -> float:
    wide = facts.accumulates_wide
    # a partial sum that is kept is rounded after each number, not after each 16
    summed = sum_error(facts.length * (8 if facts.cumulative else 1), wide=wide)
    # one of the factors is a constant, so that three of four phases add nothing
    return min(MOST, (0.25 if wide else 1.0) * summed + BF16 + format_error(dtype))


def of_sum(facts: CallFacts, dtype: str) -> Bounds:
    """The error of a sum, by its length and precision; of means, that of the factor as a bfloat16."""
    error = _sums(facts, dtype)
    return Bounds(ulp=_ulp(2.0, dtype), scaled=_scaled(_PEAK * error), relative_error=error, pcc=_pcc(error))


def of_few_sums(facts: CallFacts, dtype: str) -> Bounds:
    """The error of a sum, absolute, by the spread of what is summed: a single sum may be near zero."""
    error = _sums(facts, dtype)
    means = facts.kind is OperationKind.AVERAGE_POOL or "mean" in facts.operation
    typical = facts.spread * facts.length ** (-0.5 if means else 0.5)
    return Bounds(ulp=_ulp(2.0, dtype), rtol=_rtol(2 * error), atol=3 * error * typical)


def of_loss(facts: CallFacts, dtype: str) -> Bounds:
    """The error of a sum of positive numbers, each of three roundings."""
    error = min(MOST, 0.5 * sum_error(facts.length, wide=facts.accumulates_wide) + 0.015 + format_error(dtype))
    return Bounds(ulp=_ulp(4.0, dtype), rtol=_rtol(2 * error), scaled=_scaled(2 * error), relative_error=error)


def of_spread(facts: CallFacts, dtype: str) -> Bounds:
    """The error of a sum of squares of differences, and three roundings."""
    error = min(MOST, sum_error(facts.length, wide=facts.accumulates_wide) + 0.015 + format_error(dtype))
    return Bounds(ulp=_ulp(3.0, dtype), rtol=_rtol(2 * error), scaled=_scaled(3 * error), relative_error=error)


def of_product(facts: CallFacts, dtype: str) -> Bounds:
    """A rounding for each factor, in any direction."""
    error = min(MOST, BF16 * (2 + 2 * facts.length**0.5) + format_error(dtype))
    return Bounds(ulp=_ulp(2.0, dtype), rtol=_rtol(2 * error), relative_error=error)


def of_rotary(facts: CallFacts, dtype: str) -> Bounds:
    """Two products, by math fidelity, and a sum, each rounded."""
    products = product_error(facts.fidelity)
    error = min(MOST, 0.008 + products + format_error(dtype))
    return Bounds(
        ulp=_ulp(3.0, dtype), rtol=2 * products, scaled=0.02 + 3 * products, relative_error=error, pcc=_pcc(error)
    )


def of_fused(facts: CallFacts, dtype: str) -> Bounds:
    """As a matmul, and two further steps with roundings in between."""
    return _accumulating(facts, dtype, base=0.015)


def of_gradient(facts: CallFacts, dtype: str) -> Bounds:
    """A composition of other operations, each rounded; where it sums, as a matmul over all rows."""
    if facts.length > 1:
        return _accumulating(facts, dtype, base=0.015)
    error = 0.015 + format_error(dtype)
    bounds = _of_bfloat16(6.0, dtype)
    return replace(bounds, scaled=_scaled(4 * error), relative_error=error, pcc=_pcc(error))


def of_activated(_facts: CallFacts, dtype: str) -> Bounds:
    """An elementwise operation, and an activation of what it leaves."""
    error = 0.012 + format_error(dtype)
    return replace(_of_bfloat16(6.0, dtype), scaled=_scaled(3 * error), relative_error=error)
