from __future__ import annotations

import pytest

from farm.sweeps.suites import expects_failures, selects


def test_case_does_not_matter_in_names_of_suites() -> None:
    assert selects(["Nightly"], "nightly")
    assert selects(["other", "nightly"], "NIGHTLY")
    assert not selects(["night"], "nightly")


@pytest.mark.parametrize(("suite", "expected"), [("xfail", True), ("XFail-2", True), ("my_xfail", False)])
def test_a_suite_whose_vectors_should_fail(suite: str, expected: bool) -> None:
    assert expects_failures(suite) is expected
