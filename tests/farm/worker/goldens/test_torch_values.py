"""Numbers of torch tensors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="golden functions need torch: uv sync --all-groups")
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

from farm.worker.goldens.torch_values import numbers, precise  # noqa: E402

pytestmark = pytest.mark.ttnn
VALUES = [0.0, -0.0, 1.5, -3e38, 1e-39, math.inf, -math.inf, math.nan]


def test_each_number_of_bfloat16_is_itself_in_single_precision() -> None:
    every = torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16).view(torch.bfloat16)
    assert np.array_equal(numbers(every), every.float().numpy(), equal_nan=True)
    assert torch.equal(precise(every).nan_to_num(7), every.float().nan_to_num(7))


@pytest.mark.parametrize("shape", [(), (0,), (2, 4), (4, 2)])
def test_shapes_and_views_are_kept(shape: tuple[int, ...]) -> None:
    tensor = torch.ones(shape, dtype=torch.bfloat16)
    assert numbers(tensor).shape == shape
    turned = torch.tensor(VALUES, dtype=torch.bfloat16).reshape(2, 4).T
    assert np.array_equal(numbers(turned), turned.float().numpy(), equal_nan=True)


@pytest.mark.parametrize("dtype", [torch.uint32, torch.uint16, torch.int32, torch.bool])
def test_integers_stay_exact(dtype: Any) -> None:
    largest = 1 if dtype is torch.bool else torch.iinfo(dtype).max
    assert numbers(torch.tensor([0, largest], dtype=dtype)).tolist() == [0, largest]
