from __future__ import annotations

from typing import Any

import pytest

from farm.core.payload import TracedCall
from farm.versions.signatures import ArgumentChanges, argument_changes, keyword_changes, lacks_operation, other_changes
from tests.farm.versions.doubles import signatures

OLD = (
    "__call__(self, input: ttnn._ttnn.tensor.Tensor, dim: int | None = None, *, "
    "dtype: ttnn._ttnn.tensor.DataType | None = None) -> ttnn._ttnn.tensor.Tensor\n"
)


def call(*keywords: str, positional: int = 0, names: tuple[str, ...] = ()) -> TracedCall:
    arguments: dict[str, Any] = {f"arg{place}": 1 for place in range(positional)}
    return TracedCall("v", "ttnn.op", {**arguments, **dict.fromkeys(keywords, 1)}, names)


def test_an_argument_that_is_gone() -> None:
    new = "__call__(self, input: Tensor) -> Tensor\n"
    old, now = signatures("1", op=OLD), signatures("2", op=new)
    assert keyword_changes(call("dtype", positional=1), old, now) == ["dtype is gone"]
    assert keyword_changes(call("input"), old, now) == []


def test_one_of_the_same_type_that_is_new_may_be_its_new_name() -> None:
    new = "__call__(self, input: Tensor, *, output_dtype: ttnn.DataType | None = None, flag: bool = False) -> Tensor\n"
    changes = keyword_changes(call("dtype"), signatures("1", op=OLD), signatures("2", op=new))
    assert changes == ["dtype is gone; output_dtype, of the same type, is new"]


def test_modules_that_moved_are_no_change() -> None:
    new = OLD.replace("ttnn._ttnn.tensor.", "ttnn._other.")
    old, now = signatures("1", op=OLD), signatures("2", op=new)
    assert keyword_changes(call("input", "dim", "dtype"), old, now) == []
    assert other_changes(call("input", "dim", "dtype"), old, now) == []


def test_arguments_that_no_overload_takes_together() -> None:
    new = "f(self, input: Tensor, dim: int) -> Tensor\nf(self, input: Tensor, *, dtype: DataType) -> Tensor\n"
    changes = keyword_changes(call("input", "dim", "dtype"), signatures("1", op=OLD), signatures("2", op=new))
    assert changes == ["no overload takes input, dim, dtype together"]


def test_an_argument_that_neither_documents_tells_nothing() -> None:
    assert keyword_changes(call("queue_id"), signatures("1", op=OLD), signatures("2", op=OLD)) == []


def test_what_takes_any_keyword_takes_this_one() -> None:
    new = "__call__(self, input: Tensor, **kwargs) -> Tensor\n"
    assert keyword_changes(call("dtype", "dim"), signatures("1", op=OLD), signatures("2", op=new)) == []


@pytest.mark.parametrize("documented", [None, ""])
def test_an_operation_without_overloads_tells_nothing(documented: str | None) -> None:
    old, new = signatures("1", op=OLD), signatures("2", op=documented)
    assert keyword_changes(call("dtype"), old, new) == []
    assert lacks_operation(new, "ttnn.op") == (documented is None)
    assert not lacks_operation(new, "ttnn.not_asked_for")


def test_another_type_and_an_argument_that_is_required() -> None:
    new = "__call__(self, input: Tensor, dim: Sequence[int], mode: str, *, dtype: DataType | None = None) -> Tensor\n"
    old, now = signatures("1", op=OLD), signatures("2", op=new)
    assert other_changes(call("dim", positional=1, names=("input",)), old, now) == [
        "dim takes Sequence[int], took int | None",
        "mode is required",
    ]
    assert other_changes(call("dim", "mode"), old, now) == ["dim takes Sequence[int], took int | None"]


def test_a_positional_argument_counts_by_the_name_that_its_trace_has() -> None:
    new = "__call__(self, input_tensor: Tensor, dim: int | None = None) -> Tensor\n"
    old, now = signatures("1", op=OLD), signatures("2", op=new)
    traced = call("dim", positional=1, names=("input",))
    assert keyword_changes(traced, old, now) == [], "the call passes it by position"
    assert other_changes(traced, old, now) == [
        "input is gone; input_tensor, of the same type, is new",
        "input_tensor is required",
    ]


def test_every_argument_that_only_one_documents() -> None:
    new = "__call__(self, input: Tensor, *, output_dtype: DataType | None = None, mode: str = 'a') -> Tensor\n"
    old = signatures("1", op=OLD, same=OLD, removed=OLD, more="f(a: int) -> int\n")
    now = signatures("2", op=new, same=OLD, removed=None, more="f(a: int, b: int = 0) -> int\n")
    assert argument_changes(old, now) == [
        ArgumentChanges(
            "ttnn.op",
            ("dim is gone", "dtype is gone; output_dtype, of the same type, is new"),
            ("output_dtype", "mode"),
        ),
        ArgumentChanges("ttnn.removed", ("the operation is gone",), ()),
        ArgumentChanges("ttnn.more", (), ("b",)),
    ]


def test_an_unlike_name_is_not_offered() -> None:
    old = signatures("1", op="f(input: Tensor, use_legacy: bool = False) -> Tensor\n")
    new = signatures("2", op="f(input: Tensor, fast_and_approximate_mode: bool = False) -> Tensor\n")
    assert keyword_changes(call("use_legacy"), old, new) == ["use_legacy is gone"]
