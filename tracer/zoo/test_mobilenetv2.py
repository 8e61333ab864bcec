"""MobileNetV2 for images of 224 x 224, batch 4: inverted residuals, height-sharded, with ReLU6."""

from __future__ import annotations

from typing import Any

import pytest
import ttnn

from tracer.zoo.parts import convolution, kernels, random

BATCH = 4
HEIGHT, BLOCK = ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.TensorMemoryLayout.BLOCK_SHARDED
pytestmark = pytest.mark.parametrize("device_params", [{"l1_small_size": 24576}], indirect=True)


def convolved(
    device: Any, x: Any, side: int, outputs: int, *, sharding: Any = HEIGHT, relu6: bool = True, **options: int
) -> tuple[Any, int]:
    """A convolution, by default 1 x 1 with ReLU6; returns the output and the side of its images."""
    config = ttnn.Conv2dConfig(
        weights_dtype=ttnn.bfloat8_b,
        activation=ttnn.UnaryWithParam(ttnn.UnaryOpType.RELU6) if relu6 else None,
        shard_layout=sharding,
        reshard_if_not_optimal=True,
        enable_act_double_buffer=True,
    )
    lofi = kernels(device, ttnn.MathFidelity.LoFi)
    options = {"kernel": 1, "groups": 1, **options}
    channels = (x.shape[-1], outputs)
    return convolution(device, x, side, channels, batch=BATCH, config=config, compute=lofi, sized=True, **options)


def inverted_residual(
    device: Any, x: Any, side: int, channels: tuple[int, int], *, stride: int, sharding: Any = HEIGHT
) -> tuple[Any, int]:
    """Expand six times, depthwise 3 x 3, project, and the residual where shapes allow."""
    inputs, outputs = channels
    inside = 6 * inputs
    y, _ = convolved(device, x, side, inside, sharding=sharding)
    y, small = convolved(device, y, side, inside, groups=inside, kernel=3, stride=stride)
    y, _ = convolved(device, y, small, outputs, relu6=False, sharding=sharding)
    if stride == 1 and inputs == outputs:
        y = ttnn.add(ttnn.to_memory_config(x, y.memory_config()), y, memory_config=y.memory_config())
    return y, small


@pytest.mark.parametrize(
    ("side", "channels", "last", "stride"),
    [(56, 24, 32, 2), (28, 32, 64, 2), (14, 64, 96, 1)],
    ids=["stage3_56", "stage4_28", "stage5_14"],
)
def test_blocks(device: Any, side: int, channels: int, last: int, stride: int) -> None:
    """A block that keeps the images, and one that brings them down or widens them."""
    x = random(device, 1, 1, BATCH * side * side, channels, dtype=ttnn.bfloat8_b)
    x, side = inverted_residual(device, x, side, (channels, channels), stride=1)
    x, small = inverted_residual(device, x, side, (channels, last), stride=stride)
    assert tuple(x.shape) == (1, 1, BATCH * small * small, last)


def test_classifier(device: Any) -> None:
    """The last 1 x 1 convolution, the mean over the image, and the linear layer."""
    x = random(device, 1, 1, BATCH * 49, 320, dtype=ttnn.bfloat8_b)
    x, _ = convolved(device, x, 7, 1280, sharding=BLOCK)
    x = ttnn.sharded_to_interleaved(x, ttnn.L1_MEMORY_CONFIG)
    x = ttnn.untilize(x)
    x = ttnn.reshape(x, (BATCH, 1, 49, 1280))
    x = ttnn.mean(ttnn.tilize_with_zero_padding(x), dim=2, keepdim=True)
    x = ttnn.linear(
        ttnn.reshape(x, (1, 1, BATCH, 1280)),
        random(device, 1280, 1024),
        bias=random(device, 1, 1024),
        dtype=ttnn.bfloat8_b,
    )
    assert tuple(x.shape) == (1, 1, BATCH, 1024)
