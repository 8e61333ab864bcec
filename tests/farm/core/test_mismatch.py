"""The evidence of a failed comparison travels as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.core.mismatch import Element, Excerpt, Mismatch, NonFinite, Places
from farm.core.outcome import Outcome, read_outcome
from farm.core.verdicts import Reason, Verdict
from farm.report.mismatch_text import excerpt_rows, mismatch_facts

INF = float("inf")
WHOLE = Mismatch(
    elements=4096,
    mismatched=12,
    shape=(1, 1, 64, 64),
    first=Element((0, 0, 5, 37), 1.5, 3.25),
    worst=Element((0, 0, 6, 0), 2, 2**32 - 1),
    max_abs_error=1.75,
    max_rel_error=INF,
    max_ulp=224.0,
    pcc=-0.5,
    relative_error=0.25,
    ulps=((0.5, 2), (256.0, 10)),
    nonfinite={NonFinite.NAN_FOR_NUMBER: 2, NonFinite.OTHER_INFINITY: 1},
    where="all in tile (0, 1)",
    places=(Places("tile", 1, 4, (("(0, 1)", 0.25),)),),
    hints=("negated",),
    excerpt=Excerpt((0, 0, 5, 30), (1.0, INF), (-INF, 2)),
    seed=7,
    output=1,
    chip=0,
    wrong_outputs=(1,),
    wrong_chips=(0, 2),
)


HOSTILE = (
    st.none()
    | st.floats()
    | st.text()
    | st.integers()
    | st.just(10**400)
    | st.lists(st.integers() | st.text(max_size=3))
)


@pytest.mark.parametrize("mismatch", [WHOLE, Mismatch(1, 1)])
def test_it_is_read_back(mismatch: Mismatch) -> None:
    text = json.dumps(mismatch.as_json(), allow_nan=False)
    assert Mismatch.from_json(json.loads(text)) == mismatch


@given(
    st.sampled_from(["first", "worst", "excerpt"]), st.sampled_from(["index", "start", "expected", "actual"]), HOSTILE
)
def test_parts_that_cannot_be_read_do_not_reach_reports(part: str, name: str, value: Any) -> None:
    raw = WHOLE.as_json()
    raw[part] = {**raw[part], name: value}
    try:
        mismatch = Mismatch.from_json(raw)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return
    assert all(isinstance(text, str) for _, text in mismatch_facts(mismatch))
    assert all(row.index.startswith("[") for row in excerpt_rows(mismatch))


def test_numbers_that_are_not_finite_are_texts() -> None:
    excerpt = WHOLE.as_json()["excerpt"]
    assert (excerpt["expected"], excerpt["actual"]) == ([1.0, "inf"], ["-inf", 2])
    assert Element.from_json(Element((), float("nan"), 1.0).as_json()).expected != 0


@given(st.sampled_from(sorted(WHOLE.as_json())), HOSTILE)
def test_one_that_cannot_be_read_stays_a_detail(name: str, value: Any) -> None:
    raw = Outcome("v", Verdict.FAIL_ASSERT_EXCEPTION, Reason.WRONG_NUMBERS, mismatch=WHOLE).as_json()
    raw["details"]["mismatch"][name] = value
    outcome = read_outcome("v", raw)
    assert outcome.verdict is Verdict.FAIL_ASSERT_EXCEPTION
    assert (outcome.mismatch is None) == ("mismatch" in outcome.details)
