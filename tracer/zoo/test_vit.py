"""ViT-base/16 for images of 224 x 224, as it is tuned for one chip: batch 8, block-sharded encoder.

Each row of cores holds one image, each of six columns two heads.
"""

from __future__ import annotations

from typing import Any

import ttnn

from tracer.zoo.parts import TILE, Encoder, random

BATCH, PATCHES, TOKENS = 8, 196, 224  # 197 with the class token, in whole tiles
HIDDEN, HEADS, FEED_FORWARD, CLASSES = 768, 12, 3072, 1000
PATCH_VALUES = 16 * 16 * 4  # pixels of a patch, three channels and one of padding


def attention(encoder: Encoder, x: Any) -> Any:
    """Self-attention; scores are scaled before a plain sharded softmax."""
    qkv = encoder.linear(x, HIDDEN, 3 * HIDDEN, 4)
    query, key, value = encoder.split(qkv)
    ttnn.deallocate(qkv)
    scores = encoder.matmul(query, key, encoder.head_size, TOKENS, (1, 7))
    scores = ttnn.mul_(scores, 1 / encoder.head_size**0.5)
    probabilities = ttnn.softmax_in_place(scores, program_config=encoder.softmax_config(7))
    context = encoder.matmul(probabilities, value, TOKENS, encoder.head_size, (1, 2))
    return encoder.linear(encoder.join(context), HIDDEN, HIDDEN, 4)


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
    encoder = Encoder(device, TOKENS, HIDDEN, HEADS, columns=6)
    x = ttnn.interleaved_to_sharded(x, encoder.sharding)
    attended = attention(encoder, encoder.norm(x))
    x = ttnn.add(attended, x, memory_config=ttnn.L1_BLOCK_SHARDED_MEMORY_CONFIG, dtype=ttnn.bfloat8_b)
    ttnn.deallocate(attended)
    gelu = ttnn.UnaryWithParam(ttnn.UnaryOpType.GELU, True)  # noqa: FBT003 - ttnn's own form: the fast approximation
    wide = encoder.linear(encoder.norm(x), HIDDEN, FEED_FORWARD, 4, gelu)
    narrow = encoder.linear(wide, FEED_FORWARD, HIDDEN, 4)
    ttnn.deallocate(wide)
    x = ttnn.add(narrow, x, memory_config=ttnn.L1_BLOCK_SHARDED_MEMORY_CONFIG, dtype=ttnn.bfloat8_b)
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
