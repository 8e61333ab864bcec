"""Details of wrong elements, gathered piece by piece while an output is measured."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from farm.core.mismatch import NonFinite
from farm.judging.formats import BLOCK, Floats, NumberFormat
from farm.judging.ulp import UlpCounts

Flags = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Piece:
    """Neighbouring elements of an output and its golden: float64 arrays of one dimension.

    Attributes:
        start: the index of the first one among those compared.
        expected: the golden's numbers.
        actual: the output's.
        form: the output's format.
        blocks: of whole blocks, the spacing of each: one for 16 elements; None for others.
    """

    start: int
    expected: Floats
    actual: Floats
    form: NumberFormat
    blocks: Floats | None = None
    _spacing: Floats | None = None

    @property
    def spacing(self) -> Floats:
        """The format's spacing at the expected numbers, computed when it is first asked for."""
        if self._spacing is None:
            if self.blocks is None:
                self._spacing = self.form.spacing(self.expected)
            else:
                self._spacing = np.repeat(self.blocks, BLOCK)
        return self._spacing

    def in_ulps(self, sizes: Floats) -> Floats:
        """Return the sizes of errors in ULPs."""
        if self.blocks is None or self._spacing is not None:
            return np.asarray(sizes / self.spacing)
        ulps = np.repeat(1 / self.blocks, BLOCK)  # exact: they are powers of two
        ulps *= sizes
        return ulps


@dataclass(slots=True)
class Details:
    """Details of wrong elements. Positions are those among the compared elements.

    Attributes:
        count: how many are wrong.
        first: the position of the first one.
        worst: that of the one with the largest error; one that is not finite comes before all others.
        worst_error: its error.
        max_rel_error: the largest error as a share of the expected number.
        max_ulp: the largest error in ULPs.
        ulps: their errors in ULPs.
        kinds: those that are not finite, by kind.
    """

    count: int = 0
    first: int = -1
    worst: int = -1
    worst_error: float = -1.0
    max_rel_error: float | None = None
    max_ulp: float | None = None
    ulps: UlpCounts = field(default_factory=UlpCounts)
    kinds: Counter[NonFinite] = field(default_factory=Counter)

    def add(self, piece: Piece, flags: Flags, sizes: Floats) -> None:
        """Add the wrong elements of a piece.

        Args:
            piece: the piece.
            flags: the wrong ones; at least one.
            sizes: the sizes of all its errors; NaN and infinite where a number is not finite.
        """
        errors = np.where(flags, sizes, 0.0)
        place = int(errors.argmax())  # of the first NaN, if there is one
        if not np.isfinite(errors[place]):
            strange = ~np.isfinite(errors)
            self._count_kinds(piece.expected[strange], piece.actual[strange])
            place = int(strange.argmax())
            worst_error = np.inf
            errors[strange] = 0.0
        else:
            worst_error = float(errors[place])
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            distances = errors / piece.spacing
            relative = errors / np.abs(piece.expected)
        self.ulps.add(distances)
        self.max_ulp = max(self.max_ulp or 0.0, float(distances.max()))
        largest = float(relative.max())
        if not np.isfinite(largest):  # of expected zeros
            largest = float(relative[np.isfinite(relative)].max(initial=0.0))
        if largest > (self.max_rel_error or 0.0):
            self.max_rel_error = largest
        if self.first < 0:
            self.first = piece.start + int(flags.argmax())
        if worst_error > self.worst_error:
            self.worst, self.worst_error = piece.start + place, worst_error
        self.count += int(np.count_nonzero(flags))

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


def marked_positions(flags: Flags, axis: int) -> npt.NDArray[np.intp]:
    """Return the positions along an axis that hold any marked element."""
    return np.flatnonzero(flags.any(axis=tuple(other for other in range(flags.ndim) if other != axis)))
