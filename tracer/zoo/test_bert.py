"""BERT-large for question answering, as it is tuned for one chip: batch 8, 384 tokens, block-sharded throughout.

Each row of cores holds one sequence, each column an eighth of the hidden dimension, which is two heads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import ttnn

from tracer.zoo.parts import Encoder, integers, random

BATCH, TOKENS = 8, 384
HIDDEN, HEADS, FEED_FORWARD = 1024, 16, 4096
VOCABULARY, TYPES, POSITIONS = 30522, 2, 512


def attention(encoder: Encoder, x: Any, mask: Any) -> Any:
    """Self-attention, heads height-sharded: each core has two heads of one sequence."""
    qkv = encoder.linear(x, HIDDEN, 3 * HIDDEN, 6)
    query, key, value = encoder.split(qkv)
    ttnn.deallocate(qkv)
    scores = encoder.matmul(query, key, encoder.head_size, TOKENS, (1, 6))
    ttnn.deallocate(query)
    ttnn.deallocate(key)
    probabilities = ttnn.transformer.attention_softmax_(
        scores, attention_mask=mask, head_size=encoder.head_size, program_config=encoder.softmax_config(6)
    )
    context = encoder.matmul(probabilities, value, TOKENS, encoder.head_size, (4, 2))
    ttnn.deallocate(probabilities)
    ttnn.deallocate(value)
    joined = encoder.join(context)
    ttnn.deallocate(context)
    return encoder.linear(joined, HIDDEN, HIDDEN, 4)


def embed(device: Any) -> Any:
    """Word, type and position embeddings, added and normalised."""
    ids = np.zeros((BATCH, TOKENS))
    looked_up = [
        ttnn.embedding(
            integers(device, ids, ttnn.uint32),
            random(device, rows, HIDDEN, layout=ttnn.ROW_MAJOR_LAYOUT),
            layout=ttnn.TILE_LAYOUT,
        )
        for rows in (VOCABULARY, TYPES, POSITIONS)
    ]
    words, types, positions = looked_up
    x = ttnn.add(ttnn.add(words, types), positions)
    return ttnn.layer_norm(x, weight=random(device, 1, HIDDEN), bias=random(device, 1, HIDDEN), epsilon=1e-12)


def test_embeddings(device: Any) -> None:
    """The embeddings, interleaved in DRAM."""
    assert tuple(embed(device).shape) == (BATCH, TOKENS, HIDDEN)


def test_layer(device: Any) -> None:
    """One encoder layer."""
    encoder = Encoder(device, TOKENS, HIDDEN, HEADS, columns=8)
    x = random(device, BATCH, TOKENS, HIDDEN, dtype=ttnn.bfloat8_b)
    mask = random(device, BATCH, 1, 1, TOKENS)
    x = ttnn.interleaved_to_sharded(x, encoder.sharding)
    x = encoder.norm(attention(encoder, x, mask), x)
    gelu = ttnn.UnaryWithParam(ttnn.UnaryOpType.GELU, True)  # noqa: FBT003 - ttnn's own form: the fast approximation
    wide = encoder.linear(x, HIDDEN, FEED_FORWARD, 8, gelu)
    narrow = encoder.linear(wide, FEED_FORWARD, HIDDEN, 4)
    ttnn.deallocate(wide)
    x = encoder.norm(narrow, x)
    x = ttnn.sharded_to_interleaved(x, ttnn.DRAM_MEMORY_CONFIG)
    assert tuple(x.shape) == (BATCH, TOKENS, HIDDEN)
