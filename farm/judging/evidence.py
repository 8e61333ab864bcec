"""What is wrong with an output, in detail: looked for only where something is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from farm.core.mismatch import Element, Excerpt, Mismatch, NonFinite, Number
from farm.judging.details import Details, Flags
from farm.judging.formats import IntegerFormat, NumberFormat
from farm.judging.hints import hints
from farm.judging.places import whereabouts
from tracer.values import Tensor

LONGEST_EXCERPT = 32
"""Numbers that are kept around the worst element."""


@dataclass(frozen=True, slots=True)
class WrongOutput:
    """An output that is wrong, and its golden.

    Attributes:
        expected: the golden's numbers.
        actual: the output's, of the same shape.
        flags: the elements that are wrong, of the same shape; at least one.
        details: of the wrong elements.
        positions: the positions of the compared elements, in the order of rows; None where these are all.
        form: the output's format.
        compared: how many elements were compared.
    """

    expected: npt.NDArray[Any]
    actual: npt.NDArray[Any]
    flags: Flags
    details: Details
    positions: npt.NDArray[np.intp] | None
    form: NumberFormat
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


def mismatch_of(wrong: WrongOutput, metrics: Mapping[str, float], output: Tensor | None) -> Mismatch:
    """Describe what is wrong with an output.

    Args:
        wrong: the output.
        metrics: those that are defined for it.
        output: the output without its numbers: its tiles and shards; None where it isn't known.
    """
    details = wrong.details
    first, worst = (
        position if wrong.positions is None else int(wrong.positions[position])
        for position in (details.first, details.worst)
    )
    place = whereabouts(wrong.flags, output)
    return Mismatch(
        elements=wrong.compared,
        mismatched=details.count,
        shape=wrong.expected.shape,
        first=wrong.element(first),
        worst=wrong.element(worst),
        max_abs_error=metrics.get("max_abs_error"),
        max_rel_error=details.max_rel_error,
        max_ulp=None if isinstance(wrong.form, IntegerFormat) else details.max_ulp,
        pcc=metrics.get("pcc"),
        relative_error=metrics.get("relative_error"),
        ulps=() if isinstance(wrong.form, IntegerFormat) else details.ulps.histogram,
        nonfinite={kind: count for kind in NonFinite if (count := details.kinds[kind])},
        where=place.words,
        places=place.places,
        hints=hints(wrong.expected, wrong.actual, wrong.flags, wrong.form),
        excerpt=wrong.excerpt(worst),
    )
