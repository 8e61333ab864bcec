"""A worker's reply is read as an outcome, or kept raw."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.core.mismatch import Mismatch
from farm.core.outcome import Discounted, Outcome, read_outcome
from farm.core.verdicts import Reason, Verdict
from tracer.device_config import DeviceConfig

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
OUTCOME = Outcome(
    "v",
    Verdict.BOARD_FAULT,
    Reason.BOARD_SUSPECT,
    "no answer",
    1.5,
    0.25,
    ("a",),
    {"pcc": 0.99},
    Discounted(Verdict.FAIL_CRASH_HANG, Reason.HANG, "hung"),
    {"type": "tensor"},
    "line 3",
    2.5,
    0.5,
    DeviceConfig(mesh_shape=(1, 2)),
    ("use_legacy: None",),
    ("test_a",),
    "bye",
    tolerance="bit by bit",
    mismatch=Mismatch(10, 3),
    details={"suite": "nightly"},
)
GOOD: dict[str, Any] = OUTCOME.as_json()


def test_an_outcome_is_read_back() -> None:
    assert read_outcome("v", GOOD) == OUTCOME
    assert read_outcome("v", json.loads(json.dumps(GOOD))) == OUTCOME


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"verdict": "splendid"}, "ValueError"),
        ({"vector_id": "w"}, "it belongs to vector 'w'"),
        ({"metrics": {"pcc": "high"}}, "metrics has the wrong type"),
        ({"message": 3}, "message has the wrong type"),
        ({"surprise": 1}, "TypeError"),
    ],
)
def test_a_result_that_does_not_fit_is_kept_raw(change: dict[str, Any], why: str) -> None:
    kept = read_outcome("v", {**GOOD, **change})
    assert (kept.vector_id, kept.verdict, kept.reason) == ("v", Verdict.FARM_FAULT, Reason.INTERNAL)
    assert why in kept.message
    assert str(next(iter(change))) in kept.raw


def test_a_named_field_that_cannot_be_read_stays_a_detail() -> None:
    outcome = read_outcome(
        "v",
        {**GOOD, "details": {"estimate": "soon", "doubted": 3, "tests": 7, "left_out": 1, "raw": None, "mismatch": 1}},
    )
    assert (outcome.estimate, outcome.discounted, outcome.tests, outcome.raw) == (None, None, (), "")
    assert outcome.left_out == ()
    assert outcome.details == {
        "estimate": "soon",
        "doubted": 3,
        "tests": 7,
        "left_out": 1,
        "raw": None,
        "mismatch": 1,
    }


@given(JSON, st.sampled_from(sorted(GOOD)))
def test_no_reply_raises(value: Any, field: str) -> None:
    assert read_outcome("v", value).vector_id == "v"
    assert read_outcome("v", {**GOOD, field: value}).vector_id == "v"
