"""Whisper small for 30 seconds of speech: an encoder layer over 1500 frames, a decoder layer with cross-attention."""

from __future__ import annotations

from typing import Any

import numpy as np
import ttnn

from tracer.zoo.parts import TILE, integers, kernels, random

FRAMES, TOKENS, HIDDEN, HEADS, FEED_FORWARD, VOCABULARY = 1504, 32, 768, 12, 3072, 51865
HEAD_SIZE = HIDDEN // HEADS
DRAM, L1 = ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG


def linear(device: Any, x: Any, outputs: int, activation: str | None = None, memory: Any = DRAM) -> Any:
    """A linear layer; its activation is fused."""
    return ttnn.linear(
        x,
        random(device, x.shape[-1], outputs, dtype=ttnn.bfloat8_b),
        bias=random(device, 1, outputs, dtype=ttnn.bfloat8_b),
        activation=activation,
        memory_config=memory,
        core_grid=ttnn.CoreGrid(y=8, x=8),
        compute_kernel_config=kernels(device, ttnn.MathFidelity.HiFi4),
    )


def norm(device: Any, x: Any) -> Any:
    """Layer norm."""
    return ttnn.layer_norm(x, weight=random(device, 1, HIDDEN), bias=random(device, 1, HIDDEN), epsilon=1e-5)


def heads(x: Any) -> Any:
    """Queries, keys and values by head."""
    return ttnn.transformer.split_query_key_value_and_split_heads(
        x, num_heads=HEADS, transpose_key=False, memory_config=DRAM
    )


def attend(device: Any, query: Any, key: Any, value: Any, *, causal: bool) -> Any:
    """Flash attention, and the heads joined again."""
    attended = ttnn.transformer.scaled_dot_product_attention(
        query,
        key,
        value,
        is_causal=causal,
        scale=HEAD_SIZE**-0.5,
        program_config=ttnn.SDPAProgramConfig(
            compute_with_storage_grid_size=(8, 8), q_chunk_size=32, k_chunk_size=32, exp_approx_mode=False
        ),
        compute_kernel_config=kernels(device, ttnn.MathFidelity.HiFi4, approx=False),
    )
    return ttnn.transformer.concatenate_heads(attended)


def feed_forward(device: Any, x: Any) -> Any:
    """Two linear layers, with GELU."""
    return linear(device, linear(device, x, FEED_FORWARD, "gelu"), HIDDEN)


def test_encoder_layer(device: Any) -> None:
    """One encoder layer over all frames."""
    x = ttnn.add(random(device, 1, FRAMES, HIDDEN), random(device, 1, FRAMES, HIDDEN))
    query, key, value = heads(linear(device, norm(device, x), 3 * HIDDEN))
    x = ttnn.add(x, linear(device, attend(device, query, key, value, causal=False), HIDDEN))
    x = ttnn.add(x, feed_forward(device, norm(device, x)))
    assert tuple(norm(device, x).shape) == (1, FRAMES, HIDDEN)


def test_decoder_layer(device: Any) -> None:
    """Embeddings, causal self-attention, attention to the encoder's frames."""
    ids = integers(device, np.zeros((1, TOKENS)), ttnn.uint32)
    table = random(device, VOCABULARY, HIDDEN, layout=ttnn.ROW_MAJOR_LAYOUT)
    x = ttnn.add(ttnn.embedding(ids, table, layout=ttnn.TILE_LAYOUT), random(device, 1, TOKENS, HIDDEN))
    query, key, value = heads(linear(device, norm(device, x), 3 * HIDDEN, memory=L1))
    x = ttnn.add(x, linear(device, attend(device, query, key, value, causal=True), HIDDEN))
    query = linear(device, norm(device, x), HIDDEN)
    query = ttnn.permute(ttnn.reshape(query, (1, TOKENS, HEADS, HEAD_SIZE)), (0, 2, 1, 3))
    frames = linear(device, random(device, 1, FRAMES, HIDDEN), 2 * HIDDEN)
    key, value = (
        ttnn.permute(ttnn.reshape(each, (1, FRAMES, HEADS, HEAD_SIZE)), (0, 2, 1, 3))
        for each in (
            ttnn.slice(frames, [0, 0, first], [1, FRAMES, first + HIDDEN], memory_config=DRAM) for first in (0, HIDDEN)
        )
    )
    x = ttnn.add(x, linear(device, attend(device, query, key, value, causal=False), HIDDEN))
    x = ttnn.add(x, feed_forward(device, norm(device, x)))
    assert tuple(x.shape) == (1, TOKENS, HIDDEN)


def test_head(device: Any) -> None:
    """The likeliest next token."""
    padded = -(-VOCABULARY // TILE) * TILE
    x = norm(device, random(device, 1, TOKENS, HIDDEN))
    logits = ttnn.untilize(ttnn.matmul(x, random(device, HIDDEN, padded, dtype=ttnn.bfloat8_b), dtype=ttnn.bfloat16))
    assert tuple(ttnn.argmax(logits, dim=2, keepdim=True).shape) == (1, TOKENS, 1)
