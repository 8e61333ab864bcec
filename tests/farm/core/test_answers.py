from __future__ import annotations

from decimal import Decimal

import pytest

from farm.core.answers import Answer, NoAnswer, read_answer
from farm.core.classify import judge_answer
from farm.core.verdicts import Reason, Verdict


class Truth:
    """A truth value of another library, such as numpy's."""

    def __init__(self, *, good: bool) -> None:
        self.good = good

    def __bool__(self) -> bool:
        return self.good


class Unclear:
    """What has no truth value, such as an array."""

    def __bool__(self) -> bool:
        raise ValueError("ambiguous")


@pytest.mark.parametrize(
    ("returned", "answer"),
    [
        ((True, "0.99"), Answer(good=True, message="0.99")),
        ((False, 0.5), Answer(good=False, message="0.5")),
        ((1, None), Answer(good=True, message="None")),
        ((Truth(good=False), "x"), Answer(good=False, message="x")),
        ([(True, "x"), 1500], Answer(good=True, message="x", nanoseconds=1500)),
        ([[True, "x"], 1.5, "more"], Answer(good=True, message="x", nanoseconds=1.5)),
        ([(Truth(good=True), 0.99), True], Answer(good=True, message="0.99", nanoseconds=1)),
        (((False, "x"), 5), Answer(good=False, message="x", nanoseconds=5)),
    ],
)
def test_forms_of_an_answer(returned: object, answer: Answer) -> None:
    assert read_answer(returned) == answer


@pytest.mark.parametrize(
    "returned",
    [
        None,
        True,
        0.99,
        "ok",
        {"ok": True, "message": ""},
        (),
        (True,),
        (True, "x", 5),
        [],
        [True, "msg"],
        [True, 0.99],
        [(True, "x")],
        [(True, "x"), "5"],
        [(True, "x"), None],
        [(True, "x"), (True, "y")],
        [(True, "x"), Decimal(5)],
        (Unclear(), "x"),
    ],
)
def test_what_is_no_answer_is_the_modules_fault_on_every_board(returned: object) -> None:
    with pytest.raises(NoAnswer):
        read_answer(returned)
    for computes in (True, False):
        verdict, reason, message = judge_answer(returned, computes=computes)
        assert (verdict, reason) == (Verdict.FAIL_ASSERT_EXCEPTION, Reason.BROKEN_MODULE)
        assert message.startswith("run() returned ")
        assert message.endswith(", not (ok, message) or [(ok, message), nanoseconds]")
