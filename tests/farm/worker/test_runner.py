"""Traced calls on a mock board, with what the installed ttnn has and lacks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from farm.core.payload import TracedCall
from farm.core.verdicts import Reason, Verdict
from tracer.master.master import Master
from tracer.values import Placement, Tensor
from tracer.values import encode as encode_value
from tracer.values.configuration import Configuration

pytestmark = pytest.mark.ttnn

TENSOR = encode_value(Tensor((1, 1, 64, 64), "BFLOAT16", "TILE"))
OF_ONE = {"use_legacy": None, "fast_and_approximate_mode": True}
"""Parameters of `ttnn.add`, each with its default: 0.66.0 has only the first, 0.81.1 only the second."""


@pytest.fixture(scope="module")
def runner(mock_mesh: Any) -> Any:
    from farm.worker.runner import Runner

    return Runner(mock_mesh, computes=False)


@pytest.fixture(scope="module")
def lacking(mock_mesh: Any) -> set[str]:
    import ttnn

    from tracer.signatures import overloads

    return OF_ONE.keys() - {name for overload in overloads(ttnn.add) for name in overload.by_name}


def test_the_outcome_names_the_parameters_that_were_left_out(runner: Any, lacking: set[str]) -> None:
    outcome = runner.run(TracedCall("one", "ttnn.add", {"arg0": TENSOR, "arg1": TENSOR, **OF_ONE}))
    assert outcome.verdict is Verdict.VALIDATED, outcome.message
    assert {text.partition(":")[0] for text in outcome.left_out} == lacking
    assert outcome.inexact == ()
    again = runner.run(TracedCall("one", "ttnn.add", {"arg0": TENSOR, "arg1": TENSOR}))
    assert (again.verdict, again.left_out) == (Verdict.VALIDATED, ())


def test_an_empty_argument_that_no_parameter_takes_is_left_out(runner: Any) -> None:
    arguments: dict[str, Any] = {"arg0": TENSOR, "arg1": TENSOR, "arg2": None, "arg3": {}, "arg4": None, "arg5": None}
    outcome = runner.run(TracedCall("one", "ttnn.add", {**arguments, "arg6": {}, "arg7": {}}))
    assert (outcome.verdict, outcome.inexact) == (Verdict.VALIDATED, ()), outcome.message


def test_a_parameter_that_is_not_its_default_is_not_left_out(runner: Any, lacking: set[str]) -> None:
    for name in lacking:
        arguments = {"arg0": TENSOR, "arg1": TENSOR, name: not OF_ONE[name]}
        outcome = runner.run(TracedCall("one", "ttnn.add", arguments))
        assert (outcome.verdict, outcome.reason) == (Verdict.NOT_RUN, Reason.UNBINDABLE)
        assert f" has no parameter {name}, and {not OF_ONE[name]} is not its default" in outcome.message


def test_a_call_is_judged_by_the_spread_of_the_numbers_that_it_gets(runner: Any) -> None:
    from farm.core.numeric_options import InputStyle, NumericOptions
    from farm.worker.runner import Bound
    from tracer.value_statistics import ValueStatistics

    statistics = {"arg0": ValueStatistics(4096, -40.0, 40.0, 0.0), "arg1": ValueStatistics(4096, -1.0, 1.0, 0.0)}
    call = TracedCall("one", "ttnn.add", {"arg0": TENSOR, "arg1": TENSOR}, statistics=statistics)
    assert 8 < runner._facts(call, Bound.of(call)).spread < 12
    uniform = replace(call, numbers=NumericOptions(InputStyle.UNIFORM))
    assert runner._facts(uniform, Bound.of(uniform)).spread == 1.0
    assert runner._facts(replace(call, statistics={}), Bound.of(call)).spread == 1.0


def test_calls_that_are_bound_ahead_run_as_those_that_are_not(mock_mesh: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from farm.worker import runner as running

    bound: list[str] = []
    of = running.Bound.of

    def bind(traced: TracedCall) -> Any:
        bound.append(traced.id)
        return of(traced)

    monkeypatch.setattr(running.Bound, "of", bind)
    sum_of_two = {"arg0": TENSOR, "arg1": TENSOR}
    calls = [
        TracedCall("good", "ttnn.add", sum_of_two),
        TracedCall("missing", "ttnn.no_such_operation", sum_of_two),
        TracedCall("unbindable", "ttnn.add", {"arg0": TENSOR, "arg1": "a"}),
        TracedCall("broken", "ttnn.add", {"arg0": {**TENSOR, "original_shape": "?"}, "arg1": TENSOR}),
    ]
    runner = running.Runner(mock_mesh, computes=False)
    one_by_one = [runner.run(call) for call in calls]
    assert bound == ["good", "missing", "unbindable", "broken"]
    runner.bind_ahead(calls)
    assert bound == 2 * ["good", "missing", "unbindable", "broken"]
    ahead = [runner.run(call) for call in calls]
    assert bound[8:] == ["missing", "unbindable", "broken"]  # which say so when their turn comes
    for one, other in zip(one_by_one, ahead, strict=True):
        assert replace(one, started=0.0, seconds=0.0) == replace(other, started=0.0, seconds=0.0)
    runner.run(calls[0])
    assert bound[11:] == ["good"]


REPLICATED = Placement((1, 2), (1, 2), (None, None))
WIDE, NARROW = (encode_value(Tensor((1, 1, 64, width), "BFLOAT16", "TILE", placement=REPLICATED)) for width in (64, 63))
SUBTILE = "RuntimeError: TT_THROW @ /there/binary.cpp:1: tt::exception info: Invalid subtile broadcast type"


@pytest.mark.parametrize("verify", [False, True])
def test_a_call_that_raised_when_traced_raises_the_same(runner: Any, verify: bool) -> None:
    call = TracedCall("one", "ttnn.add", {"arg0": WIDE, "arg1": NARROW}, raised=SUBTILE, verify=verify)
    outcome = runner.run(call)
    assert (outcome.verdict, outcome.reason) == (Verdict.VALIDATED, Reason.RAISED_AS_TRACED), outcome.message
    assert "Invalid subtile broadcast type" in outcome.message
    other = runner.run(replace(call, raised="RuntimeError: Shapes of other lengths"))
    assert (other.verdict, other.reason) == (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION)
    assert other.message.endswith("; when traced, it raised RuntimeError: Shapes of other lengths")
    assert runner.run(replace(call, raised=None)).reason is Reason.EXCEPTION


def test_a_call_that_ttnn_takes_in_no_form_is_made_all_the_same_if_it_raised_when_traced(runner: Any) -> None:
    raised = "TypeError: ttnn.add(): incompatible function arguments. Called with: add(ttnn.Tensor, str) Available"
    call = TracedCall("one", "ttnn.add", {"arg0": WIDE, "arg1": "a"}, raised=raised, verify=True)
    outcome = runner.run(call)
    assert (outcome.verdict, outcome.reason) == (Verdict.VALIDATED, Reason.RAISED_AS_TRACED), outcome.message
    assert runner.run(replace(call, raised=None)).reason is Reason.UNBINDABLE
    # ttnn takes the alpha by name alone: to call it so would be another call
    raised = "TypeError: ttnn.elu(): incompatible function arguments. Called with: elu(ttnn.Tensor, float, int)"
    arguments = {"arg0": WIDE, "arg1": 1.0, "arg2": 2}
    assert runner.run(TracedCall("one", "ttnn.elu", arguments, raised=raised)).reason is Reason.RAISED_AS_TRACED


@pytest.mark.parametrize(
    ("case", "lost"),
    [
        ("01_v1b_sdpa_decode/master", None),
        ("02_v1b_default_program_config/master", None),
        ("traces/v1_concat_tensor_list", None),
        ("traces/v1_linear_hop_cores", "arg8 (activation): lost in the trace, left to its default"),
    ],
)
def test_values_that_c_plus_plus_printed_are_rebuilt(
    runner: Any, shared_data: Path, case: str, lost: str | None
) -> None:
    for traced in Master.read(shared_data.parent / "cases" / f"{case}.json"):
        call = TracedCall("one", traced.operation, traced.encoded, traced.names, verify=True)
        outcome = runner.run(call)
        assert (outcome.verdict, outcome.inexact) == (Verdict.VALIDATED, () if lost is None else (lost,)), (
            outcome.message
        )


def test_a_call_that_raises_no_longer_says_so(runner: Any) -> None:
    call = TracedCall("one", "ttnn.add", {"arg0": TENSOR, "arg1": TENSOR}, raised=SUBTILE, modes=("perf",))
    outcome = runner.run(call)
    assert (outcome.verdict, outcome.reason) == (Verdict.VALIDATED, Reason.ACCEPTED_NOW)
    assert outcome.message == f"raised when traced, accepted now: {SUBTILE}"


def test_indexing_runs_as_the_operation_that_other_tracers_name(runner: Any) -> None:
    slices = [{"type": "slice", "value": "slice(None, None, None)"}, {"type": "ellipsis", "value": "Ellipsis"}, 3]
    call = TracedCall("one", "ttnn.Tensor.__getitem__", {"arg0": WIDE, "arg1": slices}, verify=True)
    outcome = runner.run(call)
    assert (outcome.verdict, outcome.inexact) == (Verdict.VALIDATED, ()), outcome.message
    assert outcome.output["original_shape"] == [1, 1, 64]


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("slice_2d_steps", Reason.NONE),
        ("raised_and_caught", Reason.RAISED_AS_TRACED),
        ("n300_reshape_padded_shape", Reason.NONE),
        ("v1_nlp_decode_overlap", Reason.NONE),
    ],
)
def test_calls_of_traces_from_the_field_are_made_as_they_were(
    runner: Any, shared_data: Path, case: str, reason: Reason
) -> None:
    for traced in Master.read(shared_data.parent / "cases" / "traces" / f"{case}.json"):
        assert isinstance(traced, Configuration)
        output = None if traced.output is None else encode_value(traced.output)
        call = TracedCall("one", traced.operation, traced.encoded, traced.names, output, raised=traced.raised)
        outcome = runner.run(call)
        assert (outcome.verdict, outcome.reason, outcome.inexact) == (Verdict.VALIDATED, reason, ()), outcome.message
