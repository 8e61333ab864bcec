"""What comes from outside is an outcome, or is kept raw."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.core.outcome import Outcome, received
from farm.core.verdicts import Reason, Verdict

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
GOOD: dict[str, Any] = Outcome("v", Verdict.PASS, metrics={"pcc": 0.99}, inexact=("a",)).as_json()


def test_an_outcome_is_read_back() -> None:
    assert received("v", GOOD) == Outcome("v", Verdict.PASS, metrics={"pcc": 0.99}, inexact=("a",))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"verdict": "splendid"}, "ValueError"),
        ({"vector_id": "w"}, "it is of vector 'w'"),
        ({"metrics": {"pcc": "high"}}, "metrics is not what it must be"),
        ({"message": 3}, "message is not what it must be"),
        ({"surprise": 1}, "TypeError"),
    ],
)
def test_what_does_not_fit_is_kept_raw(change: dict[str, Any], why: str) -> None:
    kept = received("v", {**GOOD, **change})
    assert (kept.vector_id, kept.verdict, kept.reason) == ("v", Verdict.FARM_FAULT, Reason.INTERNAL)
    assert why in kept.message
    assert str(next(iter(change))) in kept.details["raw"]


@given(JSON, st.sampled_from(sorted(GOOD)))
def test_nothing_ends_in_an_error(value: Any, field: str) -> None:
    assert received("v", value).vector_id == "v"
    assert received("v", {**GOOD, field: value}).vector_id == "v"
