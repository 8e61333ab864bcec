"""Judging an output by the bounds of a row of the tolerance table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from farm.core.tolerance import Bounds, ToleranceRow
from farm.judging.details import Flags, Piece
from farm.judging.evidence import WrongOutput, mismatch_of
from farm.judging.formats import IntegerFormat, NumberFormat, number_format
from farm.judging.golden_policy import GoldenPolicy, PolicyScope
from farm.judging.judgement import Judgement
from farm.judging.measuring import ElementBounds, Measures, measure, pieces
from farm.judging.sentences import how_close, what_is_wrong
from farm.judging.transposed import bands, in_rows, is_transposed
from farm.judging.whole_bounds import broken_bound, only_pcc, pcc_of
from tracer.values import Tensor

_EQUAL = {"pcc": 1.0, "max_abs_error": 0.0}
_NO_POLICY = GoldenPolicy()
_DENORMALS_COUNT = 2.0**-100
"""Denormals, which are below 2**-126, matter to outputs whose root mean square is less."""


def judge(
    expected: Any,
    actual: Any,
    dtype: str,
    row: ToleranceRow,
    *,
    output: Tensor | None = None,
    policy: GoldenPolicy = _NO_POLICY,
) -> Judgement:
    """Judge an output by the bounds of a row.

    The golden's numbers are taken as the output's dtype can hold them: what is beyond its largest number may be an
    infinity, or the largest number where the dtype has none; a denormal may be zero. Zeros of both signs are equal, and
    so are all NaNs: what the hardware keeps of a zero's sign depends on the path that the number takes.

    Args:
        expected: the golden's numbers.
        actual: the output's numbers, of the same shape; integers for dtypes of integers.
        dtype: the output's dtype, a member of DataType.
        row: the row of the tolerance table.
        output: the output without its numbers: its tiles and shards.
        policy: the golden's own policy of comparison.

    Raises:
        ValueError: the shapes differ.
        UnknownFormatError: the dtype's number format is not known.
    """
    expected, actual = np.asarray(expected), np.asarray(actual)
    if expected.shape != actual.shape:
        raise ValueError(f"the golden's shape is {list(expected.shape)}, the output's {list(actual.shape)}")
    form = number_format(dtype)
    if policy.scope is PolicyScope.ALL:
        row = _own_row(row, policy)
    if not expected.size or (policy.mask is not None and not np.any(policy.mask)):
        return Judgement(row.name, right=True, message="no elements to compare")
    if _equal(expected, actual):
        return Judgement(row.name, right=True, message="equal to the golden", metrics=_EQUAL)
    pair = _Pair.of(expected, actual, form, output, policy)
    measures = pair.measure(row.bounds)
    if policy.bounds != Bounds() and only_pcc(row.bounds) and pcc_of(row.bounds, measures) is None:
        row = _own_row(row, policy)
        measures = pair.measure(row.bounds)
    broken = broken_bound(row.bounds, measures)
    if broken is not None and measures.moments.mean_square_x < _DENORMALS_COUNT**2:
        measures = pair.measure(row.bounds, flush=True)
        broken = broken_bound(row.bounds, measures)
    metrics = _metrics(row.bounds, measures, pair.form)
    if not measures.mismatched and broken is None:
        return Judgement(row.name, right=True, message=how_close(metrics), metrics=metrics)
    if broken is not None and not measures.mismatched:
        # no element is wrong by itself: those that weigh most are shown
        measures = pair.measure(Bounds(atol=min(broken.allowed, measures.max_abs_error / 2)))
    mismatch = mismatch_of(pair.wrong(measures), metrics, output)
    message = what_is_wrong(mismatch, row, "" if broken is None else broken.complaint)
    return Judgement(row.name, right=False, message=message, metrics=metrics, mismatch=mismatch)


def _equal(expected: npt.NDArray[Any], actual: npt.NDArray[Any]) -> bool:
    """Return whether two arrays are of one dtype and equal; most that are not differ at their start."""
    if expected.dtype != actual.dtype:
        return False
    start = tuple(slice(0, 8) for _ in expected.shape)
    if not np.array_equal(expected[start], actual[start]):
        return False
    if is_transposed(expected) and actual.flags.c_contiguous:
        return all(np.array_equal(band, actual[place]) for place, band in bands(expected))
    return np.array_equal(expected, actual)


def _own_row(row: ToleranceRow, policy: GoldenPolicy) -> ToleranceRow:
    return replace(row, name="the golden's own bounds", bounds=policy.bounds)


def _metrics(bounds: Bounds, measures: Measures, form: NumberFormat) -> dict[str, float]:
    """Return the metrics that are defined for an output."""
    metrics: dict[str, float | None] = {
        "pcc": pcc_of(bounds, measures),
        "max_abs_error": measures.max_abs_error,
        "max_ulp": None if isinstance(form, IntegerFormat) else measures.max_ulp,
        "relative_error": measures.relative_error,
    }
    return {name: value for name, value in metrics.items() if value is not None and math.isfinite(value)}


@dataclass(frozen=True, slots=True)
class _Pair:
    """An output and its golden, as arrays of one shape."""

    expected: npt.NDArray[Any]
    actual: npt.NDArray[Any]
    form: NumberFormat
    transposed: bool
    mask: Flags | None
    any_nonfinite: bool

    @classmethod
    def of(
        cls,
        expected: npt.NDArray[Any],
        actual: npt.NDArray[Any],
        form: NumberFormat,
        output: Tensor | None,
        policy: GoldenPolicy,
    ) -> _Pair:
        transposed = output is not None and output.tile is not None and output.tile.transpose_within_face
        mask = None if policy.mask is None else _over(policy.mask, expected.shape)
        if isinstance(form, IntegerFormat):
            expected, actual = form.values(expected), form.values(actual)
        return cls(in_rows(expected), in_rows(actual), form, transposed, mask, policy.any_nonfinite)

    def pieces(self, *, exact: bool = False, flush: bool = False) -> Iterator[Piece]:
        return pieces(
            self.expected,
            self.actual,
            self.form,
            exact=exact,
            transposed=self.transposed,
            mask=self.mask,
            flush=flush,
        )

    def _compared_expected(self) -> npt.NDArray[Any]:
        return self.expected.reshape(-1) if self.mask is None else self.expected[self.mask]

    def measure(self, bounds: Bounds, *, flush: bool = False) -> Measures:
        element_bounds = ElementBounds(bounds, self._compared_expected(), self.any_nonfinite)
        return measure(self.pieces(exact=bounds.exact, flush=flush), self.form, element_bounds)

    def wrong(self, measures: Measures) -> WrongOutput:
        """Return the output with the elements that are wrong."""
        return WrongOutput(
            self.expected,
            self.actual,
            measures.flags(self.expected.shape, self.mask),
            measures.details,
            None if self.mask is None else np.flatnonzero(self.mask),
            self.form,
            compared=self.expected.size if self.mask is None else int(np.count_nonzero(self.mask)),
        )


def _over(mask: npt.NDArray[Any], shape: tuple[int, ...]) -> Flags:
    """Return a mask over a whole output; its dimensions are the output's first ones."""
    flags = np.asarray(mask, dtype=np.bool_)
    return np.broadcast_to(flags.reshape(flags.shape + (1,) * (len(shape) - flags.ndim)), shape)
