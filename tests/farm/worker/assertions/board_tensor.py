"""A double of ttnn's tensor on a board that computes nothing, and comparisons as tests write them themselves."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

GOLDEN = np.arange(1.0, 17.0).reshape(4, 4)


class BoardTensor:
    """A tensor whose numbers were never computed."""

    shape = (4, 4)
    dtype = "bfloat16"
    layout = "TILE"

    def to_numpy(self) -> Any:
        return np.zeros(self.shape)

    def to_torch_with_padded_shape(self) -> Any:
        return self.to_numpy()

    def cpu(self) -> BoardTensor:
        return self

    def item(self) -> float:
        return 0.0

    def sharded_over(self) -> int:
        return 1


class Board:
    def get_num_devices(self) -> int:
        return 2


def correlated(golden: Any, output: Any, limit: float) -> tuple[bool, str]:
    if not np.any(output):
        return False, "0.0"
    pcc = float(np.corrcoef(golden.ravel(), output.ravel())[0, 1])
    return pcc >= limit, f"{pcc}"


def assert_with_pcc(golden: Any, output: Any, limit: float = 0.99) -> None:
    if isinstance(output, BoardTensor):
        output = output.to_numpy()
    assert list(golden.shape) == list(output.shape), f"shapes of {output}"
    good, message = correlated(golden, output, limit)
    assert good, message


def quietly(function: Callable[..., None]) -> Callable[..., None]:
    """A decorator whose wrapper has the name of what it wraps, even in tracebacks, as torch's have."""

    def wrapper(*arguments: Any, **keywords: Any) -> None:
        with np.errstate(all="ignore"):
            return function(*arguments, **keywords)

    wrapper.__code__ = wrapper.__code__.replace(co_name=function.__name__)
    return functools.wraps(function)(wrapper)


@quietly
def assert_close(golden: Any, output: Any) -> None:
    difference = abs(golden - output)
    assert difference.max() < 0.1, f"Max ATOL Delta: {difference.max()}"


def same_shape(one: Any, other: Any) -> bool:
    return tuple(one.shape) == tuple(other.shape)


def fail(message: str) -> None:
    raise AssertionError(message)


def operate(tensor: Any) -> Any:
    raise RuntimeError("TT_FATAL")


operate.__module__ = "ttnn.operations"
