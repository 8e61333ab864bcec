"""What is wrong with an output, in detail: looked for only where something is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from farm.core.mismatch import Element, Excerpt, Mismatch, NonFinite, Number
from farm.judging.formats import Floats, IntegerFormat, NumberFormat
from farm.judging.measuring import Flags
from farm.judging.ulp import ulp_histogram, ulps

LONGEST_EXCERPT = 32
"""Numbers that are kept around the worst element."""


@dataclass(frozen=True, slots=True)
class WrongOutput:
    """An output that is wrong, and its golden: arrays of one shape.

    Attributes:
        expected, actual: float64; integers of up to 32 bits are exact in it.
        flags: the elements that are wrong; at least one.
        form: the output's format.
        by_ulp: whether errors are judged in ULPs, and not by their size.
        transposed: whether tiles are transposed.
        compared: how many elements were compared.
    """

    expected: Floats
    actual: Floats
    flags: Flags
    form: NumberFormat
    by_ulp: bool
    transposed: bool
    compared: int

    def number(self, value: Any) -> Number:
        """Return a number as the output's dtype has it."""
        return int(value) if isinstance(self.form, IntegerFormat) else float(value)

    def index(self, position: int) -> tuple[int, ...]:
        """Return the index of the element at a position in the order of rows."""
        return tuple(int(each) for each in np.unravel_index(position, self.expected.shape))

    def element(self, position: int) -> Element:
        """Return the element at a position in the order of rows."""
        expected, actual = self.expected.reshape(-1)[position], self.actual.reshape(-1)[position]
        return Element(self.index(position), self.number(expected), self.number(actual))

    def excerpt(self, position: int) -> Excerpt:
        """Return the numbers around a position in the order of rows."""
        start = max(0, min(position - LONGEST_EXCERPT // 2, self.expected.size - LONGEST_EXCERPT))
        expected, actual = (
            tuple(map(self.number, numbers.reshape(-1)[start : start + LONGEST_EXCERPT]))
            for numbers in (self.expected, self.actual)
        )
        return Excerpt(self.index(start), expected, actual)


def mismatch_of(wrong: WrongOutput, metrics: Mapping[str, float]) -> Mismatch:
    """Describe what is wrong with an output.

    Args:
        wrong: the output.
        metrics: those that are defined for it.
    """
    positions = np.flatnonzero(wrong.flags)
    expected, actual = wrong.expected.reshape(-1)[positions], wrong.actual.reshape(-1)[positions]
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        errors = np.abs(actual - expected)
        relative = errors / np.abs(expected)
    finite = np.isfinite(expected) & np.isfinite(actual)
    distances = ulps(wrong.expected, wrong.actual, wrong.form, transposed=wrong.transposed).reshape(-1)[positions]
    errors[~finite] = np.inf
    worst = int(positions[np.argmax(np.where(finite, distances if wrong.by_ulp else errors, np.inf))])
    relative = relative[finite & (expected != 0)]
    return Mismatch(
        elements=wrong.compared,
        mismatched=positions.size,
        first=wrong.element(int(positions[0])),
        worst=wrong.element(worst),
        max_abs_error=metrics.get("max_abs_error"),
        max_rel_error=float(relative.max()) if relative.size else None,
        max_ulp=metrics.get("max_ulp"),
        pcc=metrics.get("pcc"),
        relative_error=metrics.get("relative_error"),
        ulps=() if isinstance(wrong.form, IntegerFormat) else ulp_histogram(distances[finite]),
        nonfinite=_kinds(expected[~finite], actual[~finite]),
        excerpt=wrong.excerpt(worst),
    )


def _kinds(expected: npt.NDArray[Any], actual: npt.NDArray[Any]) -> dict[NonFinite, int]:
    """Count the pairs with a non-finite number by how they differ."""
    nan, infinite = np.isnan(actual), np.isinf(actual)
    for_nan, for_infinity = np.isnan(expected), np.isinf(expected)
    for_number = ~(for_nan | for_infinity)
    flags = {
        NonFinite.NAN_FOR_NUMBER: nan & for_number,
        NonFinite.INFINITY_FOR_NUMBER: infinite & for_number,
        NonFinite.NUMBER_FOR_NAN: ~(nan | infinite) & for_nan,
        NonFinite.NUMBER_FOR_INFINITY: ~(nan | infinite) & for_infinity,
        NonFinite.OTHER_INFINITY: infinite & for_infinity,
        NonFinite.INFINITY_FOR_NAN: infinite & for_nan,
        NonFinite.NAN_FOR_INFINITY: nan & for_infinity,
    }
    return {kind: count for kind, each in flags.items() if (count := int(np.count_nonzero(each)))}
