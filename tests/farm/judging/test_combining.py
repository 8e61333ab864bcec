"""One judgement of several outputs and chips."""

from __future__ import annotations

from dataclasses import replace

import pytest

from farm.core.mismatch import Mismatch, Places
from farm.judging.combining import combined
from farm.judging.judgement import Judgement


def good(output: int, chip: int, pcc: float = 1.0, row: str = "a row") -> Judgement:
    return Judgement(row, right=True, message="close", metrics={"pcc": pcc}, output=output, chip=chip)


def bad(output: int, chip: int, mismatched: int = 5, row: str = "a row") -> Judgement:
    message, metrics = f"{mismatched} are wrong", {"pcc": 0.5, "max_abs_error": float(mismatched)}
    return Judgement(
        row, right=False, message=message, metrics=metrics, mismatch=Mismatch(10, mismatched), output=output, chip=chip
    )


@pytest.mark.parametrize(
    ("judgements", "message"),
    [
        ([bad(0, 0)], "5 are wrong"),
        ([good(0, 0), bad(1, 0)], "output 1: 5 are wrong"),
        ([good(0, 0), bad(0, 1)], "on chip 1: 5 are wrong"),
        ([good(0, 0), bad(1, 0), good(0, 1), good(1, 1)], "output 1 on chip 0: 5 are wrong"),
        ([bad(0, 0), bad(0, 1, 7)], "on all 2 chips (worst: 1): 7 are wrong"),
        ([bad(0, 0), bad(1, 0), good(2, 0)], "outputs 0 and 1 (worst: 0): 5 are wrong"),
        ([good(0, 7), *(bad(0, chip) for chip in range(7))], "on 7 of 8 chips (worst: 0): 5 are wrong"),
    ],
)
def test_the_message_names_what_is_wrong_of_several(judgements: list[Judgement], message: str) -> None:
    assert combined(judgements).message == message


def test_metrics_are_the_worst_of_all() -> None:
    assert combined([good(0, 0, 0.9), good(1, 0, 0.8)]).metrics == {"pcc": 0.8}
    whole = combined([bad(0, 0, 3), good(0, 1, 0.2)])
    assert whole.metrics == {"pcc": 0.2, "max_abs_error": 3.0}


def test_all_rows_that_judged_are_named_once() -> None:
    assert combined([good(0, 0), good(0, 1), good(1, 0, row="another")]).row == "a row, another"


def test_a_mismatch_knows_the_wrong_outputs_and_chips() -> None:
    mismatch = combined([good(0, 0), good(1, 0), bad(0, 1), bad(1, 1, 10)]).mismatch
    assert mismatch is not None
    assert (mismatch.output, mismatch.chip, mismatch.mismatched) == (1, 1, 10)
    assert (mismatch.wrong_outputs, mismatch.wrong_chips) == ((0, 1), (1,))
    assert mismatch.places == (Places("chip", 1, 2, (("chip 1", 1.0),)),)
    alone = combined([bad(0, 0)]).mismatch
    assert alone is not None
    assert replace(alone, places=()) == Mismatch(10, 5)
