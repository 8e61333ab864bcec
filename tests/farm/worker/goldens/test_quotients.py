"""Elements that a rounded quotient leaves in doubt, and unsigned integers in goldens."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="golden functions need torch: uv sync --all-groups")
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

import torch

from farm.worker.goldens.quotients import away_from_whole, is_rounded
from farm.worker.goldens.torch_values import signed

pytestmark = pytest.mark.ttnn


def test_quotients_next_to_a_whole_number_are_left_out() -> None:
    dividend, divisor = torch.tensor([3.0, 3.5, 2.99, float("inf")]), torch.tensor([1.0, 1.0, 1.0, 1.0])
    kept = away_from_whole([dividend, divisor], (4,), swapped=False)
    assert kept is not None
    assert kept.tolist() == [False, True, False, True]
    swapped = away_from_whole([divisor, dividend], (4,), swapped=True)
    assert swapped is not None
    assert swapped.tolist() == kept.tolist()


def test_a_divisor_is_broadcast() -> None:
    kept = away_from_whole([torch.tensor([[2.5], [4.0]]), torch.tensor([1.0, 8.0])], (2, 2), swapped=False)
    assert kept is not None
    assert kept.tolist() == [[True, True], [False, True]]


def test_where_no_quotient_is_in_doubt_all_are_compared() -> None:
    assert away_from_whole([torch.tensor([2.5]), 1.0], (1,), swapped=False) is None
    assert away_from_whole([torch.tensor([4]), torch.tensor([2])], (1,), swapped=False) is None


def test_which_operations_round_a_quotient() -> None:
    assert is_rounded("ttnn.fmod", {})
    assert is_rounded("ttnn.div", {"rounding_mode": "floor"})
    assert not is_rounded("ttnn.div", {"rounding_mode": None})
    assert not is_rounded("ttnn.add", {})


def test_unsigned_integers_get_a_sign() -> None:
    widened = signed((torch.tensor([2**32 - 1], dtype=torch.uint32), [torch.tensor([1.5])]))
    assert widened[0].tolist() == [2**32 - 1]
    assert widened[0].dtype is torch.int64
    assert signed((torch.tensor([1]),)) is None
