from __future__ import annotations

from typing import Any

import pytest

from farm.core.payload import TracedCall, Unreadable
from farm.core.verdicts import Reason, Verdict
from farm.report.observation import Observation
from farm.versions.changes import Change, Judged, judge
from farm.versions.signatures import Signatures
from tests.farm.versions.doubles import TENSOR, signatures
from tracer.values import MemoryConfig, Tensor, encode

FAIL, NOT_RUN = Verdict.FAIL_ASSERT_EXCEPTION, Verdict.NOT_RUN
CALL = TracedCall("v", "ttnn.op", {"arg0": 1, "dtype": 2})
NOTHING = Signatures("1"), Signatures("2")
B8 = {**TENSOR, "original_dtype": "DataType.BFLOAT8_B"}

GOOD = Observation(Verdict.VALIDATED, output=TENSOR)
OTHER_OUTPUT = Observation(FAIL, Reason.OUTPUT_MISMATCH, "dtype BFLOAT16 was traced", output=B8)
REFUSED = Observation(FAIL, Reason.EXCEPTION, "TT_FATAL: shards of 0x7f01 are 12")
CRASHED = Observation(Verdict.FAIL_CRASH_HANG, Reason.CRASH, "the worker was killed by SIGSEGV")
OUT_OF_MEMORY = Observation(Verdict.FAIL_L1_OUT_OF_MEM, Reason.OUT_OF_MEMORY, "Out of Memory")
RAISED_AGAIN = Observation(Verdict.VALIDATED, Reason.RAISED_AS_TRACED, "raised as traced: RuntimeError: no shards")
WRONG = Observation(FAIL, Reason.LOW_PCC, "PCC 0.5 is below 0.999", output=TENSOR)
LOST = Observation(NOT_RUN, Reason.LOST_ARGUMENT, "the trace lost conv_config")
FAULT = Observation(Verdict.BOARD_FAULT, Reason.BOARD_WEDGED, "the board is wedged")
UNBINDABLE = Observation(NOT_RUN, Reason.UNBINDABLE, "no overload takes it")
UNKNOWN = Observation(NOT_RUN, Reason.UNKNOWN_OPERATION, "this ttnn has no operation ttnn.op")


@pytest.mark.parametrize(
    ("before", "after", "change", "detail"),
    [
        (GOOD, GOOD, Change.ACCEPTED_BY_BOTH, ""),
        (OTHER_OUTPUT, OTHER_OUTPUT, Change.ACCEPTED_BY_BOTH, ""),
        (GOOD, OTHER_OUTPUT, Change.OUTPUT_CHANGED, "dtype BFLOAT16 → BFLOAT8_B"),
        (OTHER_OUTPUT, GOOD, Change.OUTPUT_CHANGED, "dtype BFLOAT8_B → BFLOAT16"),
        (GOOD, REFUSED, Change.REFUSED_NOW, REFUSED.message),
        (GOOD, CRASHED, Change.REFUSED_NOW, CRASHED.message),
        (GOOD, WRONG, Change.REFUSED_NOW, WRONG.message),
        (OTHER_OUTPUT, OUT_OF_MEMORY, Change.REFUSED_NOW, OUT_OF_MEMORY.message),
        (REFUSED, GOOD, Change.ACCEPTED_NOW, f"before: {REFUSED.message}"),
        (RAISED_AGAIN, GOOD, Change.ACCEPTED_NOW, f"before: {RAISED_AGAIN.message}"),
        (RAISED_AGAIN, RAISED_AGAIN, Change.REFUSED_BY_BOTH, RAISED_AGAIN.message),
        (REFUSED, OTHER_OUTPUT, Change.ACCEPTED_NOW, f"before: {REFUSED.message}"),
        (
            REFUSED,
            Observation(FAIL, Reason.EXCEPTION, "TT_FATAL: shards of 0x8e22 are 16"),
            Change.REFUSED_BY_BOTH,
            None,
        ),
        (
            REFUSED,
            Observation(FAIL, Reason.EXCEPTION, "TT_FATAL: no shards"),
            Change.MESSAGE_CHANGED,
            "TT_FATAL: no shards",
        ),
        (REFUSED, OUT_OF_MEMORY, Change.MESSAGE_CHANGED, OUT_OF_MEMORY.message),
        (LOST, LOST, Change.NOT_JUDGED, f"lost argument: {LOST.message}"),
        (GOOD, FAULT, Change.NOT_JUDGED, f"board_fault: {FAULT.message}"),
        (REFUSED, LOST, Change.NOT_JUDGED, f"lost argument: {LOST.message}"),
        (FAULT, GOOD, Change.NOT_JUDGED, f"board_fault: {FAULT.message}"),
        (GOOD, UNBINDABLE, Change.NOT_JUDGED, f"unbindable: {UNBINDABLE.message}"),
    ],
)
def test_what_two_verdicts_mean(before: Observation, after: Observation, change: Change, detail: str | None) -> None:
    judged = judge(CALL, before, after, *NOTHING)
    assert judged.change is change
    assert detail is None or judged.detail == detail


TAKES = "__call__(self, input: Tensor, *, dtype: DataType | None = None) -> Tensor\n"
TAKES_NOT = "__call__(self, input: Tensor) -> Tensor\n"
OTHERWISE = "__call__(self, input: Tensor, *, dtype: str | None = None) -> Tensor\n"


@pytest.mark.parametrize("after", [GOOD, REFUSED, UNBINDABLE, LOST])
def test_an_argument_that_is_gone_counts_whatever_became_of_the_call(after: Observation) -> None:
    judged = judge(CALL, GOOD, after, signatures("1", op=TAKES), signatures("2", op=TAKES_NOT))
    assert judged == Judged(Change.ARGUMENT_CHANGED, "dtype is gone")
    assert judged.change.breaks


def test_what_was_refused_before_breaks_nothing() -> None:
    judged = judge(CALL, REFUSED, UNBINDABLE, signatures("1", op=TAKES), signatures("2", op=TAKES_NOT))
    assert judged.change is Change.NOT_JUDGED


def test_an_operation_that_is_gone() -> None:
    judged = judge(CALL, GOOD, UNKNOWN, signatures("1", op=TAKES), signatures("2", op=None))
    assert judged == Judged(Change.ARGUMENT_CHANGED, "there is no ttnn.op")


def test_another_type_counts_only_if_the_call_can_not_be_made() -> None:
    both = signatures("1", op=TAKES), signatures("2", op=OTHERWISE)
    assert judge(CALL, GOOD, GOOD, *both).change is Change.ACCEPTED_BY_BOTH
    assert judge(CALL, GOOD, UNBINDABLE, *both) == Judged(
        Change.ARGUMENT_CHANGED, "dtype takes str | None, took DataType | None"
    )


@pytest.mark.parametrize(
    ("before", "old", "detail"),
    [(UNKNOWN, None, "before: there is no ttnn.op"), (UNBINDABLE, TAKES_NOT, "before: dtype is gone")],
)
def test_what_the_old_one_lacks_is_accepted_only_now(before: Observation, old: str | None, detail: str) -> None:
    judged = judge(CALL, before, GOOD, signatures("1", op=old), signatures("2", op=TAKES))
    assert judged == Judged(Change.ACCEPTED_NOW, detail)


def test_an_operation_that_neither_has_is_not_judged() -> None:
    judged = judge(CALL, UNKNOWN, UNKNOWN, signatures("1", op=None), signatures("2", op=None))
    assert judged.change is Change.NOT_JUDGED


def test_a_configuration_that_can_not_be_read_is_not_judged() -> None:
    broken = Observation(NOT_RUN, Reason.BROKEN_CONFIGURATION, "no shape")
    judged = judge(Unreadable("v", "ttnn.op", "no shape"), broken, broken, *NOTHING)
    assert judged == Judged(Change.NOT_JUDGED, "broken configuration: no shape")


def test_every_pair_of_verdicts_has_a_change() -> None:
    for before in Verdict:
        for after in Verdict:
            assert judge(CALL, Observation(before), Observation(after), *NOTHING).change in Change


def test_only_what_a_model_would_meet_breaks() -> None:
    assert {change for change in Change if change.breaks} == {Change.REFUSED_NOW, Change.ARGUMENT_CHANGED}
    for change in Change:
        assert change.words
        assert change.meaning.endswith(".")


SHARDED = {**TENSOR, "layout": "Layout.ROW_MAJOR"}


@pytest.mark.parametrize(
    ("before", "after", "detail"),
    [
        ({**TENSOR, "layout": "Layout.TILE"}, SHARDED, "layout TILE → ROW_MAJOR"),
        ([TENSOR, TENSOR], [TENSOR, B8], "output 1: dtype BFLOAT16 → BFLOAT8_B"),
        ([TENSOR, TENSOR], [TENSOR], "2 outputs → 1"),
        ({**TENSOR, "original_shape": [1, 32]}, {**TENSOR, "original_shape": [32]}, "shape [1, 32] → [32]"),
        (3, 4, "3 → 4"),
    ],
)
def test_outputs_are_compared_part_by_part(before: Any, after: Any, detail: str) -> None:
    judged = judge(
        CALL, Observation(Verdict.VALIDATED, output=before), Observation(Verdict.PASS, output=after), *NOTHING
    )
    assert judged == Judged(Change.OUTPUT_CHANGED, detail)


def test_a_memory_config_is_compared_field_by_field() -> None:
    dram, l1 = (
        encode(Tensor((1, 32), "BFLOAT16", "TILE", memory=MemoryConfig(buffer=each))) for each in ("DRAM", "L1")
    )
    judged = judge(CALL, Observation(Verdict.VALIDATED, output=dram), Observation(Verdict.PASS, output=l1), *NOTHING)
    assert judged == Judged(Change.OUTPUT_CHANGED, "memory buffer DRAM → L1")


def test_an_argument_that_is_passed_otherwise_is_told() -> None:
    before = Observation(Verdict.VALIDATED, inexact=("arg6: lost",))
    after = Observation(Verdict.VALIDATED, inexact=("arg6: lost", "arg3: left out"))
    assert judge(CALL, before, after, *NOTHING) == Judged(
        Change.ACCEPTED_BY_BOTH, "passed otherwise now: arg3: left out"
    )
