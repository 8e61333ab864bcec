"""Stable Diffusion XL: a ResNet block of the UNet's middle, 32 x 32 with 1280 channels, and its time embedding."""

from __future__ import annotations

from typing import Any

import pytest
import ttnn

from tracer.zoo.parts import TILE, convolution, kernels, random

SIDE, CHANNELS, TIME, GROUPS = 32, 1280, 1280, 32
DRAM = ttnn.DRAM_MEMORY_CONFIG
BLOCK = ttnn.TensorMemoryLayout.BLOCK_SHARDED
pytestmark = pytest.mark.parametrize("device_params", [{"l1_small_size": 32768}], indirect=True)


def group_norm(device: Any, x: Any) -> Any:
    """Group norm over 32 groups, interleaved in DRAM."""
    grid = ttnn.CoreGrid(y=4, x=8)
    mask = random(device, 1, GROUPS, TILE, 2 * TILE)
    weight, bias = (random(device, 1, 1, CHANNELS // TILE, TILE, layout=ttnn.ROW_MAJOR_LAYOUT) for _ in range(2))
    return ttnn.group_norm(
        x,
        num_groups=GROUPS,
        epsilon=1e-5,
        input_mask=mask,
        weight=weight,
        bias=bias,
        memory_config=DRAM,
        core_grid=grid,
        inplace=False,
        num_out_blocks=1,
    )


def convolved(device: Any, x: Any) -> Any:
    """A 3 x 3 convolution, block-sharded."""
    config = ttnn.Conv2dConfig(weights_dtype=ttnn.bfloat8_b, shard_layout=BLOCK, reshard_if_not_optimal=True)
    channels = (CHANNELS, CHANNELS)
    out, _ = convolution(
        device, x, SIDE, channels, dtype=ttnn.bfloat16, config=config, compute=kernels(device, fp32=False)
    )
    return ttnn.sharded_to_interleaved(out, DRAM)


def test_resnet_block(device: Any) -> None:
    """Norm, SiLU and convolution twice, the time embedding between, the residual around."""
    x = random(device, 1, 1, SIDE * SIDE, CHANNELS)
    y = convolved(device, ttnn.silu(group_norm(device, x)))
    time = ttnn.silu(random(device, 1, 1, TILE, TIME))
    time = ttnn.linear(time, random(device, TIME, CHANNELS), bias=random(device, 1, CHANNELS), memory_config=DRAM)
    y = ttnn.add(y, ttnn.slice(time, [0, 0, 0, 0], [1, 1, 1, CHANNELS]), memory_config=DRAM)
    y = convolved(device, ttnn.silu(group_norm(device, y)))
    x = ttnn.add(x, y, memory_config=DRAM)
    assert tuple(x.shape) == (1, 1, SIDE * SIDE, CHANNELS)


def test_geglu(device: Any) -> None:
    """The gated feed-forward of its transformer blocks."""
    x = random(device, 1, SIDE * SIDE, CHANNELS)
    wide = ttnn.linear(x, random(device, CHANNELS, 8 * CHANNELS, dtype=ttnn.bfloat8_b), memory_config=DRAM)
    x = ttnn.geglu(ttnn.unsqueeze_to_4D(wide), 3, memory_config=DRAM)
    x = ttnn.linear(x, random(device, 4 * CHANNELS, CHANNELS, dtype=ttnn.bfloat8_b), memory_config=DRAM)
    assert tuple(x.shape) == (1, 1, SIDE * SIDE, CHANNELS)
