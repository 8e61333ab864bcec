"""Indices of equal numbers."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="golden functions need torch: uv sync --all-groups")

from farm.worker.goldens.ties import Choice, with_equal_choices  # noqa: E402

TOPK = Choice("[1]", distinct=True, dimension=-1)
ARGMAX = Choice("", distinct=False, dimension=None)
SOURCE = torch.tensor([[3.0, 5.0, 5.0, 1.0]])


def test_another_index_of_an_equal_number_is_right() -> None:
    accepted = with_equal_choices(TOPK, SOURCE, -1, torch.tensor([[1, 2, 0]]), torch.tensor([[2, 1, 0]]))
    assert accepted.tolist() == [[2, 1, 0]]


@pytest.mark.parametrize("wrong", [[3, 2, 0], [2, 2, 0], [2, 7, 0]])
def test_the_index_of_another_number_is_wrong(wrong: list[int]) -> None:
    accepted = with_equal_choices(TOPK, SOURCE, -1, torch.tensor([[1, 2, 0]]), torch.tensor([wrong]))
    assert accepted.tolist() != [wrong]


def test_one_index_among_all_elements() -> None:
    assert with_equal_choices(ARGMAX, SOURCE, None, torch.tensor(1), torch.tensor(2)).tolist() == 2
    assert with_equal_choices(ARGMAX, SOURCE, None, torch.tensor(1), torch.tensor(0)).tolist() == 1


def test_an_output_may_lack_the_dimension_of_the_choice() -> None:
    assert with_equal_choices(ARGMAX, SOURCE, 1, torch.tensor([1]), torch.tensor([2])).tolist() == [2]
