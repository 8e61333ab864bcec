"""Stands in for the part of tt-metal's checkout that ttnn's goldens of pooling import, where there is no checkout.

Pools have their input as [1, 1, batch * height * width, channels] or [batch, height, width, channels], torch's have it
as batch, channels, height, width.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any

NAME = "tests.sweep_framework.sweep_utils.pool2d_common"
"""What the goldens import."""


@contextlib.contextmanager
def importable() -> Iterator[None]:
    """Let the goldens import this module during a `with` block, unless they find the real one."""
    try:
        importlib.import_module(NAME)
    except ImportError:
        sys.modules[NAME] = sys.modules[__name__]
        try:
            yield
        finally:
            del sys.modules[NAME]
    else:
        yield


def prepare_torch_pool_input(  # noqa: PLR0917 - as it is called
    input_tensor: Any,
    batch_size: int,
    input_h: int,
    input_w: int,
    channels: int,
    padding: Sequence[int],
    pad_fill_value: float,
) -> tuple[Any, tuple[int, int]]:
    """Return a pool's input as torch has it, and the padding that torch adds: none where the sides differ."""
    import torch

    images = input_tensor.reshape(batch_size, input_h, input_w, -1)[..., :channels].permute(0, 3, 1, 2)
    if len(padding) == 2:
        return images, (padding[0], padding[1])
    top, bottom, left, right = padding
    if (top, left) == (bottom, right):
        return images, (top, left)
    return torch.nn.functional.pad(images, (left, right, top, bottom), value=pad_fill_value), (0, 0)


def pool_output_to_flat_nhwc(output: Any) -> Any:
    """Return torch's output of a pool as ttnn's: [1, 1, batch * height * width, channels]."""
    return output.permute(0, 2, 3, 1).reshape(1, 1, -1, output.shape[1])


def prepare_grid_batching_expected_output(  # noqa: PLR0917 - as it is called
    output: Any,
    batch: int,
    height: int,
    points: int,
    channels: int,
    factor: int,
    batch_output_channels: bool,  # noqa: FBT001
) -> tuple[tuple[int, ...], Any]:
    """Return the shape of a grid sample with several points per position, and the sample itself."""
    if batch_output_channels:
        return (batch, height, points // factor, channels * factor), output
    return (batch, height, points, channels), output
