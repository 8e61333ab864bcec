"""Names of positional arguments: the overload that nanobind takes, with no ttnn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tracer.capture.positions import positional_names
from tracer.capture.probe import Probe
from tracer.signatures import Overload, parse_overloads


class Tensor:
    """A stand-in for ttnn's; it has items, as ttnn's has, and reading one is an operation."""

    def __len__(self) -> int:
        raise AssertionError("a tensor was read")

    def __getitem__(self, place: object) -> object:
        raise AssertionError("a tensor was read")


class Shape(list[int]):
    """A stand-in for ttnn's."""


T = Tensor()
SLICE = parse_overloads(
    "f(x: t.Tensor, starts: t.Tensor, ends: t.Tensor) -> t\n"
    "f(x: t.Tensor, starts: Sequence[int], ends: Sequence[int], steps: Sequence[int], *, m: int = 0) -> t\n"
    "f(x: t.Tensor, begin: Sequence[int], end: Sequence[int], step: Sequence[int] | None = None) -> t\n"
)
RESHAPE = parse_overloads(
    "f(x: t.Tensor, size: t.Shape) -> t\n"
    "f(x: t.Tensor, logical: t.Shape, padded: t.Shape) -> t\n"
    "f(x: t.Tensor, lengths: Sequence[int]) -> t\n"
)
NUMBER = parse_overloads(
    "f(x: t.Tensor, real: float) -> t\nf(x: t.Tensor, whole: int) -> t\nf(v: float, x: t.Tensor) -> t"
)


def of_four(overload: Overload, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    """Say what ttnn says of slices: the overload with `starts` has arrays of four."""
    return "starts" not in overload.by_name or all(len(each) == 4 for each in args if each is not T)


@pytest.mark.parametrize(
    ("overloads", "args", "kwargs", "names"),
    [
        (SLICE, (T, [0, 0], [1, 1], [1, 1]), {}, ["x", "begin", "end", "step"]),
        (SLICE, (T, [0] * 4, (1,) * 4, [1] * 4), {}, ["x", "starts", "ends", "steps"]),
        (SLICE, (T, [0] * 4, [1] * 4), {}, ["x", "begin", "end"]),
        (SLICE, (T, [0] * 4, [1] * 4), {"steps": [1] * 4}, ["x", "starts", "ends"]),
        (SLICE, (T, T, T), {}, ["x", "starts", "ends"]),
        (SLICE, (T, [0], [1], None), {}, ["x", "begin", "end", "step"]),
        (SLICE, (T, ["a"], [1]), {}, []),
        (SLICE, (T, [0], [1], [1], 5), {}, []),
        (RESHAPE, (T, [1, 2]), {}, ["x", "lengths"]),
        (RESHAPE, (T, Shape([1, 2])), {}, ["x", "size"]),
        (RESHAPE, (T, [1, 2], (1, 2)), {}, ["x", "logical", "padded"]),
        (NUMBER, (T, 1), {}, ["x", "whole"]),
        (NUMBER, (T, 1.0), {}, ["x", "real"]),
        (NUMBER, (T, True), {}, ["x", "real"]),
        (NUMBER, (1, T), {}, ["v", "x"]),
        (NUMBER, (T,), {"whole": 1}, ["x"]),
        (NUMBER, (T, 1), {"x": T}, []),
    ],
)
def test_the_overload_that_ttnn_takes(
    overloads: list[Overload], args: tuple[Any, ...], kwargs: dict[str, Any], names: list[str]
) -> None:
    assert positional_names(overloads, args, kwargs, of_four) == names


def test_a_probe_reaches_the_numbers_of_lists_of_the_right_length_alone() -> None:
    calls: list[dict[str, Any]] = []

    def function(**arguments: Any) -> None:
        calls.append(arguments)
        for name in ("starts", "ends", "steps"):
            if len(arguments[name]) != 4:
                break
            for each in arguments[name]:
                each.__index__()
        raise TypeError("incompatible function arguments")

    probe = Probe(function)
    assert probe.accepts_lengths(SLICE[1], (T, [0] * 4, [1] * 4, [1] * 4), {"m": 3})
    assert [sorted(each) for each in calls] == [["ends", "m", "starts", "steps", "x"]] * 3
    assert not probe.accepts_lengths(SLICE[1], (T, [0] * 3, [1] * 3, [1] * 3), {})
    assert not probe.accepts_lengths(SLICE[1], (T, [0] * 4, [1] * 4, [1] * 3), {})
    assert probe.accepts_lengths(SLICE[0], (T, T, T), {})  # nothing to ask
