"""CLIP's text encoder of Stable Diffusion (ViT-L/14): 77 tokens padded to 96, causal, interleaved in L1."""

from __future__ import annotations

from typing import Any

import numpy as np
import ttnn

from tracer.zoo.parts import integers, kernels, random

BATCH, TOKENS, HIDDEN, HEADS, FEED_FORWARD, VOCABULARY = 2, 96, 768, 12, 3072, 49408
L1 = ttnn.L1_MEMORY_CONFIG


def linear(device: Any, x: Any, outputs: int) -> Any:
    """A linear layer over the whole grid."""
    weight = random(device, x.shape[-1], outputs, dtype=ttnn.bfloat8_b)
    bias = random(device, 1, outputs, dtype=ttnn.bfloat8_b)
    grid = ttnn.CoreGrid(y=8, x=8)
    return ttnn.linear(x, weight, bias=bias, memory_config=L1, core_grid=grid, compute_kernel_config=kernels(device))


def norm(device: Any, x: Any) -> Any:
    """Layer norm."""
    weight, bias = random(device, 1, HIDDEN), random(device, 1, HIDDEN)
    return ttnn.layer_norm(x, weight=weight, bias=bias, epsilon=1e-5, memory_config=L1)


def attention(device: Any, x: Any) -> Any:
    """Causal self-attention: scores, mask and softmax apart."""
    qkv = linear(device, x, 3 * HIDDEN)
    query, key, value = ttnn.transformer.split_query_key_value_and_split_heads(qkv, num_heads=HEADS, memory_config=L1)
    mask = random(device, 1, 1, TOKENS, TOKENS)
    scores = ttnn.matmul(query, key, memory_config=L1, core_grid=ttnn.CoreGrid(y=8, x=8))
    scores = ttnn.multiply(scores, (HIDDEN // HEADS) ** -0.5, memory_config=L1)
    probabilities = ttnn.softmax(ttnn.add(scores, mask, memory_config=L1), dim=-1, numeric_stable=True)
    context = ttnn.matmul(probabilities, value, memory_config=L1)
    return linear(device, ttnn.transformer.concatenate_heads(context, memory_config=L1), HIDDEN)


def test_embeddings(device: Any) -> None:
    """Token and position embeddings."""
    ids = integers(device, np.zeros((BATCH, TOKENS)), ttnn.uint32)
    words = ttnn.embedding(
        ids, random(device, VOCABULARY, HIDDEN, layout=ttnn.ROW_MAJOR_LAYOUT), layout=ttnn.TILE_LAYOUT
    )
    x = ttnn.add(words, random(device, 1, TOKENS, HIDDEN), memory_config=L1)
    assert tuple(x.shape) == (BATCH, TOKENS, HIDDEN)


def test_layer(device: Any) -> None:
    """One encoder layer, with CLIP's quick GELU: x times the sigmoid of 1.702 x."""
    x = random(device, BATCH, TOKENS, HIDDEN)
    x = ttnn.add(x, attention(device, norm(device, x)), memory_config=L1)
    wide = linear(device, norm(device, x), FEED_FORWARD)
    gate = ttnn.sigmoid(ttnn.multiply(wide, 1.702, memory_config=L1), memory_config=L1)
    x = ttnn.add(x, linear(device, ttnn.multiply(wide, gate, memory_config=L1), HIDDEN), memory_config=L1)
    assert tuple(x.shape) == (BATCH, TOKENS, HIDDEN)


def test_pooled(device: Any) -> None:
    """The last token's row of each text, projected into the space of images."""
    x = norm(device, random(device, BATCH, TOKENS, HIDDEN))
    last = ttnn.slice(ttnn.to_layout(x, ttnn.ROW_MAJOR_LAYOUT), [0, 76, 0], [BATCH, 77, HIDDEN])
    last = ttnn.tilize_with_zero_padding(ttnn.reshape(last, (1, BATCH, HIDDEN)))
    x = ttnn.matmul(last, random(device, HIDDEN, HIDDEN))
    assert tuple(x.shape) == (1, BATCH, HIDDEN)
