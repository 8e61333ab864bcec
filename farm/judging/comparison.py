"""Comparison of an output with its golden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from farm.core.tolerance import ToleranceRow
from farm.judging.judgement import Judgement


@dataclass(frozen=True, slots=True)
class Comparison:
    """How close an output is to its golden.

    Attributes:
        pcc: Pearson correlation over all elements; 1.0 for two equal constants, where it is not defined.
        max_abs_error: the largest absolute difference. A uniform offset has a perfect PCC, so both are kept.
    """

    pcc: float
    max_abs_error: float


def compare(golden: Any, actual: Any) -> Comparison:
    """Compare two arrays of one shape.

    Raises:
        ValueError: the shapes differ.
    """
    expected, output = np.asarray(golden, dtype=np.float64), np.asarray(actual, dtype=np.float64)
    if expected.shape != output.shape:
        raise ValueError(f"the golden's shape is {list(expected.shape)}, the output's {list(output.shape)}")
    if not expected.size:
        return Comparison(1.0, 0.0)
    finite = np.isfinite(expected) & np.isfinite(output)
    # infinities and NaNs must stand in the same places, and be the same
    if not np.array_equal(expected[~finite], output[~finite], equal_nan=True):
        return Comparison(0.0, float("inf"))
    expected, output = expected[finite], output[finite]
    if not expected.size:
        return Comparison(1.0, 0.0)
    error = float(np.max(np.abs(expected - output)))
    expected, output = expected - expected.mean(), output - output.mean()
    scale = float(np.sqrt((expected @ expected) * (output @ output)))
    if scale == 0.0:
        # a constant has no correlation with anything: only equality says something
        return Comparison(1.0 if error == 0.0 else 0.0, error)
    return Comparison(float(expected @ output) / scale, error)


def judge(expected: Any, actual: Any, dtype: str, row: ToleranceRow) -> Judgement:  # noqa: ARG001 - ULPs are to come
    """Judge an output by the bounds of a row.

    Args:
        expected: the golden's numbers.
        actual: the output's numbers, of the same shape.
        dtype: the output's dtype, a member of DataType.
        row: the row of the tolerance table.

    Raises:
        ValueError: the shapes differ.
    """
    comparison = compare(expected, actual)
    metrics = {"pcc": comparison.pcc, "max_abs_error": comparison.max_abs_error}
    if row.bounds.pcc is not None and comparison.pcc < row.bounds.pcc:
        return Judgement(
            row.name, right=False, message=f"PCC {comparison.pcc:.6f} is below {row.bounds.pcc}", metrics=metrics
        )
    return Judgement(row.name, right=True, message=f"PCC {comparison.pcc:.6f}", metrics=metrics)
