"""Exit codes of runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.core.errors import ExitCode
from farm.core.verdicts import Verdict
from farm.report import exit_code


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ({"planned": 0}, ExitCode.NOTHING_SELECTED),
        ({"planned": 2, "pass": 1, "validated": 1}, ExitCode.GOOD),
        ({"planned": 2, "flaky": 1, "xfail": 1}, ExitCode.GOOD),
        ({"planned": 2, "pass": 1, "not_run": 1}, ExitCode.NOT_RUN),
        ({"planned": 1, "farm_fault": 1}, ExitCode.NOT_RUN),
        ({"planned": 2, "not_run": 1, "xpass": 1}, ExitCode.TEST_FAILED),
    ],
)
def test_exit_codes(counts: dict[str, int], code: ExitCode) -> None:
    assert exit_code(counts) is code


def test_invalid_vectors_do_not_count() -> None:
    assert exit_code({"planned": 2, "pass": 1, "not_run": 1}, invalid=1) is ExitCode.GOOD
    assert exit_code({"planned": 3, "pass": 1, "not_run": 2}, invalid=1) is ExitCode.NOT_RUN
    assert exit_code({"planned": 1, "not_run": 1}, invalid=1) is ExitCode.NOTHING_SELECTED


@given(st.dictionaries(st.sampled_from(Verdict), st.integers(0, 3)))
def test_a_run_is_good_only_if_all_vectors_are(numbers: dict[Verdict, int]) -> None:
    occurred = {verdict for verdict, count in numbers.items() if count}
    code = exit_code({verdict.value: count for verdict, count in numbers.items()})
    failed = any(verdict.failed for verdict in occurred)
    assert (code is ExitCode.GOOD) == (bool(occurred) and all(verdict.good for verdict in occurred))
    assert (code is ExitCode.TEST_FAILED) == failed
    assert (code is ExitCode.NOT_RUN) == (not failed and not all(verdict.good for verdict in occurred))
