"""The bounds of a whole output: its relative error and its PCC, and where a PCC says nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

from farm.core.tolerance import Bounds
from farm.judging.measuring import Measures, Moments

MARGIN = 2.0
"""An output may be off by so many times what rounding to its dtype alone makes of it, whatever its bounds say."""

_SHOWN = 0.9
"""A PCC is shown where rounding alone leaves it above this."""


@dataclass(frozen=True, slots=True)
class BrokenBound:
    """A bound of the whole output that it is beyond.

    Attributes:
        complaint: what is wrong, in words that follow `its`.
        allowed: the root mean square of the error that the bound allows at most.
    """

    complaint: str
    allowed: float


def only_pcc(bounds: Bounds) -> bool:
    """Return whether the PCC is the only bound."""
    return bounds.pcc is not None and bounds == Bounds(pcc=bounds.pcc)


def pcc_of(bounds: Bounds, measures: Measures) -> float | None:
    """Return the PCC of an output; None where it says nothing about it.

    It says nothing where the expected numbers are constant, or differ by no more than their rounding to the output's
    dtype, or so little that this rounding breaks the bound: a PCC of `p` is that of noise whose variance is
    `1/p**2 - 1` times theirs.
    """
    noise = _noise(_SHOWN if bounds.pcc is None else least_pcc(bounds, measures.moments))
    spread = math.sqrt(measures.moments.variance_x)
    if not spread or MARGIN * measures.rounding > min(noise, 1.0) * spread:
        return None
    return measures.moments.pcc or 0.0  # nothing correlates with a constant output


def least_pcc(bounds: Bounds, expected: Moments) -> float | None:
    """Return the least PCC of an output, by its row's bound and by how much the expected numbers vary.

    Beside a relative error, the bound is for numbers around zero. Where they vary less around another mean, such as
    sums of positive numbers do, noise of the same size leaves less correlation.
    """
    spread = math.sqrt(expected.variance_x)
    if bounds.pcc is None or bounds.relative_error is None or not spread:
        return bounds.pcc
    noise = _noise(bounds.pcc) * math.sqrt(expected.mean_square_x) / spread
    return 1 / math.sqrt(1 + noise * noise)


def broken_bound(bounds: Bounds, measures: Measures) -> BrokenBound | None:
    """Return the bound of the whole output that is broken, or None.

    Where a PCC is the only bound and says nothing, the relative error may be what that PCC allows around zero.
    """
    moments = measures.moments
    if bounds.exact or not moments.count:
        return None
    pcc = pcc_of(bounds, measures)
    allowed_error = bounds.relative_error
    if allowed_error is None and pcc is None and only_pcc(bounds):
        allowed_error = _noise(bounds.pcc)
    error, scale = math.sqrt(moments.squared_error / moments.count), math.sqrt(moments.mean_square_x)
    if allowed_error is not None:
        allowed = max(allowed_error * scale, MARGIN * measures.rounding)
        if error > allowed:
            return BrokenBound(_relative(error, allowed, scale), allowed)
    least = least_pcc(bounds, moments)
    if least is not None and pcc is not None and pcc < least:
        complaint = f"PCC of {_below(pcc, least)} is below {least:.6g}"
        return BrokenBound(complaint, math.sqrt(max(0.0, 1 - least**2)) * math.sqrt(moments.variance_x))
    return None


def _noise(pcc: float | None) -> float:
    """Return the root mean square of the noise that leaves this PCC, as a share of the numbers' standard deviation."""
    if pcc is None or pcc <= 0:
        return math.inf
    return math.sqrt(max(0.0, 1 / pcc**2 - 1))


def _relative(error: float, allowed: float, scale: float) -> str:
    if not scale:
        return f"root mean square of {error:.3g} should be 0"
    return f"relative error of {error / scale:.3g} is above {allowed / scale:.3g}"


def _below(pcc: float, bound: float) -> str:
    """Return a PCC with as many digits as it takes to tell it from its bound."""
    digits = next((digits for digits in (4, 6, 9, 12) if f"{pcc:.{digits}f}" != f"{bound:.{digits}f}"), 16)
    return f"{pcc:.{digits}f}"
