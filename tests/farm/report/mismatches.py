"""A failed comparison as a board would report it."""

from __future__ import annotations

import numpy as np

from farm.core.outcome import Outcome
from farm.core.tolerance import Bounds, ToleranceRow
from farm.core.verdicts import Reason, Verdict
from farm.judging.comparison import judge
from tracer.values import Tensor


def failed_comparison(vector_id: str = "v0") -> Outcome:
    """12 of 4,096 elements are wrong, in one tile."""
    expected = np.linspace(-1, 1, 4096, dtype=np.float32).reshape(1, 1, 64, 64)
    actual = expected.copy()
    actual[0, 0, 5, 33:45] = 3.25
    actual[0, 0, 5, 40] = np.nan
    row = ToleranceRow("elementwise arithmetic", Bounds(ulp=2), "")
    judgement = judge(expected, actual, "BFLOAT16", row, output=Tensor((1, 1, 64, 64), "BFLOAT16", "TILE"))
    return Outcome(
        vector_id,
        Verdict.FAIL_ASSERT_EXCEPTION,
        Reason.WRONG_NUMBERS,
        judgement.message,
        metrics=dict(judgement.metrics),
        tolerance=judgement.row,
        mismatch=judgement.mismatch,
    )
