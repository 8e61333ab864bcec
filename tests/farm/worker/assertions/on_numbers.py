"""Bodies of sweep modules that fail for numbers that were read back. pytest rewrites no assertions in this file."""

# ruff: noqa: B011, E731, PERF401, PT009, PT015, PT018 - written as modules in the field are
from __future__ import annotations

import unittest
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.farm.worker.assertions.board_tensor import (
    GOLDEN,
    BoardTensor,
    assert_close,
    assert_with_pcc,
    correlated,
    fail,
)

kept: list[Any] = []


def helper_that_reads_back_itself() -> None:
    assert_with_pcc(GOLDEN, BoardTensor())


def helper_with_a_decorator() -> None:
    assert_close(GOLDEN, BoardTensor().to_numpy())


def helper_by_keywords() -> None:
    assert_with_pcc(limit=0.5, output=BoardTensor().to_numpy(), golden=GOLDEN)


def helper_with_unpacked_arguments() -> None:
    arguments = (GOLDEN, BoardTensor().to_numpy())
    assert_with_pcc(*arguments)


def helper_inside_another_function() -> None:
    def check(tensor: BoardTensor) -> None:
        output = tensor.to_numpy()
        assert_with_pcc(GOLDEN, output)

    check(BoardTensor())


def bare_comparison() -> None:
    output = BoardTensor().to_numpy()
    assert np.allclose(output, GOLDEN)


def every_element() -> None:
    output = BoardTensor().cpu().to_numpy()
    assert (output == GOLDEN).all()


def over_several_lines() -> None:
    output = BoardTensor().to_numpy()
    assert np.allclose(
        output,
        GOLDEN,
    ), (
        f"Max ATOL Delta: "
        f"{abs(output - GOLDEN).max()}"
    )  # fmt: skip


def shape_first() -> None:
    output = BoardTensor().to_numpy()
    assert output.shape == (4, 4) and np.allclose(output, GOLDEN)


def limit() -> None:
    pcc = float(np.corrcoef(BoardTensor().to_numpy().ravel() + GOLDEN.ravel() % 2, GOLDEN.ravel())[0, 1])
    assert pcc > 0.99, f"PCC {pcc}"


def verdict_and_message() -> None:
    passed, message = correlated(GOLDEN, BoardTensor().to_numpy(), 0.9)
    assert passed, message


def raised_under_a_condition() -> None:
    delta = float(abs(BoardTensor().to_numpy() - GOLDEN).max())
    if delta > 0.1:
        raise AssertionError(f"Max ATOL Delta: {delta}")


def raised_after_a_return() -> list[Any]:
    if np.allclose(BoardTensor().to_numpy(), GOLDEN):
        return [(True, ""), 1]
    raise AssertionError("differs")


def raised_by_a_function_that_only_raises() -> None:
    if not np.array_equal(BoardTensor().to_numpy(), GOLDEN):
        fail("differs")


def raised_again() -> None:
    try:
        assert_with_pcc(GOLDEN, BoardTensor())
    except AssertionError as error:
        raise AssertionError(f"chip 0: {error}") from error


def raised_again_from_any_exception() -> None:
    try:
        assert_with_pcc(GOLDEN, BoardTensor())
    except Exception as error:
        raise AssertionError(f"chip 0: {error}") from error


def flag_of_a_loop() -> None:
    passed = True
    for number, tensor in enumerate([BoardTensor(), BoardTensor()]):
        good, message = correlated(GOLDEN, tensor.to_numpy(), 0.9)
        if not good:
            print(number, message)
            passed = False
    if not passed:
        assert False, "FAILED"


def flag_of_a_handler() -> None:
    passed = True
    try:
        assert_with_pcc(GOLDEN, BoardTensor())
    except AssertionError:
        passed = False
    assert passed


def gathered_in_a_list() -> None:
    results = []
    for tensor in (BoardTensor(),):
        results.append(np.array_equal(tensor.to_numpy(), GOLDEN))
    assert all(results)


def helper_that_converts_its_argument() -> None:
    def check(output: Any) -> None:
        output = output.astype(np.float32)
        output = output.ravel() + 0
        assert np.allclose(output, GOLDEN.ravel())

    check(BoardTensor().to_numpy())


def named_inside_the_condition() -> None:
    assert (delta := float(abs(BoardTensor().to_numpy() - GOLDEN).max())) < 0.1, delta


def made_of_itself_many_times() -> None:
    output = BoardTensor().to_numpy()
    total = output
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


def counted_failures() -> None:
    failures: list[str] = []
    for tensor in (BoardTensor(),):
        good, message = correlated(GOLDEN, tensor.to_numpy(), 0.9)
        if not good:
            failures.append(message)
    assert len(failures) == 0, failures


def number_of_wrong_elements() -> None:
    output = BoardTensor().to_numpy()
    wrong = np.argwhere(output != GOLDEN)
    assert wrong.shape[0] == 0, f"{len(wrong)} elements differ"


def size_of_what_is_wrong() -> None:
    output = BoardTensor().to_numpy()
    assert output[output != GOLDEN].size == 0


def kept_in_a_dict() -> None:
    outputs = {}
    outputs["first"] = BoardTensor().to_numpy()
    assert np.array_equal(outputs["first"], GOLDEN)


def comprehension() -> None:
    outputs = [tensor.to_numpy() for tensor in (BoardTensor(),)]
    assert all(np.array_equal(output, golden) for output, golden in zip(outputs, [GOLDEN], strict=True))


def function_without_a_name() -> None:
    close: Callable[[Any], bool] = lambda output: bool(np.allclose(output, GOLDEN))
    assert close(BoardTensor().to_numpy())


def attribute_of_a_checker() -> None:
    class Checker:
        def __init__(self, output: BoardTensor) -> None:
            self.output = output

        def check(self) -> None:
            assert np.array_equal(self.output.to_numpy(), GOLDEN)

    Checker(BoardTensor()).check()


def kept_in_an_object() -> None:
    class Checker:
        def __init__(self, output: Any) -> None:
            self.output = output

        def check(self) -> None:
            assert np.array_equal(self.output, GOLDEN)

    output = BoardTensor().to_numpy()
    Checker(output).check()


def kept_among_the_globals() -> None:
    global kept  # noqa: PLW0603
    output = BoardTensor().to_numpy()
    kept = [output]
    assert np.array_equal(kept[0], GOLDEN)


def one_number() -> None:
    assert int(BoardTensor().to_numpy()[0, 0]) == 3


def one_number_of_a_tensor() -> None:
    tensor = BoardTensor()
    assert tensor.item() == 3


def numpys_closeness() -> None:
    np.testing.assert_allclose(BoardTensor().to_numpy(), GOLDEN)


def numpys_equality() -> None:
    np.testing.assert_array_equal(BoardTensor().to_numpy(), GOLDEN, err_msg="differs")


def numpys_order() -> None:
    np.testing.assert_array_less(GOLDEN, BoardTensor().to_numpy())


def unittests_truth() -> None:
    unittest.TestCase().assertTrue(np.array_equal(BoardTensor().to_numpy(), GOLDEN))
