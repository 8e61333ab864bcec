"""Flaky vectors."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.core.verdicts import Reason, Verdict
from farm.report.flaky import count_flakes, flakiness
from farm.store import PastVector

PASS, FAIL, NOT_RUN, FLAKY = Verdict.PASS, Verdict.FAIL_ASSERT_EXCEPTION, Verdict.NOT_RUN, Verdict.FLAKY


@pytest.mark.parametrize(
    ("verdicts", "flakes", "good"),
    [
        ([PASS, PASS], 0, 2),
        ([PASS, FAIL, PASS], 1, 2),
        ([FLAKY, PASS], 1, 2),
        ([PASS, FAIL], 0, 1),  # it may be broken for good
        ([FAIL, PASS], 0, 1),  # it was fixed
        ([PASS, FAIL, FAIL, FAIL, PASS], 0, 2),  # broken for a while, and fixed
        ([PASS, FAIL, FAIL, PASS, FAIL, PASS], 3, 3),
    ],
)
def test_flakes_are_counted(verdicts: list[Verdict], flakes: int, good: int) -> None:
    assert count_flakes(verdicts) == (flakes, good)


@given(st.lists(st.sampled_from([verdict for verdict in Verdict if verdict.executed]), max_size=12))
def test_flakiness_is_a_probability(verdicts: list[Verdict]) -> None:
    past = [
        PastVector(
            run_id=str(at),
            started=datetime.fromtimestamp(at, tz=timezone.utc),
            vector_id="v",
            current_id="v",
            operation="ttnn.add",
            verdict=verdict,
            reason=Reason.NONE,
            seconds=0.1,
            attempts=1,
            kind="mock:n300",
        )
        for at, verdict in enumerate(verdicts)
    ]
    for each in flakiness(past):
        assert 0 < each.probability < 1
        assert each.flakes <= each.attempts
