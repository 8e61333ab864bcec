"""Assertions about other things that come along with numbers that were read back."""

# ruff: noqa: BLE001, PERF203, PT009 - written as modules in the field are
from __future__ import annotations

import unittest
from typing import Any

import numpy as np

from tests.farm.worker.assertions.board_tensor import GOLDEN, BoardTensor, assert_with_pcc, operate


def operation_that_a_flag_stands_for() -> None:
    good = True
    try:
        output = operate(BoardTensor())
        assert_with_pcc(GOLDEN, output)
    except Exception:
        good = False
    assert good


def operation_that_a_function_hides() -> None:
    def is_close() -> bool:
        try:
            assert_with_pcc(GOLDEN, operate(BoardTensor()).to_numpy())
        except Exception:
            return False
        return True

    assert is_close()


def texts_of_what_operations_raised() -> None:
    errors = []
    for tensor in (BoardTensor(), BoardTensor()):
        try:
            assert_with_pcc(GOLDEN, operate(tensor))
        except Exception as error:
            errors.append(f"{error}")
    assert not errors, errors


def exceptions_of_operations() -> None:
    errors = []
    for tensor in (BoardTensor(), None):
        try:
            assert_with_pcc(GOLDEN, tensor or operate(tensor))
        except Exception as error:
            errors.append(error)
    assert not errors, errors


def texts_about_shapes() -> None:
    errors = []
    try:
        assert BoardTensor().to_numpy().shape == (8, 8)
    except AssertionError as error:
        errors.append(str(error))
    assert not errors, errors


def exception_that_did_not_come() -> None:
    raised = False
    try:
        BoardTensor().to_numpy()
    except RuntimeError:
        raised = True
    assert raised


def shapes_of_all() -> None:
    outputs = [BoardTensor().to_numpy() for _ in range(2)]
    assert all(output.shape == (8, 8) for output in outputs)


def list_of_shapes() -> None:
    outputs = [BoardTensor().to_numpy() for _ in range(2)]
    assert [output.shape for output in outputs] == [(8, 8), (8, 8)]


def shape_or_numbers() -> None:
    output = BoardTensor().to_numpy()
    if output.shape != (8, 8) or not np.allclose(output, 0):
        raise AssertionError(f"{output.shape}")


def shape_before_the_comparison() -> None:
    def compared(one: Any, other: Any) -> tuple[bool, str]:
        if one.shape != other.shape:
            return False, "shapes"
        return bool(np.allclose(one, other)), "numbers"

    output, golden = BoardTensor().to_numpy(), np.zeros((8, 8))
    good, message = compared(output, golden)
    assert good, message


def flag_of_a_shape() -> None:
    output = BoardTensor().to_numpy()
    same = output.shape == (8, 8)
    good = same and bool(np.allclose(output, 0))
    assert good


def flags_of_shape_and_numbers() -> None:
    output = BoardTensor().to_numpy()
    good = True
    good &= output.shape == (8, 8)
    good &= bool(np.allclose(output, 0))
    assert good


def first_of_two_results() -> None:
    def outcome() -> tuple[int, Any]:
        return 3, BoardTensor().to_numpy()

    count, _output = outcome()
    assert count == 2


def another_element() -> None:
    results: dict[str, Any] = {"count": 3}
    results["output"] = BoardTensor().to_numpy()
    assert results["count"] == 2


def element_of_a_copy(options: dict[str, Any] | None = None) -> None:
    options = dict(options or {"count": 3})
    options["output"] = BoardTensor().to_numpy()
    assert options["count"] == 2


def nothing_that_was_returned() -> None:
    def outcome() -> None:
        BoardTensor().to_numpy()

    assert outcome() is not None  # type: ignore[func-returns-value]


def unittests_length() -> None:
    unittest.TestCase().assertEqual(len(BoardTensor().to_numpy()), 8)


def unittests_type() -> None:
    unittest.TestCase().assertIsInstance(BoardTensor().to_numpy(), list)


def unittests_parameter(size: int = 3) -> None:
    BoardTensor().to_numpy()
    unittest.TestCase().assertEqual(size, 4)
