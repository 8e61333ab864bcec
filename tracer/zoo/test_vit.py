"""ViT-base/16 for images of 224 x 224, as it is tuned for one chip: batch 8, block-sharded encoder.

Each row of cores holds one image, each of six columns two heads.
"""

from __future__ import annotations

from typing import Any

import ttnn

from tracer.zoo.parts import TILE, block_sharded, kernels, random

BATCH, PATCHES, TOKENS = 8, 196, 224  # 197 with the class token, in whole tiles
HIDDEN, HEADS, FEED_FORWARD, CLASSES = 768, 12, 3072, 1000
PATCH_VALUES = 16 * 16 * 4  # pixels of a patch, three channels and one of padding
HEAD_SIZE = HIDDEN // HEADS
COLUMNS, ROWS = 6, 8
GRID = (COLUMNS, ROWS)
TOKEN_TILES = TOKENS // TILE
HEAD_ROWS = BATCH * HEADS * TOKEN_TILES // (COLUMNS * ROWS)
HEIGHT_SHARDED = ttnn.L1_HEIGHT_SHARDED_MEMORY_CONFIG
BLOCK_SHARDED = ttnn.L1_BLOCK_SHARDED_MEMORY_CONFIG


def linear(device: Any, x: Any, inputs: int, outputs: int, activation: Any = None) -> Any:
    """A linear layer, one sixth of its output on each column of cores."""
    width = outputs // TILE // COLUMNS
    return ttnn.linear(
        x,
        random(device, inputs, outputs, dtype=ttnn.bfloat8_b),
        bias=random(device, 1, outputs, dtype=ttnn.bfloat8_b),
        memory_config=BLOCK_SHARDED,
        dtype=ttnn.bfloat8_b,
        program_config=ttnn.MatmulMultiCoreReuseMultiCastProgramConfig(
            compute_with_storage_grid_size=GRID,
            in0_block_w=inputs // TILE // COLUMNS,
            out_subblock_h=1,
            out_subblock_w=4,
            per_core_M=TOKEN_TILES,
            per_core_N=width,
            transpose_mcast=False,
            fused_activation=activation,
        ),
        compute_kernel_config=kernels(device),
    )


def norm(device: Any, x: Any) -> Any:
    """Layer norm over block-sharded rows."""
    return ttnn.layer_norm(
        x,
        weight=random(device, 1, HIDDEN),
        bias=random(device, 1, HIDDEN),
        epsilon=1e-12,
        memory_config=BLOCK_SHARDED,
        program_config=ttnn.LayerNormShardedMultiCoreProgramConfig(
            compute_with_storage_grid_size=GRID,
            subblock_w=HIDDEN // TILE // COLUMNS,
            block_h=TOKEN_TILES,
            block_w=HIDDEN // TILE // COLUMNS,
            inplace=False,
        ),
        compute_kernel_config=kernels(device, ttnn.MathFidelity.HiFi4),
    )


def attention(device: Any, x: Any) -> Any:
    """Self-attention; scores are scaled before a plain sharded softmax."""
    qkv = linear(device, x, HIDDEN, 3 * HIDDEN)
    query, key, value = ttnn.transformer.split_query_key_value_and_split_heads(
        qkv, memory_config=HEIGHT_SHARDED, num_heads=HEADS
    )
    ttnn.deallocate(qkv)
    scores = ttnn.matmul(
        query,
        key,
        memory_config=HEIGHT_SHARDED,
        dtype=ttnn.bfloat8_b,
        program_config=ttnn.MatmulMultiCoreReuseProgramConfig(
            compute_with_storage_grid_size=GRID,
            in0_block_w=HEAD_SIZE // TILE,
            out_subblock_h=1,
            out_subblock_w=TOKEN_TILES,
            per_core_M=HEAD_ROWS,
            per_core_N=TOKEN_TILES,
        ),
    )
    scores = ttnn.mul_(scores, 1 / HEAD_SIZE**0.5)
    probabilities = ttnn.softmax_in_place(
        scores,
        program_config=ttnn.SoftmaxShardedMultiCoreProgramConfig(
            compute_with_storage_grid_size=GRID, subblock_w=TOKEN_TILES, block_h=HEAD_ROWS, block_w=TOKEN_TILES
        ),
    )
    context = ttnn.matmul(
        probabilities,
        value,
        memory_config=HEIGHT_SHARDED,
        dtype=ttnn.bfloat8_b,
        program_config=ttnn.MatmulMultiCoreReuseProgramConfig(
            compute_with_storage_grid_size=GRID,
            in0_block_w=TOKEN_TILES,
            out_subblock_h=1,
            out_subblock_w=HEAD_SIZE // TILE,
            per_core_M=HEAD_ROWS,
            per_core_N=HEAD_SIZE // TILE,
        ),
    )
    joined = ttnn.transformer.concatenate_heads(
        context, memory_config=block_sharded(BATCH * TOKENS, HIDDEN, COLUMNS, ROWS)
    )
    return linear(device, joined, HIDDEN, HIDDEN)


def test_patches(device: Any) -> None:
    """Patches to tokens: the patch convolution as a matmul, the class token, positions."""
    x = random(device, BATCH, PATCHES, PATCH_VALUES, layout=ttnn.ROW_MAJOR_LAYOUT)
    x = ttnn.tilize_with_zero_padding(x, memory_config=ttnn.L1_MEMORY_CONFIG)
    x = ttnn.linear(
        x,
        random(device, PATCH_VALUES, HIDDEN, dtype=ttnn.bfloat8_b),
        bias=random(device, 1, HIDDEN, dtype=ttnn.bfloat8_b),
        memory_config=ttnn.L1_MEMORY_CONFIG,
        dtype=ttnn.bfloat16,
        core_grid=ttnn.CoreGrid(y=8, x=8),
    )
    x = ttnn.untilize(x)
    x = ttnn.slice(x, [0, 0, 0], [BATCH, PATCHES, HIDDEN])
    class_token = random(device, BATCH, 1, HIDDEN, layout=ttnn.ROW_MAJOR_LAYOUT)
    x = ttnn.concat([class_token, x], dim=1)
    x = ttnn.pad(x, [(0, 0), (0, TOKENS - PATCHES - 1), (0, 0)], 0.0)
    x = ttnn.tilize(x, dtype=ttnn.bfloat8_b)
    x = ttnn.add(x, random(device, 1, TOKENS, HIDDEN), memory_config=ttnn.L1_MEMORY_CONFIG, dtype=ttnn.bfloat8_b)
    assert tuple(x.shape) == (BATCH, TOKENS, HIDDEN)


def test_layer(device: Any) -> None:
    """One encoder layer: norm first, residuals added block-sharded."""
    x = random(device, BATCH, TOKENS, HIDDEN, dtype=ttnn.bfloat8_b)
    x = ttnn.interleaved_to_sharded(x, block_sharded(BATCH * TOKENS, HIDDEN, COLUMNS, ROWS))
    attended = attention(device, norm(device, x))
    x = ttnn.add(attended, x, memory_config=BLOCK_SHARDED, dtype=ttnn.bfloat8_b)
    ttnn.deallocate(attended)
    gelu = ttnn.UnaryWithParam(ttnn.UnaryOpType.GELU, True)  # noqa: FBT003 - ttnn's own form: the fast approximation
    wide = linear(device, norm(device, x), HIDDEN, FEED_FORWARD, gelu)
    narrow = linear(device, wide, FEED_FORWARD, HIDDEN)
    ttnn.deallocate(wide)
    x = ttnn.add(narrow, x, memory_config=BLOCK_SHARDED, dtype=ttnn.bfloat8_b)
    x = ttnn.sharded_to_interleaved(x, ttnn.L1_MEMORY_CONFIG)
    assert tuple(x.shape) == (BATCH, TOKENS, HIDDEN)


def test_classifier(device: Any) -> None:
    """The head: the class token of every image to 1000 classes, padded to whole tiles."""
    classes = -(-CLASSES // TILE) * TILE
    x = random(device, BATCH, TOKENS, HIDDEN, dtype=ttnn.bfloat16)
    x = ttnn.layer_norm(x, weight=random(device, 1, HIDDEN), bias=random(device, 1, HIDDEN), epsilon=1e-12)
    x = ttnn.linear(
        x,
        random(device, HIDDEN, classes, dtype=ttnn.bfloat8_b),
        bias=random(device, 1, classes, dtype=ttnn.bfloat8_b),
        dtype=ttnn.bfloat8_b,
        core_grid=ttnn.CoreGrid(y=8, x=8),
    )
    x = ttnn.softmax(x, dim=-1)
    assert tuple(x.shape) == (BATCH, TOKENS, classes)
