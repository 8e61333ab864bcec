"""ResNet-50 for images of 224 x 224, batch 16: bottlenecks of the first and the third stage, and the stem.

Convolutions are sharded as they are tuned for one chip: over height while images are large, in blocks once channels
are many. Activations and weights are BFLOAT8_B.
"""

from __future__ import annotations

from typing import Any

import pytest
import ttnn

from tracer.zoo.parts import convolution, cores, kernels, random, sharded

BATCH = 16
HEIGHT, BLOCK = ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.TensorMemoryLayout.BLOCK_SHARDED
pytestmark = pytest.mark.parametrize("device_params", [{"l1_small_size": 16384}], indirect=True)


def convolved(
    device: Any, x: Any, side: int, outputs: int, *, sharding: Any = HEIGHT, relu: bool = True, **options: int
) -> tuple[Any, int]:
    """A convolution, by default with ReLU; returns the output and the side of its images."""
    config = ttnn.Conv2dConfig(
        weights_dtype=ttnn.bfloat8_b,
        activation=ttnn.UnaryWithParam(ttnn.UnaryOpType.RELU) if relu else None,
        shard_layout=sharding,
        reshard_if_not_optimal=True,
        enable_act_double_buffer=True,
        enable_weights_double_buffer=True,
    )
    lofi = kernels(device, ttnn.MathFidelity.LoFi)
    channels = (x.shape[-1], outputs)
    return convolution(device, x, side, channels, batch=BATCH, config=config, compute=lofi, sized=True, **options)


def bottleneck(device: Any, x: Any, side: int, *, width: int, stride: int, sharding: Any) -> tuple[Any, int]:
    """1 x 1 down, 3 x 3, 1 x 1 up, and the shortcut, through a convolution where shapes change."""
    inputs, outputs = x.shape[-1], 4 * width
    y, _ = convolved(device, x, side, width, sharding=sharding, kernel=1)
    y, small = convolved(device, y, side, width, sharding=sharding, kernel=3, stride=stride)
    y, _ = convolved(device, y, small, outputs, sharding=sharding, relu=False, kernel=1)
    if inputs != outputs or stride != 1:
        x, _ = convolved(device, x, side, outputs, sharding=sharding, relu=False, kernel=1, stride=stride)
    if x.memory_config() != y.memory_config():
        x = ttnn.to_memory_config(x, y.memory_config())
    y = ttnn.add_(y, x, activations=[ttnn.UnaryWithParam(ttnn.UnaryOpType.RELU)])
    return y, small


def test_stem(device: Any) -> None:
    """7 x 7 convolution and max pool of the images."""
    x = random(device, 1, 1, BATCH * 224 * 224, 16, layout=ttnn.ROW_MAJOR_LAYOUT)
    x, side = convolved(device, x, 224, 64, kernel=7, stride=2)
    x = ttnn.max_pool2d(
        input_tensor=x,
        batch_size=BATCH,
        input_h=side,
        input_w=side,
        channels=64,
        kernel_size=[3, 3],
        stride=[2, 2],
        padding=[1, 1],
        dilation=[1, 1],
    )
    assert tuple(x.shape) == (1, 1, BATCH * 56 * 56, 64)


def test_first_stage(device: Any) -> None:
    """Two bottlenecks over images of 56 x 56, height-sharded."""
    x = random(device, 1, 1, BATCH * 56 * 56, 64, dtype=ttnn.bfloat8_b)
    x, side = bottleneck(device, x, 56, width=64, stride=1, sharding=HEIGHT)
    x, side = bottleneck(device, x, side, width=64, stride=1, sharding=HEIGHT)
    assert (tuple(x.shape), side) == ((1, 1, BATCH * 56 * 56, 256), 56)


def test_third_stage(device: Any) -> None:
    """Two bottlenecks down to images of 14 x 14, block-sharded."""
    x = random(device, 1, 1, BATCH * 28 * 28, 512, dtype=ttnn.bfloat8_b)
    x, side = bottleneck(device, x, 28, width=256, stride=2, sharding=BLOCK)
    x, side = bottleneck(device, x, side, width=256, stride=1, sharding=BLOCK)
    assert (tuple(x.shape), side) == ((1, 1, BATCH * 14 * 14, 1024), 14)


def test_classifier(device: Any) -> None:
    """Average pool over 7 x 7 and the linear layer to 1000 classes, width-sharded over 32 cores."""
    x = random(device, BATCH, 1, 49, 2048, dtype=ttnn.bfloat8_b)
    x = ttnn.mean(x, dim=2, keepdim=True, memory_config=ttnn.L1_MEMORY_CONFIG)
    x = ttnn.reshape(x, (1, 1, BATCH, 2048))
    x = ttnn.interleaved_to_sharded(x, sharded(ttnn.TensorMemoryLayout.WIDTH_SHARDED, cores(8, 4), (32, 64)))
    x = ttnn.linear(
        x,
        random(device, 1, 1, 2048, 1024, dtype=ttnn.bfloat8_b),
        bias=random(device, 1, 1, 1, 1024, dtype=ttnn.bfloat8_b),
        memory_config=ttnn.L1_WIDTH_SHARDED_MEMORY_CONFIG,
        dtype=ttnn.bfloat16,
        program_config=ttnn.MatmulMultiCoreReuseMultiCast1DProgramConfig(
            compute_with_storage_grid_size=(8, 4),
            in0_block_w=2,
            out_subblock_h=1,
            out_subblock_w=1,
            per_core_M=1,
            per_core_N=1,
            fuse_batch=True,
            fused_activation=None,
            mcast_in0=True,
        ),
        compute_kernel_config=kernels(device, ttnn.MathFidelity.LoFi),
    )
    x = ttnn.sharded_to_interleaved(x, ttnn.DRAM_MEMORY_CONFIG)
    assert tuple(x.shape) == (1, 1, BATCH, 1024)
