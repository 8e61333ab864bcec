"""The inputs of every operation are such that its golden has something to say: finite numbers that differ."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Any

import pytest

from farm.core.numeric_options import NumericOptions
from farm.core.payload import TracedCall, decode
from farm.judging.call_facts import CallFacts
from farm.judging.input_rules import ROWS

pytestmark = pytest.mark.ttnn
torch = pytest.importorskip("torch", reason="golden functions need torch: uv sync --all-groups")

MOST_NUMBERS = 1_000_000
"""Larger configurations differ from smaller ones only in size."""
CONSTANT = {
    "angle",  # of a real number: 0 or pi, and the golden takes a complex one
    "ceil_bw fill_bw fill_zero_bw floor_bw round_bw sign_bw trunc_bw",  # derivatives that are zero everywhere
    "fill full_like moreh_full moreh_full_like ones_like zeros_like full ones zeros empty empty_like",
    "rand uniform sampling",  # no numbers of theirs are known before
    "is_real is_imag",
    "moe",  # the weight of expert 0, which is seldom among the best four
    "where logical_or logical_and logical_xor xlogy logit hardtanh hardtanh_bw rdiv_bw",  # of the scalars made up here
}
CONSTANTS = {name for names in CONSTANT for name in names.split()}
UNDEFINED = {"allocate_tensor_on_device", "allocate_tensor_on_host", "dram_prefetcher", "moreh_adam", "moreh_adamw"}
"""Operations that leave memory as it is, and those whose scalars made up here are out of range."""


def short(name: str) -> str:
    """An operation's name as the table has it."""
    return name.rpartition(".")[2].rstrip("_")


def results(value: Any) -> list[Any]:
    parts = value if isinstance(value, (list, tuple)) else [value]
    tensors = [each for each in parts if isinstance(each, torch.Tensor)]
    return [torch.view_as_real(each.resolve_conj()) if each.is_complex() else each.float() for each in tensors]


def small_calls(operation: Any) -> Iterator[dict[str, Any]]:
    """Small arguments for each overload of an operation, without and with its optional parameters."""
    from farm.worker.goldens.synthesis import Unsynthesizable, synthesized
    from tracer.signatures import overloads

    for overload in overloads(operation):
        for optional in (False, True):
            with suppress(Unsynthesizable):
                yield synthesized(operation.python_fully_qualified_name, overload, optional=optional)


def redrawn(name: str, arguments: dict[str, Any], seed: int) -> dict[str, Any]:
    """The arguments with the numbers that the table gives them."""
    import ttnn

    from farm.worker.input_numbers import InputNumbers
    from tracer.values import describe
    from tracer.values.live import Rebuilder

    numbers = InputNumbers()
    facts = {each: describe(value) for each, value in arguments.items() if value is not None}
    numbers.start(name, CallFacts(name, facts, "wormhole_b0"), NumericOptions(seed=seed))
    rebuilder = Rebuilder(None, numbers)

    def drawn(value: Any) -> Any:
        if isinstance(value, list):
            return [drawn(each) for each in value]
        return rebuilder.live(describe(value)) if isinstance(value, ttnn.Tensor) else value

    live = {}
    for each, value in arguments.items():
        numbers.start_argument(each)
        live[each] = drawn(value)
    return live


def registered() -> list[Any]:
    """All registered operations, by name."""
    import ttnn

    return sorted(ttnn.query_registered_operations(), key=lambda each: each.python_fully_qualified_name)


def test_the_golden_of_every_operation_is_finite_and_not_constant() -> None:
    from farm.worker.execution import LiveCall
    from farm.worker.goldens.calling import GoldenCall, NotCompared

    wrong, right = set(), set()
    for operation in registered():
        name = operation.python_fully_qualified_name
        for arguments in () if short(name) in UNDEFINED else small_calls(operation):
            live = redrawn(name, arguments, seed=0)
            try:
                outputs = GoldenCall.of(operation, LiveCall([], live, [], live)).on_chip(0)
            except NotCompared:
                continue
            for numbers in results(outputs):
                if not torch.isfinite(numbers).all():
                    wrong.add(f"{name}({', '.join(arguments)}) is not finite")
                elif short(name) not in CONSTANTS and numbers.numel() > 4 and numbers.min() == numbers.max():
                    wrong.add(f"{name}({', '.join(arguments)}) is {numbers.min()} everywhere")
                else:
                    right.add(name)
    assert not wrong
    assert len(right) > 250


def test_every_row_is_of_an_operation_and_a_parameter_that_are_there() -> None:
    import ttnn

    from tracer.signatures import overloads

    if "expert_scores_tensor" not in str(ttnn.experimental.__dict__.get("all_to_all_dispatch_metadata").__doc__):
        pytest.skip("the table is written for a newer ttnn")
    operations = [*registered(), *vars(ttnn.experimental).values()]
    names = {short(getattr(each, "python_fully_qualified_name", "")) for each in operations}
    names |= {name.removesuffix("_bw") for name in names}
    parameters = {
        parameter.name
        for operation in operations
        if hasattr(operation, "python_fully_qualified_name")
        for overload in overloads(operation)
        for parameter in overload.parameters
    }
    for row in ROWS:
        for pattern in row.operations.split():
            assert any(fnmatchcase(name, pattern) for name in names), f"no operation is {pattern}"
        for pattern in row.parameters.split():
            assert any(fnmatchcase(name, pattern) for name in parameters), f"no parameter is {pattern}"


def test_every_shipped_configuration_has_inputs_whose_golden_is_finite_and_not_constant(mock_mesh: Any) -> None:
    import ttnn

    from farm.worker.goldens.calling import GoldenCall, NotCompared
    from farm.worker.runner import Bound, Runner

    runner = Runner(mock_mesh, computes=True)
    right = 0
    for call in shipped_calls():
        bound = Bound.of(call)
        try:
            live = runner._inputs(call, bound)
        except RuntimeError:
            continue  # it needs another board
        tensors = [each for each in live.host_keywords.values() if isinstance(each, ttnn.Tensor)]
        for tensor in tensors:
            numbers = ttnn.to_torch(ttnn.get_device_tensors(tensor)[0]).float()
            assert torch.isfinite(numbers).all(), call.operation
        try:
            outputs = GoldenCall.of(bound.operation, live).on_chip(0)
        except NotCompared:
            continue
        for numbers in results(outputs):
            assert torch.isfinite(numbers).all(), call.operation
            assert numbers.numel() == 1 or numbers.min() < numbers.max(), call.operation
            right += 1
    assert right > 100


def test_traced_statistics_reach_the_tensor_that_they_are_of(mock_mesh: Any) -> None:
    import ttnn

    from farm.worker.runner import Bound, Runner
    from tracer.value_statistics import ValueStatistics
    from tracer.values import Tensor
    from tracer.values import encode as encode_value

    tensor = encode_value(Tensor((1, 1, 32, 64), "BFLOAT16", "TILE"))
    call = TracedCall(
        "one",
        "ttnn.add",
        {"arg0": tensor, "arg1": tensor},
        statistics={"arg0": ValueStatistics(100, 20.0, 30.0, 25.0), "arg1": ValueStatistics(100, -3.0, -2.0, -2.5)},
    )
    live = Runner(mock_mesh, computes=True)._inputs(call, Bound.of(call))
    first, second = (ttnn.to_torch(ttnn.get_device_tensors(each)[0]) for each in live.host_keywords.values())
    assert 20 <= first.min() < first.max() <= 30
    assert -3 <= second.min() < second.max() <= -2


def shipped_calls() -> Iterator[TracedCall]:
    """The calls of the shipped master that are small enough for a test."""
    from farm.planning.vectors import plan
    from tracer.master.master import Master, shipped
    from tracer.values import Tensor
    from tracer.values import decode as decode_value

    for vector in plan(Master.read(shipped())):
        call = decode(vector.text)
        assert isinstance(call, TracedCall)
        values = map(decode_value, call.arguments.values())
        sizes = [torch.Size(each.shape).numel() for each in values if isinstance(each, Tensor)]
        if sum(sizes) <= MOST_NUMBERS:
            yield call
