"""What is wrong with an output, in detail: looked for only where something is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from farm.core.mismatch import Element, Excerpt, Mismatch, NonFinite, Number
from farm.judging.formats import Floats, IntegerFormat, NumberFormat
from farm.judging.hints import hints
from farm.judging.measuring import Flags, Piece
from farm.judging.places import whereabouts
from farm.judging.ulp import UlpCounts
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
        pieces: the pieces that hold wrong elements, in order, each with its flags.
        positions: the positions of the elements in pieces, in the order of rows; None where these are all.
        form: the output's format.
        compared: how many elements were compared.
    """

    expected: npt.NDArray[Any]
    actual: npt.NDArray[Any]
    flags: Flags
    pieces: Iterable[tuple[Piece, Flags]]
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
        wrong: the output. Its pieces are used up.
        metrics: those that are defined for it.
        output: the output without its numbers: its tiles and shards; None where it isn't known.
    """
    details = _Details()
    for piece, flags in wrong.pieces:
        details.add(piece, flags)
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
        max_ulp=metrics.get("max_ulp"),
        pcc=metrics.get("pcc"),
        relative_error=metrics.get("relative_error"),
        ulps=() if isinstance(wrong.form, IntegerFormat) else details.ulps.histogram,
        nonfinite={kind: count for kind in NonFinite if (count := details.kinds[kind])},
        where=place.words,
        places=place.places,
        hints=hints(wrong.expected, wrong.actual, wrong.flags, wrong.form),
        excerpt=wrong.excerpt(worst),
    )


@dataclass(slots=True)
class _Details:
    """Details of wrong elements, added piece by piece. Positions are those among the compared elements."""

    count: int = 0
    first: int = -1
    worst: int = -1
    worst_error: float = -1.0
    max_rel_error: float | None = None
    ulps: UlpCounts = field(default_factory=UlpCounts)
    kinds: Counter[NonFinite] = field(default_factory=Counter)

    def add(self, piece: Piece, flags: Flags) -> None:
        """Add the wrong elements of a piece."""
        if flags.all():
            expected, actual, spacing = piece.expected, piece.actual, piece.spacing
        else:
            expected, actual, spacing = piece.expected[flags], piece.actual[flags], piece.spacing[flags]
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            error = np.abs(actual - expected)
            distance = error / spacing
            relative = error / np.abs(expected)
        weight = error
        if not np.isfinite(error.max()):
            finite = np.isfinite(error)
            self._count_kinds(expected[~finite], actual[~finite])
            weight = np.where(finite, weight, np.inf)
            distance, relative = distance[finite], relative[finite]
        self.ulps.add(distance)
        relative[~np.isfinite(relative)] = 0.0  # of an expected zero
        if relative.size and (largest := float(relative.max())) > (self.max_rel_error or 0.0):
            self.max_rel_error = largest
        if self.first < 0:
            self.first = piece.start + int(flags.argmax())
        place = int(weight.argmax())
        if weight[place] > self.worst_error:
            self.worst_error = float(weight[place])
            self.worst = piece.start + int(np.flatnonzero(flags)[place])
        self.count += expected.size

    def _count_kinds(self, expected: Floats, actual: Floats) -> None:
        """Count pairs with a non-finite number by how they differ."""
        nan, infinite = np.isnan(actual), np.isinf(actual)
        for_nan, for_infinity = np.isnan(expected), np.isinf(expected)
        for_number, number = ~(for_nan | for_infinity), ~(nan | infinite)
        for kind, flags in (
            (NonFinite.NAN_FOR_NUMBER, nan & for_number),
            (NonFinite.INFINITY_FOR_NUMBER, infinite & for_number),
            (NonFinite.NUMBER_FOR_NAN, number & for_nan),
            (NonFinite.NUMBER_FOR_INFINITY, number & for_infinity),
            (NonFinite.OTHER_INFINITY, infinite & for_infinity),
            (NonFinite.INFINITY_FOR_NAN, infinite & for_nan),
            (NonFinite.NAN_FOR_INFINITY, nan & for_infinity),
        ):
            self.kinds[kind] += int(np.count_nonzero(flags))
