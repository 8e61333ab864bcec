"""Bodies of sweep modules that read numbers back, and fail for something else."""

# ruff: noqa: PERF401, PT018, TRY301 - written as modules in the field are
from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from tests.farm.worker.assertions.board_tensor import GOLDEN, Board, BoardTensor, assert_with_pcc, same_shape


def number_of_chips(device: Board | None = None) -> None:
    BoardTensor().to_numpy()
    assert (device or Board()).get_num_devices() == 8


def parameter(size: int = 4) -> None:
    output = BoardTensor().to_numpy()
    assert size == 3, f"Max ATOL Delta: {output.max()}"


def shape() -> None:
    output = BoardTensor().to_numpy()
    assert list(output.shape) == [1, 1], f"{output}"


def shape_by_a_function() -> None:
    assert same_shape(BoardTensor().to_numpy(), np.zeros(3))


def shape_in_a_helper() -> None:
    assert_with_pcc(np.ones((2, 2)), BoardTensor())


def shape_beside_numbers() -> None:
    output = BoardTensor().to_numpy()
    assert output.shape == (2, 2) and np.allclose(output, GOLDEN)


def rank() -> None:
    output = BoardTensor().to_numpy()
    if output.ndim != 3:
        raise AssertionError("PCC of a matrix")


def length() -> None:
    assert len(BoardTensor().to_numpy()) == 7


def number_of_outputs() -> None:
    outputs = []
    for tensor in (BoardTensor(), BoardTensor()):
        outputs.append(tensor.to_numpy())
    assert len(outputs) == 4


def size_of_a_part() -> None:
    output = BoardTensor().to_numpy()
    assert output[:2].size == 3


def dtype() -> None:
    tensor = BoardTensor()
    assert tensor.dtype == "bfloat8_b"


def what_else_a_tensor_tells() -> None:
    tensor = BoardTensor()
    assert tensor.sharded_over() == 8


def type_of_the_output() -> None:
    assert isinstance(BoardTensor().to_numpy(), list)


def nothing_returned() -> None:
    output = BoardTensor().to_numpy()
    assert output is None


def shapes_of_numpy() -> None:
    np.testing.assert_allclose(BoardTensor().to_numpy(), np.ones((3, 3)))


def golden_alone() -> None:
    BoardTensor().to_numpy()
    np.testing.assert_allclose(np.zeros(3), np.ones(3))


def golden_sum() -> None:
    BoardTensor().to_numpy()
    golden = np.zeros(3)
    assert golden.sum() > 0, "PCC 0.0"


def unconditional() -> None:
    BoardTensor().to_numpy()
    raise AssertionError("PCC 0.0 is too low")


def condition_on_the_board() -> None:
    BoardTensor().to_numpy()
    if Board().get_num_devices() != 8:
        raise AssertionError("PCC needs eight chips")


def operation_that_raised() -> None:
    tensor = BoardTensor()
    try:
        raise RuntimeError(f"shard of {tensor.to_numpy()} too wide")
    except RuntimeError as error:
        raise AssertionError(f"PCC: {error}") from error


def count_of_a_loop() -> None:
    count = 0
    for tensor in (BoardTensor(), BoardTensor()):
        tensor.to_numpy()
        count += 1
    assert count == 3


def place_in_a_loop() -> None:
    for place, tensor in enumerate([BoardTensor()]):
        tensor.to_numpy()
        assert place == 1


def name_used_again() -> None:
    good = bool(np.allclose(BoardTensor().to_numpy(), 0))
    good = Board().get_num_devices() == 8
    assert good


def golden_made_of_itself_many_times() -> None:
    BoardTensor().to_numpy()
    total = np.zeros(3)
    for _ in range(2):
        total = total + total * total
        total = total + total * total
        total = total + total * total
        total = total + total * total
        total = total + total * total
        total = total + total * total
        total = total + total * total
        total = total + total * total
        total = total + total * total
        total = total + total * total
        total = total + total * total
        total = total + total * total
        total = total + total * total
        total = total + total * total
    assert total.sum() > 1


def module_that_got_the_output() -> None:
    output = BoardTensor().to_numpy()
    math.fsum(output.ravel())
    assert math.pi > 4


def object_that_keeps_an_output() -> None:
    class Checker:
        def __init__(self, output: Any, golden: Any) -> None:
            self.output = output
            self.golden = golden

        def check(self) -> None:
            assert self.golden.sum() > 0
            assert self.output.shape == (4, 4)

    output = BoardTensor().to_numpy()
    Checker(output, np.zeros(3)).check()


def duration() -> None:
    begun = time.time()
    BoardTensor().to_numpy()
    assert time.time() - begun > 1000, "too quick"
