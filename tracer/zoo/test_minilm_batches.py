"""MiniLM L6, data-parallel: each chip has the whole model, and its part of a batch of sentences of 72 tokens.

The sentences' embeddings are means over the tokens that are no padding, of length 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import ttnn

from tracer.zoo.meshes import spread, spread_integers

HIDDEN, FEED_FORWARD, HEADS, TOKENS, VOCABULARY, SENTENCES = 384, 1536, 12, 72, 30522, 8
DRAM = ttnn.DRAM_MEMORY_CONFIG
FABRIC = {"fabric_config": ttnn.FabricConfig.FABRIC_1D}
pytestmark = pytest.mark.parametrize("device_params", [FABRIC], indirect=True, ids=["fabric_1d"])


def linear(mesh: Any, x: Any, inputs: int, outputs: int, **options: Any) -> Any:
    """A linear layer, the same on each chip."""
    weight, bias = spread(mesh, (inputs, outputs), None), spread(mesh, (1, outputs), None)
    return ttnn.linear(x, weight, bias=bias, memory_config=DRAM, **options)


def norm(mesh: Any, x: Any) -> Any:
    """Layer norm, the same on each chip."""
    weight, bias = (spread(mesh, (1, HIDDEN), None) for _ in range(2))
    return ttnn.layer_norm(x, weight=weight, bias=bias, epsilon=1e-12)


def embedded(mesh: Any, numbers: Any, rows: int, *dims: int | None) -> Any:
    """The rows of a table that is the same on each chip."""
    table = spread(mesh, (rows, HIDDEN), None, layout=ttnn.ROW_MAJOR_LAYOUT)
    return ttnn.embedding(spread_integers(mesh, numbers, *dims), table, layout=ttnn.TILE_LAYOUT)


def test_sentences(mesh_device: Any) -> None:
    """Embeddings, one layer, and the pooling."""
    batch = SENTENCES * mesh_device.get_num_devices()
    x = embedded(mesh_device, np.ones((batch, TOKENS)), VOCABULARY, 0)
    x = ttnn.add(x, embedded(mesh_device, np.arange(TOKENS).reshape(1, TOKENS), 512, None))
    x = norm(mesh_device, ttnn.add(x, embedded(mesh_device, np.zeros((1, TOKENS)), 2, None)))
    mask = spread(mesh_device, (batch, 1, 1, TOKENS), 0)
    hidden = (ttnn.rsub(mask, 1.0), -1e4)
    qkv = linear(mesh_device, x, HIDDEN, 3 * HIDDEN)
    query, key, value = ttnn.transformer.split_query_key_value_and_split_heads(qkv, num_heads=HEADS)
    scores = ttnn.multiply(ttnn.matmul(query, key), (HIDDEN // HEADS) ** -0.5)
    shares = ttnn.softmax(ttnn.add(scores, ttnn.multiply(*hidden)), dim=-1)
    joined = ttnn.transformer.concatenate_heads(ttnn.matmul(shares, value))
    x = norm(mesh_device, ttnn.add(x, linear(mesh_device, joined, HIDDEN, HIDDEN)))
    wide = ttnn.gelu(linear(mesh_device, x, HIDDEN, FEED_FORWARD), fast_and_approximate_mode=False)
    x = norm(mesh_device, ttnn.add(x, linear(mesh_device, wide, FEED_FORWARD, HIDDEN)))
    column = ttnn.reshape(ttnn.permute(mask, (0, 1, 3, 2)), (SENTENCES, TOKENS, 1))
    total = ttnn.sum(ttnn.multiply(x, column), dim=1, keepdim=True)
    count = ttnn.clamp(ttnn.sum(column, dim=1, keepdim=True), min=1e-9)
    pooled = ttnn.divide(total, count)
    length = ttnn.rsqrt(ttnn.sum(ttnn.square(pooled), dim=-1, keepdim=True))
    vectors = ttnn.multiply(pooled, length)
    whole = ttnn.all_gather(vectors, dim=0, num_links=1, topology=ttnn.Topology.Linear)
    assert tuple(whole.shape) == (batch, 1, HIDDEN)
