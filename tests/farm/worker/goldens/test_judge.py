"""Judging numbers against ttnn's golden functions, which are torch code.

A mock's memory reads as zeros. So a call whose golden is all zeros passes there, and any other fails:
both ways of the judgement are real, though the numbers are not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from farm.core.payload import TracedCall
from farm.core.verdicts import Reason, Verdict
from tracer.values import (
    CoreCoord,
    CoreRange,
    CoreRangeSet,
    Lost,
    MemoryConfig,
    Placement,
    ShardSpec,
    Tensor,
    Value,
)
from tracer.values import encode as encode_value

pytestmark = pytest.mark.ttnn
pytest.importorskip("torch", reason="golden functions need torch: uv sync --all-groups")

TENSOR = Tensor((1, 1, 64, 64), "BFLOAT16", "TILE")


@pytest.fixture(scope="module")
def runner(mock_mesh: Any) -> Any:
    from farm.worker.runner import Runner

    return Runner(mock_mesh, computes=True)


def vector(operation: str, *places: Value) -> TracedCall:
    return TracedCall("one", operation, {f"arg{number}": encode_value(value) for number, value in enumerate(places)})


def test_an_output_that_equals_its_golden_passes(runner: Any) -> None:
    outcome = runner.run(vector("ttnn.multiply", TENSOR, 0.0))
    assert (outcome.verdict, outcome.reason) == (Verdict.PASS, Reason.NONE), outcome.message
    assert outcome.metrics == {"pcc": 1.0, "max_abs_error": 0.0}
    assert outcome.tolerance
    assert outcome.mismatch is None


def test_an_output_far_from_its_golden_fails(runner: Any) -> None:
    outcome = runner.run(vector("ttnn.add", TENSOR, 1.0))
    assert (outcome.verdict, outcome.reason) == (Verdict.FAIL_ASSERT_EXCEPTION, Reason.WRONG_NUMBERS), outcome.message
    assert outcome.metrics["pcc"] < 0.5
    assert outcome.metrics["max_abs_error"] >= 1.0
    assert outcome.tolerance in outcome.message
    assert outcome.mismatch is not None
    assert outcome.mismatch.worst is not None
    assert outcome.mismatch.worst.actual == 0.0


def test_an_architecture_that_was_not_traced_may_choose_other_cores(runner: Any) -> None:
    def sharded(columns: int) -> Tensor:
        cores = CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(columns - 1, 0)),))
        memory = MemoryConfig("HEIGHT_SHARDED", "L1", ShardSpec(cores, (64 // columns, 64)))
        return Tensor((1, 1, 64, 64), "BFLOAT16", "TILE", memory=memory)

    call = replace(vector("ttnn.multiply", sharded(1), 0.0), output=encode_value(sharded(2)))
    assert runner.run(call).reason is Reason.OUTPUT_MISMATCH
    assert runner.run(replace(call, output_archs=("wormhole_b0",))).reason is Reason.OUTPUT_MISMATCH
    outcome = runner.run(replace(call, output_archs=("blackhole",)))
    assert outcome.verdict is Verdict.PASS, outcome.message


def test_each_chip_is_judged_by_its_own_part(runner: Any) -> None:
    shared = Tensor((1, 1, 32, 64), "BFLOAT16", "TILE", placement=Placement((1, 2), (1, 2), (None, 3)))
    assert runner.run(vector("ttnn.multiply", shared, 0.0)).verdict is Verdict.PASS
    outcome = runner.run(vector("ttnn.exp", shared))
    assert outcome.reason is Reason.WRONG_NUMBERS
    assert outcome.message.startswith("on all 2 chips (worst: ")
    assert outcome.mismatch is not None
    assert outcome.mismatch.wrong_chips == (0, 1)


def test_an_inexact_call_is_not_blamed_for_its_numbers(runner: Any) -> None:
    call = vector("ttnn.add", TENSOR, 1.0)
    outcome = runner.run(replace(call, arguments={**call.arguments, "dtype": encode_value(Lost("?", "DataType"))}))
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_RUN, Reason.LOST_ARGUMENT)
    assert "tolerance 'arithmetic'" in outcome.message
    assert "dtype: lost in the trace" in outcome.message


def test_an_operation_without_a_golden_is_not_called_compared(runner: Any) -> None:
    outcome = runner.run(vector("ttnn.experimental.nlp_concat_heads", Tensor((1, 16, 32, 64), "BFLOAT16", "TILE")))
    assert outcome.verdict is Verdict.VALIDATED
    assert "not compared" in outcome.message
    assert outcome.metrics == {}


def test_a_golden_that_farm_calls_wrongly_is_farms_fault(runner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import ttnn

    monkeypatch.setattr(ttnn.exp, "golden_function", lambda input_tensor, page_table: input_tensor)  # noqa: ARG005
    outcome = runner.run(vector("ttnn.exp", TENSOR))
    assert (outcome.verdict, outcome.reason) == (Verdict.FARM_FAULT, Reason.GOLDEN_CALL)
    assert outcome.message == "the golden of ttnn.exp requires page_table, which the call lacks"


def test_a_golden_with_a_wrapped_one_that_is_called_wrongly_is_farms_fault(
    runner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ttnn

    def inner(tensor: Any, scale: Any) -> Any:
        return tensor * scale

    monkeypatch.setattr(ttnn.exp, "golden_function", lambda *args, **kwargs: inner(*args))  # noqa: ARG005
    outcome = runner.run(vector("ttnn.exp", TENSOR))
    assert (outcome.verdict, outcome.reason) == (Verdict.FARM_FAULT, Reason.GOLDEN_CALL)
    assert "ttnn.exp" in outcome.message
    assert "'scale'" in outcome.message


def test_a_golden_that_raises_is_told_with_its_words(runner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import ttnn

    def golden(*_: Any, **__: Any) -> Any:
        raise ValueError("only 3D inputs")

    monkeypatch.setattr(ttnn.exp, "golden_function", golden)
    outcome = runner.run(vector("ttnn.exp", TENSOR))
    assert (outcome.verdict, outcome.reason) == (Verdict.VALIDATED, Reason.GOLDEN_RAISED)
    assert "the golden of ttnn.exp raised ValueError: only 3D inputs" in outcome.message


def test_a_golden_of_other_outputs_fails_the_call(runner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import ttnn

    monkeypatch.setattr(ttnn.exp, "golden_function", lambda tensor, **_: (tensor, tensor))
    outcome = runner.run(vector("ttnn.exp", TENSOR))
    assert (outcome.verdict, outcome.reason) == (Verdict.FAIL_ASSERT_EXCEPTION, Reason.OUTPUT_MISMATCH)
    assert outcome.message == "output is one output, its golden 2 outputs"
    monkeypatch.setattr(ttnn.exp, "golden_function", lambda tensor, **_: tensor[..., :32])
    assert runner.run(vector("ttnn.exp", TENSOR)).message == (
        "the golden's shape is [1, 1, 64, 32], that of output [1, 1, 64, 64]"
    )


def test_a_golden_that_declines_is_not_compared(runner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import ttnn

    monkeypatch.setattr(ttnn.exp, "golden_function", lambda _tensor, **__: None)
    assert runner.run(vector("ttnn.exp", TENSOR)).reason is Reason.GOLDEN_SKIPS


def test_a_golden_that_ignores_an_argument_is_none_of_this_call(runner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import ttnn

    monkeypatch.setattr(ttnn.tril, "golden_function", lambda tensor, **_: tensor * 0)
    call = vector("ttnn.tril", TENSOR)
    assert runner.run(call).verdict is Verdict.PASS
    outcome = runner.run(replace(call, arguments={**call.arguments, "diagonal": 2}))
    assert outcome.reason is Reason.NO_GOLDEN
    assert "ignores diagonal" in outcome.message


def test_what_is_written_into_a_given_tensor_is_read_back(runner: Any) -> None:
    """A mock reads zeros: a golden of zeros is right everywhere, any other is wrong in the returned tensor first."""
    call = vector("ttnn.multiply", TENSOR, 0.0)
    given = replace(call, arguments={**call.arguments, "output_tensor": encode_value(TENSOR)})
    assert runner.run(given).verdict is Verdict.PASS
    assert runner.run(vector("ttnn.multiply_", TENSOR, 0.0)).verdict is Verdict.PASS
    assert runner.run(vector("ttnn.add_", TENSOR, 1.0)).reason is Reason.WRONG_NUMBERS
    copied = runner.run(vector("ttnn.copy", TENSOR, TENSOR)).reason
    assert copied in (Reason.WRONG_NUMBERS, Reason.NO_GOLDEN)  # early versions of ttnn have none of `copy`


def test_the_host_copies_of_inputs_stay_as_they_are(runner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A golden that writes into its input must not change that of the next chip."""
    import ttnn

    single = Tensor((1, 1, 32, 32), "FLOAT32", "TILE", placement=Placement((1, 2), (1, 2), (None, None)))
    seen = []

    def golden(tensor: Any, **_: Any) -> Any:
        seen.append(tensor.clone())
        return tensor.zero_()

    monkeypatch.setattr(ttnn.exp, "golden_function", golden)
    assert runner.run(vector("ttnn.exp", single)).verdict is Verdict.PASS
    assert all(bool(each.any()) for each in seen)


def test_padding_that_is_no_part_of_the_output_is_not_compared(runner: Any) -> None:
    """On the host, a padded tensor keeps its shape: its golden has the padding, too."""
    host = Tensor((1, 1, 1, 32), "FLOAT32", "ROW_MAJOR", storage="HOST")
    outcome = runner.run(vector("ttnn.pad", host, (1, 1, 32, 32), (0, 0, 0, 0), 0.0))
    # the golden of early versions of ttnn knows only paddings by dimension
    assert outcome.verdict is Verdict.PASS or "ignores input_tensor_start" in outcome.message, outcome.message


def test_a_table_of_four_dimensions_is_one_for_an_embedding(runner: Any) -> None:
    indices = Tensor((1, 32), "UINT32", "ROW_MAJOR")
    table = Tensor((1, 1, 64, 32), "BFLOAT16", "ROW_MAJOR")
    assert runner.run(vector("ttnn.embedding", indices, table)).reason is Reason.WRONG_NUMBERS


def test_any_index_of_the_largest_number_is_right(runner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mock returns index 0, which is right where all numbers are equal."""
    import torch

    wide = Tensor((1, 1, 32, 64), "BFLOAT16", "ROW_MAJOR")
    call = vector("ttnn.argmax", wide)
    call = replace(call, arguments={**call.arguments, "dim": 3, "keepdim": True})
    assert runner.run(call).reason is Reason.WRONG_NUMBERS
    source = "farm.worker.goldens.judge._Comparison._source"
    monkeypatch.setattr(source, lambda _comparison, _chip: torch.ones(1, 1, 32, 64))
    assert runner.run(call).verdict is Verdict.PASS
