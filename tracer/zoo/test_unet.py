"""A shallow UNet for images of 256 x 256: one level down, one level up, and the skip between them."""

from __future__ import annotations

from typing import Any

import pytest
import ttnn

from tracer.zoo.parts import convolution, kernels, random, random_on_host

HEIGHT = ttnn.TensorMemoryLayout.HEIGHT_SHARDED
SIDE, NARROW, WIDE = 128, 32, 64
pytestmark = pytest.mark.parametrize("device_params", [{"l1_small_size": 65536}], indirect=True)


def convolved(device: Any, x: Any, side: int, inputs: int, outputs: int) -> Any:
    """A 3 x 3 convolution, and ReLU."""
    config = ttnn.Conv2dConfig(
        weights_dtype=ttnn.bfloat8_b,
        activation=ttnn.UnaryWithParam(ttnn.UnaryOpType.RELU),
        shard_layout=HEIGHT,
        act_block_h_override=64,
    )
    lofi = kernels(device, ttnn.MathFidelity.LoFi)
    return convolution(device, x, side, (inputs, outputs), config=config, compute=lofi)[0]


def test_down(device: Any) -> None:
    """Two convolutions, and a max pool to half the side."""
    x = random(device, 1, 1, SIDE * SIDE, NARROW, dtype=ttnn.bfloat8_b)
    x = convolved(device, x, SIDE, NARROW, NARROW)
    x = convolved(device, x, SIDE, NARROW, NARROW)
    x = ttnn.max_pool2d(
        input_tensor=x,
        batch_size=1,
        input_h=SIDE,
        input_w=SIDE,
        channels=NARROW,
        kernel_size=[2, 2],
        stride=[2, 2],
        padding=[0, 0],
        dilation=[1, 1],
    )
    assert tuple(x.shape) == (1, 1, SIDE * SIDE // 4, NARROW)


def test_up(device: Any) -> None:
    """A transposed convolution to twice the side, the skip beside it, and two convolutions."""
    half = SIDE // 2
    x = random(device, 1, 1, half * half, WIDE, dtype=ttnn.bfloat8_b)
    x, _ = ttnn.conv_transpose2d(
        input_tensor=x,
        weight_tensor=random_on_host(WIDE, NARROW, 2, 2),
        bias_tensor=random_on_host(1, 1, 1, NARROW),
        device=device,
        in_channels=WIDE,
        out_channels=NARROW,
        batch_size=1,
        input_height=half,
        input_width=half,
        kernel_size=(2, 2),
        stride=(2, 2),
        padding=(0, 0),
        output_padding=(0, 0),
        dilation=(1, 1),
        groups=1,
        dtype=ttnn.bfloat8_b,
        conv_config=ttnn.Conv2dConfig(weights_dtype=ttnn.bfloat8_b, shard_layout=HEIGHT),
        compute_config=kernels(device, ttnn.MathFidelity.LoFi),
        return_weights_and_bias=True,
    )
    x = ttnn.sharded_to_interleaved(x, ttnn.DRAM_MEMORY_CONFIG)
    skip = random(device, 1, 1, SIDE * SIDE, NARROW, dtype=ttnn.bfloat8_b)
    x = ttnn.concat([x, skip], dim=3, memory_config=ttnn.DRAM_MEMORY_CONFIG)
    x = convolved(device, x, SIDE, WIDE, NARROW)
    assert tuple(convolved(device, x, SIDE, NARROW, NARROW).shape) == (1, 1, SIDE * SIDE, NARROW)


def test_upsample(device: Any) -> None:
    """The other way up: nearest neighbours, in rows."""
    x = random(device, 1, SIDE // 2, SIDE // 2, WIDE, layout=ttnn.ROW_MAJOR_LAYOUT)
    assert tuple(ttnn.upsample(x, (2, 2)).shape) == (1, SIDE, SIDE, WIDE)
