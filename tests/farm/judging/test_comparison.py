"""Judging an output by the bounds of a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from farm.core.mismatch import Element, NonFinite
from farm.core.tolerance import Bounds, ToleranceRow
from farm.judging.comparison import judge
from farm.judging.formats import FORMATS, UnknownFormatError
from farm.judging.golden_policy import GoldenPolicy, PolicyScope
from farm.judging.judgement import Judgement

NAN, INF = float("nan"), float("inf")
FLOATS = ("FLOAT32", "BFLOAT16", "BFLOAT8_B", "BFLOAT4_B")


def judged(expected: Any, actual: Any, dtype: str = "FLOAT32", **bounds: Any) -> Judgement:
    return judge(np.asarray(expected), np.asarray(actual), dtype, ToleranceRow("its row", Bounds(**bounds), "a test"))


def right(expected: Any, actual: Any, dtype: str = "FLOAT32", **bounds: Any) -> bool:
    return judged(expected, actual, dtype, **bounds).right


def numbers(count: int = 4096, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=(count // 64, 64)).astype(np.float32)


def as_held(values: Any, dtype: str) -> Any:
    return FORMATS[dtype].rounded(values.astype(np.float64)).astype(np.float32)


def test_equal_numbers_are_right_by_any_bounds() -> None:
    for bounds in (Bounds(exact=True), Bounds(ulp=0.0), Bounds(pcc=1.0), Bounds()):
        judgement = judge(numbers(), numbers(), "FLOAT32", ToleranceRow("its row", bounds, ""))
        assert judgement == Judgement("its row", right=True, message="equal to the golden", metrics=judgement.metrics)
        assert judgement.metrics == {"pcc": 1.0, "max_abs_error": 0.0}


@pytest.mark.parametrize(
    ("bounds", "within", "beyond"),
    [
        ({"ulp": 2.0}, 1.0 + 2 * 2**-7, 1.0 + 3 * 2**-7),
        ({"rtol": 0.125}, 1.125, 1.1328125),
        ({"atol": 0.125}, 0.875, 0.8671875),
        ({"rtol": 0.125, "atol": 0.125}, 1.25, 1.2578125),
        ({"scaled": 0.25}, 1.25, 1.2578125),  # the root mean square is 1
        ({"ulp": 1.0, "atol": 0.25}, 1.25, 1.2578125),  # the largest bound decides
        ({"ulp": 32.0, "atol": 0.0}, 1.25, 1.2578125),
    ],
)
def test_an_element_may_be_off_by_the_largest_of_its_bounds(bounds: Any, within: float, beyond: float) -> None:
    expected = np.ones(100)
    for value, is_right in ((within, True), (beyond, False)):
        actual = expected.copy()
        actual[7] = value
        judgement = judged(expected, actual, "BFLOAT16", **bounds)
        assert judgement.right is is_right
    assert judgement.mismatch is not None
    assert judgement.mismatch.worst == judgement.mismatch.first == Element((7,), 1.0, beyond)
    assert judgement.mismatch.mismatched == 1


def test_one_wrong_element_of_many_fails() -> None:
    expected = numbers(65536)
    actual = expected.copy()
    actual[700, 3] += 1.0
    judgement = judged(expected, actual, ulp=2.0, pcc=0.99)
    assert judgement.metrics["pcc"] > 0.999
    worst = f"[700, 3]: {actual[700, 3]:.6g} for {expected[700, 3]:.6g}"
    assert judgement.message == (
        f"1 of 65,536 elements (< 0.1 %) is off by more than 2 ULP; worst at {worst}; tolerance 'its row'"
    )


def test_the_message_gives_all_bounds_that_an_element_is_beyond() -> None:
    actual = numbers()
    actual[0, 0] += 3
    message = judged(numbers(), actual, ulp=2, rtol=0.01, atol=0.5, scaled=0.1).message
    assert "is off by more than all of 2 ULP and 0.01 of the expected value plus 0.5 and 0.1 of the output's" in message
    assert (
        "is off by more than both 2 ULP and 0.1 of the output's" in judged(numbers(), actual, ulp=2, scaled=0.1).message
    )


def test_twice_the_expected_values_have_a_perfect_pcc_and_fail() -> None:
    judgement = judged(numbers(), 2 * numbers(), relative_error=0.02, pcc=0.999)
    assert not judgement.right
    assert "its relative error of 1 is above 0.02" in judgement.message
    assert judgement.metrics["pcc"] == pytest.approx(1.0)


def test_noise_fails_by_the_relative_error_and_not_by_the_pcc() -> None:
    noisy = numbers() * (1 + 0.03 * numbers(seed=1))
    assert right(numbers(), noisy, pcc=0.999)
    assert not right(numbers(), noisy, pcc=0.999, relative_error=0.01)


def test_a_low_pcc_fails() -> None:
    noisy = numbers() + 0.1 * numbers(seed=1)
    judgement = judged(numbers(), noisy, pcc=0.999)
    assert not judgement.right
    assert judgement.message.startswith(f"its PCC of {judgement.metrics['pcc']:.4f} is below 0.999; worst at ")
    assert judgement.mismatch is not None
    assert 0 < judgement.mismatch.mismatched < 4096  # those whose error is beyond what the PCC allows


def test_bounds_are_of_numbers_and_not_of_their_bits() -> None:
    assert right([0.0, -0.0, 1.0], [-0.0, 0.0, 1.0], exact=True)
    payload = np.array([0x7FC0_0001], np.uint32).view(np.float32)
    assert right(np.array([NAN], np.float32), payload, exact=True)


def test_exact_takes_the_golden_as_the_dtype_holds_it() -> None:
    for dtype in FLOATS:
        assert right(numbers(), as_held(numbers(), dtype), dtype, exact=True)
    off = as_held(numbers(), "BFLOAT16")
    off[3, 3] += 2.0**-9 * abs(off[3, 3])  # less than one more place
    assert not right(numbers(), off, "BFLOAT16", exact=True)


@pytest.mark.parametrize(
    ("expected", "actual", "kind"),
    [
        (1.0, NAN, NonFinite.NAN_FOR_NUMBER),
        (1.0, INF, NonFinite.INFINITY_FOR_NUMBER),
        (NAN, 1.0, NonFinite.NUMBER_FOR_NAN),
        (INF, 3.3895313892515355e38, NonFinite.NUMBER_FOR_INFINITY),
        (INF, -INF, NonFinite.OTHER_INFINITY),
        (NAN, INF, NonFinite.INFINITY_FOR_NAN),
        (-INF, NAN, NonFinite.NAN_FOR_INFINITY),
    ],
)
def test_non_finite_numbers_are_told_apart(expected: float, actual: float, kind: NonFinite) -> None:
    ones = np.ones(64)
    for bounds in ({"exact": True}, {"ulp": 1e9}, {"rtol": 1e9}, {"pcc": 0.5}, {"relative_error": 1e9}):
        one, other = ones.copy(), ones.copy()
        one[5], other[5] = expected, actual
        judgement = judged(one, other, "BFLOAT16", **bounds)
        assert judgement.mismatch is not None
        assert judgement.mismatch.nonfinite == {kind: 1}
        assert judgement.message.startswith(f"1 of 64 elements (1.6 %) is {kind.words}; worst at [5]: ")
        assert right(one, one.copy(), "BFLOAT16", **bounds)


def test_kinds_of_non_finite_numbers_are_counted_beside_others() -> None:
    expected, actual = np.ones(1000), np.ones(1000)
    actual[:3], actual[3:5], actual[5] = NAN, INF, 2.0
    message = judged(expected, actual, ulp=2.0).message
    assert message.startswith(
        "1 of 1,000 elements (0.1 %) is off by more than 2 ULP and 3 are NaN for a number and 2 are infinite"
    )
    assert "worst at [0]: nan for 1" in message


def test_what_is_beyond_the_dtype_may_be_infinite() -> None:
    for dtype, largest, infinite in (
        ("BFLOAT16", 3.3895313892515355e38, 3.4e38),
        ("FLOAT32", 3.4028234663852886e38, 1e39),
        ("BFLOAT8_B", 3.3762391092936863e38, 3.402e38),
    ):
        for sign in (1, -1):
            expected = np.full(16, sign * infinite)
            assert right(expected, np.full(16, sign * INF), dtype, ulp=1.0)
            assert not right(expected, np.full(16, -sign * INF), dtype, ulp=1.0)
            assert not right(expected, np.full(16, NAN), dtype, ulp=1.0)
        # a bound that reaches beyond the largest number allows it, too
        assert right(np.full(16, largest), np.full(16, INF), dtype, ulp=1.0)
        assert not right(np.full(16, largest / 2), np.full(16, INF), dtype, ulp=1.0)


def test_a_golden_far_beyond_the_dtype_is_judged_without_overflow() -> None:
    for dtype in FLOATS:
        expected, actual = np.ones(64), np.ones(64)
        expected[3], actual[3] = 1e300, INF
        assert right(expected, actual, dtype, ulp=1.0, relative_error=0.1, pcc=0.9)
        actual[40] = 3.0  # of another block
        assert not right(expected, actual, dtype, ulp=1.0, relative_error=0.1, pcc=0.9)


def test_block_floats_saturate() -> None:
    largest = FORMATS["BFLOAT8_B"].largest
    assert right(np.full(16, INF), np.full(16, largest), "BFLOAT8_B", ulp=1.0)
    assert not right(np.full(16, INF), np.full(16, -largest), "BFLOAT8_B", ulp=1.0)
    assert not right(np.full(16, INF), np.full(16, 1.0), "BFLOAT8_B", ulp=1.0)


def test_denormals_may_be_zero() -> None:
    expected = np.array([1e-39, -1e-39, 1.2e-38, 1.0])
    for dtype in ("BFLOAT16", "FLOAT32"):
        for bounds in ({"exact": True}, {"ulp": 1.0}, {"rtol": 0.0}, {"relative_error": 0.0, "pcc": 1.0}):
            held = as_held(expected, dtype)
            flushed = np.where(np.abs(held) < 2.0**-126, 0, held)
            assert right(held, flushed, dtype, **bounds)
            assert not right(held, flushed * 2, dtype, **bounds)
    assert right([2.0**-126], [0.0], "BFLOAT16", ulp=1.0)  # the neighbour of the smallest normal number is a denormal
    assert not right([2.0**-125], [0.0], "BFLOAT16", ulp=1.0)


def test_a_pcc_says_nothing_of_constants() -> None:
    ones = np.ones(1024)
    assert "pcc" not in judged(ones, ones * (1 + 1e-6), ulp=100.0).metrics
    assert right(ones, ones * (1 + 1e-6), ulp=100.0, pcc=0.999)
    # where there is no other bound, the relative error may be what this PCC allows
    assert right(ones, ones * 1.01, pcc=0.999)
    assert not right(ones, ones * 2, pcc=0.999)
    assert not right(ones * 0, ones * 1e-6, pcc=0.999)


def test_a_pcc_says_nothing_of_numbers_that_differ_by_less_than_rounding() -> None:
    expected = np.ones(1024)
    expected[::2] += 2.0**-8
    rounded = as_held(expected, "BFLOAT16")
    assert np.all(rounded == 1)
    assert right(expected, rounded, "BFLOAT16", pcc=0.999)
    assert not right(expected, rounded * 2, "BFLOAT16", pcc=0.999)


@pytest.mark.parametrize("spread", [1e-7, 1e-4, 2.0**-9])
def test_a_pcc_says_nothing_of_almost_constant_numbers_beside_a_relative_error_either(spread: float) -> None:
    expected = 1 + spread * numbers()
    rounded = np.ones_like(expected)
    assert right(expected, rounded, "BFLOAT16", relative_error=0.03, pcc=0.9996)
    assert not right(expected, rounded * 1.1, "BFLOAT16", relative_error=0.03, pcc=0.9996)
    assert not right(expected, rounded * 0, "BFLOAT16", relative_error=0.03, pcc=0.9996)


def test_a_constant_output_has_no_pcc_to_hide_behind() -> None:
    judgement = judged(numbers(), np.zeros((64, 64)), pcc=0.5)
    assert not judgement.right
    assert judgement.metrics["pcc"] == 0.0


def test_right_block_floats_pass_by_tight_bounds_of_the_whole() -> None:
    for dtype in ("BFLOAT8_B", "BFLOAT4_B"):
        assert right(numbers(), as_held(numbers(), dtype), dtype, ulp=0.5)
        assert right(numbers(), as_held(numbers(), dtype), dtype, relative_error=1e-6)
        assert not right(numbers(), as_held(numbers(), dtype) * 2, dtype, relative_error=1e-6)


def test_integers_are_compared_as_integers() -> None:
    large = np.array([2**31 + 5, 2**32 - 1, 7], np.uint32)
    assert right(large, large.astype(np.int64), "UINT32", exact=True)
    judgement = judged(large, large - np.array([1, 0, 0], np.uint32), "UINT32", exact=True)
    assert judgement.mismatch is not None
    assert judgement.mismatch.worst == Element((0,), 2**31 + 5, 2**31 + 4)
    assert "worst at [0]: 2147483652 for 2147483653" in judgement.message
    near = np.array([2**30 + 1])  # float32 doesn't tell them apart
    assert not right(near, near - 1, "INT32", exact=True)
    assert right(near, near - 1, "INT32", ulp=1.0)
    # the same bits, read as signed
    assert right(large, large.view(np.int32), "UINT32", exact=True)


def test_a_golden_of_reals_is_cast_to_integers() -> None:
    assert right([2.0, 300.5, -1.0, NAN], [2, 255, 0, 0], "UINT8", exact=True)


def test_nothing_is_right() -> None:
    judgement = judged(np.ones((0, 32)), np.ones((0, 32)), exact=True)
    assert (judgement.right, judgement.metrics) == (True, {})


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match=r"\[2\].*\[3\]"):
        judged(np.ones(2), np.ones(3))


def test_a_dtype_that_farm_does_not_know_is_not_judged() -> None:
    with pytest.raises(UnknownFormatError, match="BFLOAT2_B"):
        judged([1.0], [2.0], "BFLOAT2_B")


def test_a_scalar_is_judged() -> None:
    for dtype in FLOATS:
        assert right(1.0, 1.0 + 2.0**-23, dtype, ulp=1.0)
        assert not right(1.0, 2.0, dtype, ulp=1.0)


def test_a_golden_masks_elements() -> None:
    row = ToleranceRow("its row", Bounds(exact=True), "")
    expected, actual = numbers(256), numbers(256)
    actual[1] += 1
    actual[3, 5] += 1
    mask = np.array([True, False, True, True])  # of the first dimension
    for dtype in FLOATS:
        held = as_held(expected, dtype)
        judgement = judge(held, actual, dtype, row, policy=GoldenPolicy(mask=mask))
        assert judgement.mismatch is not None
        assert judgement.mismatch.elements == 192
        assert judgement.mismatch.worst is not None
        wrong_rows = {0, 2, 3} if dtype != "FLOAT32" else {3}
        assert judgement.mismatch.worst.index[0] in wrong_rows
    assert judge(expected, actual, "FLOAT32", row, policy=GoldenPolicy(mask=np.array([1, 0, 1, 0]))).right
    assert judge(expected, actual, "FLOAT32", row, policy=GoldenPolicy(mask=np.zeros(4))).right


def test_the_goldens_own_bounds_replace_the_rows() -> None:
    row = ToleranceRow("its row", Bounds(exact=True), "")
    policy = GoldenPolicy(Bounds(rtol=0.1, atol=0.0), PolicyScope.ALL)
    judgement = judge(numbers(), numbers() * 1.05, "FLOAT32", row, policy=policy)
    assert (judgement.right, judgement.row) == (True, "the golden's own bounds")
    assert not judge(numbers(), numbers() * 1.15, "FLOAT32", row, policy=policy).right


def test_the_goldens_bounds_of_degenerate_outputs_stand_in_for_the_pcc_alone() -> None:
    ones = np.ones(64)
    policy = GoldenPolicy(Bounds(rtol=0.5, atol=0.0))
    by_pcc, by_ulp = (ToleranceRow("its row", bounds, "") for bounds in (Bounds(pcc=0.999), Bounds(ulp=2, pcc=0.999)))
    assert judge(ones, ones * 1.4, "FLOAT32", by_pcc, policy=policy).row == "the golden's own bounds"
    assert judge(ones, ones * 1.4, "FLOAT32", by_pcc, policy=policy).right
    assert not judge(ones, ones * 1.6, "FLOAT32", by_pcc, policy=policy).right
    assert not judge(ones, ones * 1.4, "FLOAT32", by_ulp, policy=policy).right
    assert not judge(numbers(), numbers()[::-1], "FLOAT32", by_pcc, policy=policy).right


def test_a_golden_may_take_any_non_finite_number_for_another() -> None:
    row = ToleranceRow("its row", Bounds(ulp=1), "")
    policy = GoldenPolicy(any_nonfinite=True)
    assert judge(np.array([NAN, 1.0]), np.array([INF, 1.0]), "FLOAT32", row, policy=policy).right
    assert not judge(np.array([NAN, 1.0]), np.array([1.0, 1.0]), "FLOAT32", row, policy=policy).right
    assert not judge(np.array([NAN, 1.0]), np.array([NAN, INF]), "FLOAT32", row, policy=policy).right


def test_beside_a_relative_error_the_correlation_is_for_numbers_around_zero() -> None:
    noise = 0.02 * numbers(seed=1)
    for mean in (0.0, 3.0, 50.0):
        expected = numbers() + np.float32(mean)
        actual = expected + noise * np.sqrt((expected**2).mean())
        assert right(expected, actual, relative_error=0.03, pcc=0.9996), mean
        assert not right(expected, actual, relative_error=0.03, pcc=0.99985), mean
    assert not right(numbers() + 50.0, numbers() + 50.0 + noise * 50, pcc=0.9996), "alone, it is as it says"
