"""What calls raise, and whether two raised the same, with no ttnn."""

from __future__ import annotations

import pytest

from tracer.raised_error import RaisedError

SUBTILE = (
    "RuntimeError: TT_THROW @ /project/ttnn/binary_ng_device_operation.cpp:183: tt::exception "
    "info: Invalid subtile broadcast type"
)
MATMUL = "RuntimeError: TT_FATAL @ /a/matmul.cpp:{}: a[-1] == b[-2] info: The width {} must be equal to the height {}"


def test_an_exception_is_one_line_without_its_backtrace() -> None:
    error = RaisedError.of(RuntimeError("TT_FATAL @ a.cpp:1: x\ninfo:\nwrong\nbacktrace:\n --- main"))
    assert str(error) == "RuntimeError: TT_FATAL @ a.cpp:1: x info: wrong"
    assert RaisedError.parse(str(error)) == error
    assert str(RaisedError.of(StopIteration())) == "StopIteration"
    assert len(str(RaisedError.of(ValueError("x" * 3000)))) == 1000
    assert RaisedError.parse("TT_FATAL: words") == RaisedError("RuntimeError", "TT_FATAL: words")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (SUBTILE, SUBTILE.replace("/project/", "/build/").replace("183", "246"), True),
        (SUBTILE, "RuntimeError: TT_FATAL @ /a/b.cpp:50: x == y info: Invalid arguments to reshape", False),
        (SUBTILE, SUBTILE.replace("RuntimeError", "ValueError"), False),
        (MATMUL.format(123, 32, 48), MATMUL.format(79, 32, 48), True),
        ("IndexError: Index 5 is out of bounds for dimension 0", "IndexError: Index 5 is out of bounds", True),
        (
            "RuntimeError: TT_THROW @ /a.cpp:28: tt::exception info: Dimension out of range. Dim: 9",
            "RuntimeError: TT_THROW @ /a.cpp:36: tt::exception info: Dimension out of range (expected to be in range "
            "of [-4, 3], but got 9)",
            True,
        ),
        (
            "TypeError: ttnn.add(): incompatible function arguments. Called with: add(ttnn.Tensor, str) Available "
            "signatures: add(input_tensor_a: ttnn.Tensor)",
            "TypeError: ttnn.add(): incompatible function arguments. Called with: add(ttnn.Tensor, str) Available "
            "signatures: add(x: ttnn.Tensor, y: int | float, *, fast_and_approximate_mode: bool)",
            True,
        ),
        ("AssertionError", "AssertionError", True),
        ("AssertionError", "AssertionError: no such grid", False),
    ],
)
def test_the_same_failure_may_be_worded_a_little_differently(one: str, other: str, same: bool) -> None:
    assert RaisedError.parse(one).is_same_as(RaisedError.parse(other)) is same
    assert RaisedError.parse(other).is_same_as(RaisedError.parse(one)) is same
