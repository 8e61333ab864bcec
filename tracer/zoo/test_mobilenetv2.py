"""MobileNetV2 for images of 224 x 224, batch 4: inverted residuals, height-sharded, with ReLU6."""

from __future__ import annotations

from typing import Any

import pytest
import ttnn

from tracer.zoo.parts import kernels, random, random_on_host

BATCH = 4
HEIGHT, BLOCK = ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.TensorMemoryLayout.BLOCK_SHARDED
pytestmark = pytest.mark.parametrize("device_params", [{"l1_small_size": 24576}], indirect=True)


def convolution(device: Any, x: Any, side: int, outputs: int, **given: Any) -> tuple[Any, int]:
    """A convolution with its batch norm folded in; `groups`, `kernel`, `stride`, `relu6`, `sharding` have defaults."""
    inputs, kernel, groups = given["inputs"], given.get("kernel", 1), given.get("groups", 1)
    relu6 = ttnn.UnaryWithParam(ttnn.UnaryOpType.RELU6) if given.get("relu6", True) else None
    out, (height, _), _ = ttnn.conv2d(
        input_tensor=x,
        weight_tensor=random_on_host(outputs, inputs // groups, kernel, kernel),
        bias_tensor=random_on_host(1, 1, 1, outputs),
        device=device,
        in_channels=inputs,
        out_channels=outputs,
        batch_size=BATCH,
        input_height=side,
        input_width=side,
        kernel_size=(kernel, kernel),
        stride=(given.get("stride", 1), given.get("stride", 1)),
        padding=(kernel // 2, kernel // 2),
        groups=groups,
        dtype=ttnn.bfloat8_b,
        conv_config=ttnn.Conv2dConfig(
            weights_dtype=ttnn.bfloat8_b,
            activation=relu6,
            shard_layout=given.get("sharding", HEIGHT),
            reshard_if_not_optimal=True,
            enable_act_double_buffer=True,
        ),
        compute_config=kernels(device, ttnn.MathFidelity.LoFi),
        return_output_dim=True,
        return_weights_and_bias=True,
    )
    return out, height


def inverted_residual(
    device: Any, x: Any, side: int, channels: tuple[int, int], *, stride: int, sharding: Any = HEIGHT
) -> tuple[Any, int]:
    """Expand six times, depthwise 3 x 3, project, and the residual where shapes allow."""
    inputs, outputs = channels
    inside = 6 * inputs
    y, _ = convolution(device, x, side, inside, inputs=inputs, sharding=sharding)
    y, small = convolution(device, y, side, inside, inputs=inside, groups=inside, kernel=3, stride=stride)
    y, _ = convolution(device, y, small, outputs, inputs=inside, relu6=False, sharding=sharding)
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
    x, _ = convolution(device, x, 7, 1280, inputs=320, sharding=BLOCK)
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
