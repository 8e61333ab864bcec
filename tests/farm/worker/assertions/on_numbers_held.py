"""Assertions about numbers that objects, flags, exceptions and elements hold on the way from the board."""

# ruff: noqa: BLE001, PERF203, PT009 - written as modules in the field are
from __future__ import annotations

import contextlib
import functools
import threading
import unittest
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tests.farm.worker.assertions.board_tensor import GOLDEN, BoardTensor, assert_with_pcc


@dataclass
class Result:
    good: bool
    pcc: float


def padded_numbers() -> None:
    output = BoardTensor().cpu().to_torch_with_padded_shape()
    assert np.allclose(output, GOLDEN)


def flag_that_is_compared() -> None:
    assert bool(np.allclose(BoardTensor().to_numpy(), GOLDEN)) is True


def message_or_none() -> None:
    def difference(output: Any) -> str | None:
        if np.allclose(output, GOLDEN):
            return None
        return "differs"

    message = difference(BoardTensor().to_numpy())
    assert message is None, message


def flag_of_any_handler() -> None:
    good = True
    try:
        assert_with_pcc(GOLDEN, BoardTensor())
    except Exception:
        good = False
    assert good


def flag_of_a_function() -> None:
    def is_close() -> bool:
        try:
            assert_with_pcc(GOLDEN, BoardTensor())
        except Exception:
            return False
        return True

    assert is_close()


def flag_after_an_operation() -> None:
    good = True
    try:
        output = np.asarray(BoardTensor().to_numpy())
        assert_with_pcc(GOLDEN, output)
    except Exception:
        good = False
    assert good


def texts_of_exceptions() -> None:
    errors = []
    for tensor in (BoardTensor(), BoardTensor()):
        try:
            assert_with_pcc(GOLDEN, tensor)
        except Exception as error:
            errors.append(str(error))
    if errors:
        raise AssertionError("; ".join(errors))


def exceptions_of_a_thread() -> None:
    errors = []

    def work() -> None:
        try:
            assert_with_pcc(GOLDEN, BoardTensor())
        except AssertionError as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not errors, errors


def counted_in_an_inner_function() -> None:
    wrong = 0

    def look(number: float, golden: float) -> None:
        nonlocal wrong
        if number != golden:
            wrong += 1

    for number, golden in zip(BoardTensor().to_numpy().ravel(), GOLDEN.ravel(), strict=True):
        look(number, golden)
    assert wrong == 0


def loop_that_never_broke_off() -> None:
    for tensor in (BoardTensor(), BoardTensor()):
        if np.allclose(tensor.to_numpy(), GOLDEN):
            break
    else:
        raise AssertionError("none is right")


def tried_several_times() -> None:
    for _ in range(3):
        if np.allclose(BoardTensor().to_numpy(), GOLDEN):
            return
    raise AssertionError("never right")


def function_with_a_cache() -> None:
    @functools.lru_cache
    def good() -> bool:
        return bool(np.allclose(BoardTensor().to_numpy(), GOLDEN))

    assert good()


def left_in_an_object() -> None:
    class Checked:
        output: Any = None

        def __enter__(self) -> Checked:
            return self

        def __exit__(self, *_: object) -> None:
            assert np.allclose(self.output, GOLDEN)

    with Checked() as checked:
        checked.output = BoardTensor().to_numpy()


def left_in_a_context() -> None:
    @contextlib.contextmanager
    def checked() -> Iterator[list[Any]]:
        outputs: list[Any] = []
        yield outputs
        assert np.allclose(outputs[0], GOLDEN)

    with checked() as outputs:
        outputs.append(BoardTensor().to_numpy())


def gathered_by_methods() -> None:
    class Failures:
        def __init__(self) -> None:
            self.texts: list[str] = []

        def compare(self, output: Any) -> None:
            if not np.allclose(output, GOLDEN):
                self.texts.append("differs")

        def finish(self) -> None:
            assert not self.texts, self.texts

    failures = Failures()
    failures.compare(BoardTensor().to_numpy())
    failures.finish()


def copied_into_another_array() -> None:
    output = np.empty((4, 4))
    np.copyto(output, BoardTensor().to_numpy())
    assert np.allclose(output, GOLDEN)


def written_into_another_array() -> None:
    output = np.empty((4, 4))
    np.add(BoardTensor().to_numpy(), 0, out=output)
    assert np.allclose(output, GOLDEN)


def second_of_two_results() -> None:
    def outcome() -> tuple[int, Any]:
        return 3, BoardTensor().to_numpy()

    _count, output = outcome()
    assert np.allclose(output, GOLDEN)


def one_of_several_elements() -> None:
    results: dict[str, Any] = {"count": 3}
    results["output"] = BoardTensor().to_numpy()
    assert np.allclose(results["output"], GOLDEN)


def object_of_results() -> None:
    output = BoardTensor().to_numpy()
    result = Result(bool(np.allclose(output, GOLDEN)), 0.0)
    assert result.good, result.pcc


def shape_of_both_first() -> None:
    def compared(one: Any, other: Any) -> tuple[bool, str]:
        if one.shape != other.shape:
            return False, "shapes"
        return bool(np.allclose(one, other)), "numbers"

    output = BoardTensor().to_numpy()
    good, message = compared(output, GOLDEN)
    assert good, message


def approximately() -> None:
    assert BoardTensor().to_numpy().sum() == pytest.approx(GOLDEN.sum())


def unittests_equality() -> None:
    unittest.TestCase().assertEqual(BoardTensor().to_numpy().tolist(), GOLDEN.tolist())


def unittests_closeness() -> None:
    unittest.TestCase().assertAlmostEqual(float(BoardTensor().to_numpy().max()), 16.0)


def unittests_failure() -> None:
    if not np.allclose(BoardTensor().to_numpy(), GOLDEN):
        unittest.TestCase().fail("differs")
