"""Falcon 7B: a decoder layer over a prompt of 128 tokens; attention of 71 heads with one key, beside the MLP."""

from __future__ import annotations

from typing import Any

import numpy as np
import ttnn

from tracer.zoo.parts import integers, kernels, random

TOKENS, HIDDEN, HEADS, HEAD_SIZE, VOCABULARY = 128, 4544, 71, 64, 65024
DRAM, L1 = ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG


def linear(device: Any, x: Any, outputs: int, activation: str | None = None) -> Any:
    """A linear layer without bias."""
    return ttnn.linear(
        x,
        random(device, 1, 1, x.shape[-1], outputs, dtype=ttnn.bfloat8_b),
        activation=activation,
        dtype=ttnn.bfloat16,
        memory_config=DRAM,
        core_grid=ttnn.CoreGrid(y=7, x=8),
        compute_kernel_config=kernels(device, ttnn.MathFidelity.LoFi),
    )


def norm(device: Any, x: Any) -> Any:
    """Layer norm, its weight and bias applied apart, as Falcon's port does."""
    x = ttnn.layer_norm(x, epsilon=1e-5, memory_config=DRAM)
    x = ttnn.multiply(x, random(device, 1, 1, 1, HIDDEN), memory_config=DRAM)
    return ttnn.add(x, random(device, 1, 1, 1, HIDDEN), memory_config=DRAM)


def attention(device: Any, x: Any) -> Any:
    """Multi-query attention with rotary embeddings."""
    qkv = linear(device, x, (HEADS + 2) * HEAD_SIZE)
    query, key, value = ttnn.experimental.nlp_create_qkv_heads_falcon7b(qkv, memory_config=DRAM)
    cos, sin = (random(device, 1, 1, TOKENS, HEAD_SIZE) for _ in range(2))
    query = ttnn.experimental.rotary_embedding(query, cos, sin, memory_config=DRAM)
    key = ttnn.experimental.rotary_embedding(key, cos, sin, memory_config=DRAM)
    scores = ttnn.matmul(query, ttnn.transpose(key, -2, -1), memory_config=DRAM)
    scores = ttnn.multiply(scores, HEAD_SIZE**-0.5)
    probabilities = ttnn.softmax(ttnn.add(scores, random(device, 1, 1, TOKENS, TOKENS)), dim=-1)
    context = ttnn.matmul(probabilities, value, memory_config=DRAM)
    return linear(device, ttnn.experimental.nlp_concat_heads(context, memory_config=DRAM), HIDDEN)


def test_prefill(device: Any) -> None:
    """Embedding, and one decoder layer: attention and MLP take the same norm."""
    ids = integers(device, np.zeros((1, TOKENS)), ttnn.uint32)
    table = random(device, VOCABULARY, HIDDEN, layout=ttnn.ROW_MAJOR_LAYOUT)
    x = ttnn.unsqueeze_to_4D(ttnn.embedding(ids, table, layout=ttnn.TILE_LAYOUT))
    normed = norm(device, x)
    wide = linear(device, normed, 4 * HIDDEN, "gelu")
    x = ttnn.add(ttnn.add(linear(device, wide, HIDDEN), attention(device, normed)), x, memory_config=DRAM)
    assert tuple(x.shape) == (1, 1, TOKENS, HIDDEN)
