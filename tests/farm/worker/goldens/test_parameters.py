"""Matching of an operation's arguments to its golden's parameters. The goldens here are made up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from farm.worker.goldens.parameters import GoldenArguments, GoldenMisfit, golden_arguments, overload_of
from tracer.signatures import Overload, parse_overloads

TENSOR = "ttnn._ttnn.tensor.Tensor"


def overload(parameters: str) -> Overload:
    (only,) = parse_overloads(f"__call__(self, {parameters}) -> {TENSOR}")
    return only


def matched(
    golden: Callable[..., Any], parameters: str, operation: str = "ttnn.made_up", **given: Any
) -> GoldenArguments:
    return golden_arguments(operation, golden, overload(parameters), (), given)


def test_equal_names_come_first() -> None:
    def golden(dim: int, input_tensor: Any) -> None: ...

    result = matched(golden, "input_tensor: Tensor, dim: int", input_tensor="x", dim=3)
    assert result == GoldenArguments((3, "x"), {})


def test_another_name_is_found_by_its_position() -> None:
    def golden(x: Any, cos_cached: Any, sin_cached: Any, **_: Any) -> None: ...

    result = matched(
        golden,
        "input_tensor: Tensor, cos_cache: Tensor, sin_cache: Tensor, *, memory_config: MemoryConfig | None = None",
        input_tensor="x",
        cos_cache="c",
        sin_cache="s",
        memory_config="m",
    )
    assert result.positional == ("x", "c", "s")
    assert result.ignored == ()


def test_parameters_that_say_only_how_take_no_position() -> None:
    def golden(x: Any, alpha: float = 1.0) -> None: ...

    result = matched(
        golden,
        "input_tensor: Tensor, memory_config: M, negative_slope: float",
        input_tensor="x",
        memory_config="m",
        negative_slope=0.5,
    )
    assert result == GoldenArguments(("x", 0.5), {})


def test_a_keyword_of_the_golden_is_no_position_for_another_argument() -> None:
    def golden(input_tensor_q: Any, head_dim_v: Any = None, *, input_tensor_v: Any = None) -> None: ...

    result = matched(golden, "input_tensor_q: Tensor, input_tensor_v: Tensor", input_tensor_q="q", input_tensor_v="v")
    assert result == GoldenArguments(("q",), {"input_tensor_v": "v"})


def test_further_positional_arguments_follow_in_order() -> None:
    def golden(grad: Any, x: Any, *args: Any) -> None: ...

    result = matched(
        golden,
        "grad_tensor: Tensor, input_tensor: Tensor, min: float, max: float",
        grad_tensor="g",
        input_tensor="x",
        min=-1.0,
        max=1.0,
    )
    assert result.positional == ("g", "x", -1.0, 1.0)


def test_a_wrapper_of_another_golden_gets_them_by_position_too() -> None:
    def golden(*args: Any, dtype: Any = None, **kwargs: Any) -> None: ...

    result = matched(
        golden,
        "input_tensor_a: Tensor, input_tensor_b: float, *, dtype: D | None = None",
        input_tensor_a="a",
        input_tensor_b=2.0,
        dtype="d",
    )
    assert result == GoldenArguments(("a", 2.0), {"dtype": "d"})


def test_a_keyword_that_the_golden_reads_stays_one() -> None:
    def golden(grad: Any, a: Any, b: Any, *args: Any, **kwargs: Any) -> Any:
        return kwargs["alpha"]

    result = matched(
        golden,
        "grad_tensor: Tensor, input_tensor_a: Tensor, input_tensor_b: Tensor, alpha: float",
        grad_tensor="g",
        input_tensor_a="a",
        input_tensor_b="b",
        alpha=0.5,
    )
    assert result == GoldenArguments(("g", "a", "b"), {"alpha": 0.5})


def test_an_argument_that_changes_the_result_and_is_ignored_is_named() -> None:
    def golden(input_tensor: Any, **_: Any) -> None: ...

    parameters = "input_tensor: Tensor, *, diagonal: int = 0"
    assert matched(golden, parameters, input_tensor="x", diagonal=2).ignored == ("diagonal",)
    assert matched(golden, parameters, input_tensor="x", diagonal=0).ignored == ()


def test_an_argument_that_an_inner_function_takes_is_not_ignored() -> None:
    def inner(input_tensor: Any, activations: Any = None) -> None: ...

    def golden(*args: Any, **kwargs: Any) -> None:
        inner(*args, **kwargs)

    parameters = "input_tensor: Tensor, *, activations: Sequence[A] = []"
    assert matched(golden, parameters, input_tensor="x", activations=["relu"]).ignored == ()


def test_the_operations_default_stands_in_for_a_required_parameter() -> None:
    def golden(input_tensor: Any, dim: int, **_: Any) -> None: ...

    assert matched(golden, "input_tensor: Tensor, dim: int = -1", input_tensor="x").positional == ("x", -1)


def test_a_required_parameter_without_any_value_is_named() -> None:
    def golden(input_tensor: Any, page_table: Any) -> None: ...

    with pytest.raises(GoldenMisfit, match=r"the golden of ttnn\.made_up requires page_table, which the call lacks"):
        matched(golden, "input_tensor: Tensor", input_tensor="x")


def test_the_first_overload_that_takes_the_arguments_is_theirs() -> None:
    both = [overload("input_tensor: Tensor, min: float"), overload("input_tensor: Tensor, max: float | None = None")]
    assert overload_of(["input_tensor", "min"], both) is both[0]
    assert overload_of(["input_tensor"], both) is both[1]
    assert overload_of(["input_tensor", "other"], both) is None
