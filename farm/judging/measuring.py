"""Measuring how far an output is from its golden, in one pass over pieces that fit the processor's cache."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from farm.core.tolerance import Bounds
from farm.judging.details import Details, Flags, Piece
from farm.judging.formats import BLOCK, FloatFormat, Floats, IntegerFormat, NumberFormat

PIECE = 65536
"""Elements that are measured at a time, a multiple of `BLOCK`: few enough for a core's caches, and enough of them that
numpy's calls cost little."""

_UNTHREADED = 8192
"""Elements of a product at a time: OpenBLAS starts threads for more than 10,000."""

_BEYOND = 2.0**129
"""A size beyond all formats, small enough to be squared and summed."""

_SMALL = 1e-30
"""A sum of squares in float32 that is smaller has lost digits."""

_NOISE = 1e-13
"""A variance that is smaller, as a share of what it was computed from, is rounding."""


@dataclass(slots=True)
class Moments:
    """Moments of pairs of numbers, merged from those of pieces (Chan, Golub, LeVeque, 1979).

    Attributes:
        count: pairs.
        mean_x, mean_y: their means.
        xx, yy, xy: sums of the products of their deviations from the means.
        squared_error: the sum of the squares of their differences.
    """

    count: int = 0
    mean_x: float = 0.0
    mean_y: float = 0.0
    xx: float = 0.0
    yy: float = 0.0
    xy: float = 0.0
    squared_error: float = 0.0

    def add(self, x: Floats, errors: Floats) -> None:
        """Add pairs of finite numbers.

        Args:
            x: the first ones: float64, of one dimension.
            errors: the second ones minus the first.
        """
        count = x.size
        if not count:
            return
        mean_x, mean_error = float(np.add.reduce(x)) / count, float(np.add.reduce(errors)) / count
        x = x - mean_x
        xx, x_error, squares = _dot(x, x), _dot(x, errors), _dot(errors, errors)
        self.squared_error += squares
        total = self.count + count
        shift_x, shift_y = mean_x - self.mean_x, mean_x + mean_error - self.mean_y
        weight = self.count * count / total
        self.xx += xx + weight * shift_x * shift_x
        self.yy += max(0.0, xx + 2 * x_error + squares - count * mean_error**2) + weight * shift_y * shift_y
        self.xy += xx + x_error + weight * shift_x * shift_y
        self.mean_x += shift_x * count / total
        self.mean_y += shift_y * count / total
        self.count = total

    @property
    def pcc(self) -> float | None:
        """The Pearson correlation; None where one of the two is constant."""
        if self.xx <= 0 or self.yy <= _NOISE * max(self.xx, self.squared_error):
            return None
        return max(-1.0, min(1.0, self.xy / (math.sqrt(self.xx) * math.sqrt(self.yy))))

    @property
    def variance_x(self) -> float:
        """The variance of the first numbers."""
        return self.xx / self.count if self.count else 0.0

    @property
    def mean_square_x(self) -> float:
        """The mean square of the first numbers."""
        return self.variance_x + self.mean_x * self.mean_x


@dataclass(slots=True)
class Measures:
    """How far an output is from its golden.

    Attributes:
        form: the output's format.
        max_abs_error: the largest error where both are finite.
        max_ulp: the largest error in ULPs; None where the bounds don't ask for it.
        moments: of expected (x) and actual numbers (y) where both are finite.
        squared_spacing: of block floats, the sum of the squared spacings at the expected numbers.
        details: of elements beyond the bounds of elements, and non-finite ones where others are expected.
        wrong: which ones, as flags of each piece with any, by its start.
    """

    form: NumberFormat
    max_abs_error: float = 0.0
    max_ulp: float | None = None
    moments: Moments = field(default_factory=Moments)
    squared_spacing: float = 0.0
    details: Details = field(default_factory=Details)
    wrong: dict[int, Flags] = field(default_factory=dict)

    @property
    def mismatched(self) -> int:
        """The number of wrong elements."""
        return self.details.count

    @property
    def relative_error(self) -> float:
        """The root mean square of errors as a share of that of the expected numbers; infinite if these are zero."""
        if not self.moments.squared_error:
            return 0.0
        squared = self.moments.count * self.moments.mean_square_x
        return math.sqrt(self.moments.squared_error / squared) if squared else math.inf

    def flags(self, shape: tuple[int, ...], mask: Flags | None) -> Flags:
        """Return the mismatched elements as flags of the output's shape.

        Args:
            shape: the output's.
            mask: the elements that were compared; None for all.
        """
        flags = np.zeros(math.prod(shape), np.bool_)
        positions = None if mask is None else np.flatnonzero(mask)
        for start, piece in self.wrong.items():
            part = slice(start, start + piece.size)
            flags[part if positions is None else positions[part]] = piece
        return flags.reshape(shape)

    @property
    def rounding(self) -> float:
        """The root mean square of the error that rounding to the format alone makes, at most.

        Errors of rounding are spread evenly over a spacing, so their variance is `spacing**2 / 12`; outside of blocks,
        the spacing is at most `2**-precision` of a number.
        """
        if isinstance(self.form, IntegerFormat):
            return math.sqrt(1 / 12)
        if not self.form.block:
            return math.ldexp(math.sqrt(self.moments.mean_square_x / 12), -self.form.precision)
        return math.sqrt(self.squared_spacing / 12 / self.moments.count) if self.moments.count else 0.0


@dataclass(frozen=True)
class ElementBounds:
    """The bounds of elements that apply to an output, ready for use.

    Attributes:
        bounds: the row's.
        expected: the expected numbers that are compared, of one dimension.
        any_nonfinite: whether any non-finite number is right where another one is expected.
    """

    bounds: Bounds
    expected: npt.NDArray[Any]
    any_nonfinite: bool = False

    @cached_property
    def floor(self) -> float | None:
        """The error that is allowed to each element, absolute; None without a bound of this kind."""
        bounds = self.bounds
        if bounds.scaled is None:
            return bounds.atol
        return max(bounds.atol or 0.0, bounds.scaled * root_mean_square(self.expected))

    @property
    def by_ulp(self) -> bool:
        """Whether errors in ULPs are asked for."""
        return self.bounds.exact or self.bounds.ulp is not None

    def allow(self, largest: float, largest_ulp: float | None) -> bool:
        """Return whether a single bound allows all errors up to the largest, in absolute terms and in ULPs."""
        bounds = self.bounds
        if bounds.exact:
            return not largest
        if bounds.ulp is not None and largest_ulp is not None and largest_ulp <= bounds.ulp:
            return True
        if self.floor is None:
            return bounds.ulp is None and bounds.rtol is None
        return largest <= self.floor

    def allowed(self, piece: Piece) -> Floats | float | None:
        """Return the error that is allowed to each element of a piece; None where elements have no bounds."""
        bounds = self.bounds
        if bounds.exact:
            return 0.0
        allowed: Floats | float | None = self.floor
        if bounds.ulp is not None:
            by_ulp = piece.spacing * bounds.ulp
            allowed = by_ulp if allowed is None else np.maximum(by_ulp, allowed)
        if bounds.rtol is not None:
            by_size = np.abs(piece.expected) * bounds.rtol + (bounds.atol or 0.0)
            allowed = by_size if allowed is None else np.maximum(by_size, allowed)
        return allowed


def measure(pieces: Iterable[Piece], form: NumberFormat, bounds: ElementBounds) -> Measures:
    """Measure an output.

    Args:
        pieces: of the output, as `pieces` yields them.
        form: the output's format.
        bounds: the bounds of its elements.
    """
    measures = Measures(form)
    with np.errstate(invalid="ignore", over="ignore"):
        for piece in pieces:
            _measure_piece(measures, piece, form, bounds)
    return measures


def _measure_piece(measures: Measures, piece: Piece, form: NumberFormat, bounds: ElementBounds) -> None:
    errors = piece.actual - piece.expected
    sizes = np.abs(errors)
    largest = float(sizes.max())
    squared_spacing = _squared_spacing(piece) if form.block else 0.0
    largest_ulp = float(piece.in_ulps(sizes).max()) if bounds.by_ulp else None
    finite = math.isfinite(largest) and math.isfinite(squared_spacing)
    expected = piece.expected
    if not (finite and bounds.allow(largest, largest_ulp)):
        # some may be wrong: each is looked at
        kept = _judge_elements(measures, piece, errors, sizes, bounds, finite=finite)
        if kept is not None:
            expected, errors, sizes = expected[kept], errors[kept], sizes[kept]
            spacing = piece.spacing[kept]
            largest = float(sizes.max(initial=0.0))
            squared_spacing = _dot(spacing, spacing) if form.block else 0.0
            largest_ulp = float((sizes / spacing).max(initial=0.0)) if bounds.by_ulp else None
    measures.moments.add(expected, errors)
    measures.squared_spacing += squared_spacing
    measures.max_abs_error = max(measures.max_abs_error, largest)
    if largest_ulp is not None:
        measures.max_ulp = max(measures.max_ulp or 0.0, largest_ulp)


def _judge_elements(
    measures: Measures, piece: Piece, errors: Floats, sizes: Floats, bounds: ElementBounds, *, finite: bool
) -> Flags | slice | None:
    """Find the wrong elements of a piece; return those to measure, the finite ones, or None if nothing changes.

    Args:
        measures: gets the wrong ones.
        piece: the piece.
        errors: its errors; those of flushed elements become zero.
        sizes: their sizes, likewise.
        bounds: the bounds of elements.
        finite: whether all of its errors and spacings are.
    """
    strange = None if finite else ~np.isfinite(errors)
    any_flushed = False
    allowed = bounds.allowed(piece)
    wrong: Flags | None = None
    if allowed is not None:
        wrong = sizes > allowed
        if strange is not None:
            wrong &= ~strange
        if np.count_nonzero(wrong):
            flushed = wrong & _flushed(piece, allowed, piece.form)
            any_flushed = bool(np.count_nonzero(flushed))
            wrong[flushed], errors[flushed], sizes[flushed] = False, 0.0, 0.0
    if strange is not None:
        of_them = _wrong_nonfinite(piece, allowed, piece.form, any_nonfinite=bounds.any_nonfinite)
        wrong = of_them if wrong is None else wrong | of_them
    if wrong is not None and np.count_nonzero(wrong):
        measures.details.add(piece, wrong, sizes)
        measures.wrong[piece.start] = wrong
    if strange is not None:
        return np.asarray(~strange & np.isfinite(piece.spacing))
    return slice(None) if any_flushed else None


def _squared_spacing(piece: Piece) -> float:
    """Return the sum of the squares of the spacings of a piece."""
    if piece.blocks is None:
        return _dot(piece.spacing, piece.spacing)
    return BLOCK * _dot(piece.blocks, piece.blocks)


def _flushed(piece: Piece, allowed: Floats | float, form: NumberFormat) -> Flags:
    """Find zeros and denormals where the expected number, or one within its bounds, is one, too: these are flushed."""
    reach = np.abs(piece.expected) - allowed
    return np.asarray((np.abs(piece.actual) < form.smallest_normal) & (reach < form.smallest_normal))


def _wrong_nonfinite(piece: Piece, allowed: Floats | float | None, form: NumberFormat, *, any_nonfinite: bool) -> Flags:
    """Find the wrong ones among the elements of which one of the two numbers is not finite."""
    expected, actual = piece.expected, piece.actual
    finite_expected, finite_actual = np.isfinite(expected), np.isfinite(actual)
    right = (finite_expected & finite_actual) | (expected == actual) | (np.isnan(expected) & np.isnan(actual))
    room = piece.spacing if allowed is None else allowed
    same_sign = np.signbit(expected) == np.signbit(actual)
    right |= np.isinf(actual) & finite_expected & same_sign & (np.abs(expected) + room >= form.overflow)
    if not form.infinite:
        right |= np.isinf(expected) & same_sign & (np.abs(actual) >= form.largest)
        right |= np.isnan(expected) & np.isinf(actual)
    if any_nonfinite:
        right |= ~(finite_expected | finite_actual)
    return np.asarray(~right)


def pieces(
    expected: npt.NDArray[Any],
    actual: npt.NDArray[Any],
    form: NumberFormat,
    *,
    exact: bool = False,
    transposed: bool = False,
    mask: Flags | None = None,
    flush: bool = False,
) -> Iterator[Piece]:
    """Cut an output and its golden into pieces.

    Args:
        expected: the golden's numbers, at least one.
        actual: the output's, of the same shape.
        form: the output's format.
        exact: whether the expected numbers are rounded to the format.
        transposed: whether tiles are transposed.
        mask: the elements that are compared, as flags of the same shape; None for all.
        flush: whether denormals become zeros.
    """
    rows_of_blocks = expected.ndim > 0 and expected.shape[-1] % BLOCK == 0 and not transposed
    if mask is None and (rows_of_blocks or not form.block):
        flat, spacing, kept = expected.reshape(-1), None, actual.reshape(-1)
    else:
        wide = _wide(expected)
        spacing = form.spacing(wide, transposed=transposed)
        flat = form.rounded(wide, transposed=transposed) if exact else wide
        exact = False
        flat, spacing, kept = (
            each.reshape(-1) if mask is None else each[mask] for each in (flat, np.asarray(spacing), actual)
        )
    for start in range(0, flat.size, PIECE):
        part = slice(start, start + PIECE)
        numbers, others = _wide(flat[part]), kept[part].astype(np.float64)
        distances = None if spacing is None else spacing[part]
        if exact:
            numbers = form.rounded(numbers)
        if flush:
            for each in (numbers, others):
                each[np.abs(each) < form.smallest_normal] = 0.0
        blocks = None
        if isinstance(form, FloatFormat) and form.block and distances is None:
            blocks = form.spacing_of_blocks(flat[part] if flat.dtype == np.float32 else numbers)
        yield Piece(start, numbers, others, form, blocks, distances)


def root_mean_square(numbers: npt.NDArray[Any]) -> float:
    """Return the root mean square of the finite ones among numbers of one dimension; to six digits of float32."""
    squares, count = 0.0, 0
    with np.errstate(over="ignore"):
        for start in range(0, numbers.size, _UNTHREADED):
            part = numbers[start : start + _UNTHREADED]
            square = float(part @ part) if part.dtype == np.float32 else math.nan
            if not _SMALL < square < math.inf:  # also what float32 can't square
                part = _wide(part)
                part = part[np.isfinite(part)]
                square = float(part @ part)
            squares, count = squares + square, count + part.size
    return math.sqrt(squares / count) if count else 0.0


def _dot(x: Floats, y: Floats) -> float:
    """Return a product of two pieces, without threads."""
    whole = x.size - x.size % _UNTHREADED
    parts = np.matmul(x[:whole].reshape(-1, 1, _UNTHREADED), y[:whole].reshape(-1, _UNTHREADED, 1))
    return float(np.add.reduce(parts, axis=None)) + float(x[whole:] @ y[whole:])


def _wide(numbers: npt.NDArray[Any]) -> Floats:
    """Return a copy in float64, whose finite numbers are small enough to be squared and summed."""
    wide = numbers.astype(np.float64)
    if numbers.dtype == np.float64:
        huge = (np.abs(wide) > _BEYOND) & np.isfinite(wide)
        wide[huge] = np.copysign(_BEYOND, wide[huge])
    return wide
