"""EfficientNet-B0 for images of 224 x 224, batch 1: MBConv blocks with squeeze and excitation.

Channels that are no multiple of a tile are padded by ttnn itself; images lie height-sharded in L1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import ttnn

from tracer.zoo.parts import convolution, kernels, random

HEIGHT, WIDTH = ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.TensorMemoryLayout.WIDTH_SHARDED
pytestmark = pytest.mark.parametrize("device_params", [{"l1_small_size": 24576}], indirect=True)


@dataclass(frozen=True)
class Stage:
    """One row of EfficientNet-B0's table: an MBConv block.

    Attributes:
        side: height and width of the images that come in.
        inputs, outputs: channels.
        expansion: how many times more channels there are inside.
        kernel, stride: of the depthwise convolution.
    """

    side: int
    inputs: int
    outputs: int
    expansion: int = 6
    kernel: int = 3
    stride: int = 1


def convolved(
    device: Any, x: Any, side: int, outputs: int, *, sharding: Any = HEIGHT, last_use: bool = False, **options: int
) -> tuple[Any, int]:
    """A convolution, 1 x 1 by default; returns the output and the side of its images."""
    config = ttnn.Conv2dConfig(
        weights_dtype=ttnn.bfloat8_b,
        shard_layout=sharding,
        reshard_if_not_optimal=True,
        deallocate_activation=last_use,
        enable_act_double_buffer=True,
    )
    lofi = kernels(device, ttnn.MathFidelity.LoFi, fp32=True)
    options = {"kernel": 1, "groups": 1, **options}
    return convolution(device, x, side, (x.shape[-1], outputs), config=config, compute=lofi, sized=True, **options)


def swish(x: Any) -> Any:
    """Swish: x times its sigmoid, with an exact sigmoid."""
    gate = ttnn.sigmoid_accurate(x)
    out = ttnn.multiply(x, gate, memory_config=x.memory_config(), dtype=ttnn.bfloat8_b)
    ttnn.deallocate(gate)
    return out


def squeeze_and_excite(device: Any, x: Any, side: int, channels: int, squeezed: int) -> Any:
    """Scale every channel by a small network over the channels' means."""
    flat = ttnn.sharded_to_interleaved(x, ttnn.L1_MEMORY_CONFIG)
    mean = ttnn.mean(flat, dim=2, keepdim=True, memory_config=ttnn.L1_MEMORY_CONFIG)
    gate, _ = convolved(device, mean, 1, squeezed, sharding=WIDTH)
    gate = ttnn.silu(gate)
    gate, _ = convolved(device, gate, 1, channels, sharding=WIDTH)
    gate = ttnn.sharded_to_interleaved(ttnn.sigmoid(gate), ttnn.L1_MEMORY_CONFIG)
    out = ttnn.multiply(flat, gate, memory_config=ttnn.L1_MEMORY_CONFIG, dtype=ttnn.bfloat8_b)
    ttnn.deallocate(flat)
    assert tuple(out.shape) == (1, 1, side * side, channels)
    return out


def block(device: Any, x: Any, stage: Stage) -> tuple[Any, int]:
    """MBConv: expand, depthwise, squeeze and excite, project, and the residual where shapes allow."""
    inside = stage.inputs * stage.expansion
    y, side = x, stage.side
    if stage.expansion > 1:
        y, _ = convolved(device, y, side, inside)
        y = swish(y)
    y, side = convolved(device, y, side, inside, groups=inside, kernel=stage.kernel, stride=stage.stride)
    y = swish(y)
    y = squeeze_and_excite(device, y, side, inside, stage.inputs // 4)
    y, _ = convolved(device, y, side, stage.outputs, last_use=True)
    if stage.inputs == stage.outputs and stage.stride == 1:
        x = ttnn.to_memory_config(x, y.memory_config())
        y = ttnn.add(x, y, memory_config=y.memory_config(), dtype=ttnn.bfloat8_b)
    return y, side


@pytest.mark.parametrize(
    "stages",
    [
        pytest.param([Stage(112, 32, 16, expansion=1)], id="mbconv1_112"),
        pytest.param([Stage(112, 16, 24, stride=2), Stage(56, 24, 24)], id="mbconv6_56"),
        pytest.param([Stage(56, 24, 40, kernel=5, stride=2), Stage(28, 40, 40, kernel=5)], id="mbconv6_28"),
        pytest.param([Stage(28, 40, 80, stride=2), Stage(14, 80, 80)], id="mbconv6_14"),
    ],
)
def test_blocks(device: Any, stages: list[Stage]) -> None:
    """The blocks of one image size: the first one brings the images down to it, the next keeps it."""
    side, channels = stages[0].side, stages[0].inputs
    x = random(device, 1, 1, side * side, channels, dtype=ttnn.bfloat8_b)
    for stage in stages:
        x, side = block(device, x, stage)
    assert tuple(x.shape) == (1, 1, side * side, stages[-1].outputs)
