"""Qwen3 1.7B, tensor-parallel over a row of chips: a decoder layer, for a prompt and for the next token of 32 users.

The weights come from the host: columns of the first linear layers and rows of the last on each chip, whose outputs are
added up on all of them. Norms, rotations and masks are the same on each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import ttnn

from tracer.zoo.meshes import spread, spread_integers
from tracer.zoo.parts import TILE, cores, kernels, sharded

HIDDEN, FEED_FORWARD, HEADS, KV_HEADS, HEAD_SIZE, VOCABULARY = 2048, 6144, 16, 8, 128, 32768
TOKENS, USERS, CACHED = 128, 32, 1024
DRAM, L1 = ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG
FABRIC = {"fabric_config": ttnn.FabricConfig.FABRIC_1D}
pytestmark = pytest.mark.parametrize("device_params", [FABRIC], indirect=True, ids=["fabric_1d"])


def linear(mesh: Any, x: Any, inputs: int, outputs: int, dim: int, **options: Any) -> Any:
    """A linear layer: `dim` is 3 for columns on each chip, 2 for rows."""
    weights = spread(mesh, (1, 1, inputs, outputs), dim, dtype=ttnn.bfloat8_b)
    return ttnn.linear(x, weights, dtype=ttnn.bfloat16, compute_kernel_config=kernels(mesh), **options)


def norm(mesh: Any, x: Any, size: int = HIDDEN) -> Any:
    """RMS norm, the same on each chip."""
    weights = spread(mesh, (1, 1, size // TILE, TILE), None, layout=ttnn.ROW_MAJOR_LAYOUT)
    return ttnn.rms_norm(x, epsilon=1e-6, weight=weights, compute_kernel_config=kernels(mesh))


def mlp(mesh: Any, x: Any, memory: Any) -> Any:
    """Gate and up by columns, down by rows, the sum on each chip."""
    gate = linear(mesh, x, HIDDEN, FEED_FORWARD, 3, memory_config=memory, activation="silu")
    up = linear(mesh, x, HIDDEN, FEED_FORWARD, 3, memory_config=memory)
    down = linear(mesh, ttnn.mul(gate, up, memory_config=memory), FEED_FORWARD, HIDDEN, 2, memory_config=memory)
    return ttnn.all_reduce(down, num_links=1, topology=ttnn.Topology.Linear, memory_config=memory)


def rotations(mesh: Any, tokens: int) -> tuple[Any, Any]:
    """Cosines and sines of the positions, the same on each chip."""
    return spread(mesh, (1, 1, tokens, HEAD_SIZE), None), spread(mesh, (1, 1, tokens, HEAD_SIZE), None)


def test_prefill(mesh_device: Any) -> None:
    """The prompt of one user."""
    chips = mesh_device.get_num_devices()
    tokens = spread_integers(mesh_device, np.arange(TOKENS).reshape(1, 1, 1, TOKENS), None)
    table = spread(mesh_device, (1, 1, VOCABULARY, HIDDEN), 3, layout=ttnn.ROW_MAJOR_LAYOUT)
    x = ttnn.embedding(tokens, table, layout=ttnn.TILE_LAYOUT, memory_config=DRAM)
    x = ttnn.unsqueeze_to_4D(x)
    x = ttnn.all_gather(x, dim=3, num_links=1, topology=ttnn.Topology.Linear, memory_config=DRAM)
    qkv = linear(mesh_device, norm(mesh_device, x), HIDDEN, (HEADS + 2 * KV_HEADS) * HEAD_SIZE, 3, memory_config=DRAM)
    query, key, value = ttnn.experimental.nlp_create_qkv_heads(
        qkv, num_heads=HEADS // chips, num_kv_heads=KV_HEADS // chips, transpose_k_heads=False, memory_config=DRAM
    )
    cos, sin = rotations(mesh_device, TOKENS)
    query = ttnn.experimental.rotary_embedding(norm(mesh_device, query, HEAD_SIZE), cos, sin)
    key = ttnn.experimental.rotary_embedding(norm(mesh_device, key, HEAD_SIZE), cos, sin)
    for part in (key, value):
        cache = spread(mesh_device, (1, KV_HEADS, CACHED, HEAD_SIZE), 1, dtype=ttnn.bfloat8_b)
        ttnn.fill_cache(cache, ttnn.typecast(part, ttnn.bfloat8_b), 0)
    attended = ttnn.transformer.scaled_dot_product_attention(query, key, value, is_causal=True)
    joined = ttnn.experimental.nlp_concat_heads(attended, memory_config=DRAM)
    out = linear(mesh_device, joined, HEADS * HEAD_SIZE, HIDDEN, 2, memory_config=DRAM)
    x = ttnn.add(x, ttnn.all_reduce(out, num_links=1, topology=ttnn.Topology.Linear, memory_config=DRAM))
    x = ttnn.add(x, mlp(mesh_device, norm(mesh_device, x), DRAM))
    last = ttnn.slice(x, (0, 0, TOKENS - TILE, 0), (1, 1, TOKENS, HIDDEN))
    logits = linear(mesh_device, norm(mesh_device, last), HIDDEN, VOCABULARY, 3, memory_config=DRAM)
    assert tuple(logits.shape) == (1, 1, TILE, VOCABULARY // chips)


def test_decode(mesh_device: Any) -> None:
    """One token of each user; keys and values are in a cache, each chip has its heads."""
    chips = mesh_device.get_num_devices()
    x = spread(mesh_device, (1, 1, USERS, HIDDEN), None, memory=L1)
    qkv = linear(mesh_device, norm(mesh_device, x), HIDDEN, (HEADS + 2 * KV_HEADS) * HEAD_SIZE, 3, memory_config=L1)
    query, key, value = ttnn.experimental.nlp_create_qkv_heads_decode(
        qkv,
        num_heads=HEADS // chips,
        num_kv_heads=KV_HEADS // chips,
        memory_config=ttnn.L1_HEIGHT_SHARDED_MEMORY_CONFIG,
    )
    positions = spread_integers(mesh_device, np.full(USERS, 100), None, dtype=ttnn.int32)
    caches = [spread(mesh_device, (USERS, KV_HEADS, CACHED, HEAD_SIZE), 1, dtype=ttnn.bfloat8_b) for _ in range(2)]
    for cache, part in zip(caches, (key, value), strict=True):
        ttnn.experimental.paged_update_cache(cache, part, update_idxs_tensor=positions)
    attended = ttnn.transformer.scaled_dot_product_attention_decode(
        ttnn.sharded_to_interleaved(query, DRAM), *caches, cur_pos_tensor=positions, memory_config=L1
    )
    memory = sharded(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, cores(8, 4), (TILE, HEAD_SIZE))
    joined = ttnn.experimental.nlp_concat_heads_decode(
        ttnn.to_memory_config(attended, memory), num_heads=HEADS // chips
    )
    joined = ttnn.sharded_to_interleaved(joined, L1)
    out = linear(mesh_device, joined, HEADS * HEAD_SIZE, HIDDEN, 2, memory_config=L1)
    x = ttnn.add(x, ttnn.all_reduce(out, num_links=1, topology=ttnn.Topology.Linear, memory_config=L1))
    x = ttnn.add(x, mlp(mesh_device, norm(mesh_device, x), L1))
    logits = linear(mesh_device, norm(mesh_device, x), HIDDEN, VOCABULARY, 3, memory_config=DRAM)
    logits = ttnn.all_gather(logits, dim=3, num_links=1, topology=ttnn.Topology.Linear, memory_config=DRAM)
    best = ttnn.argmax(ttnn.untilize(logits, use_multicore=True), dim=3, keepdim=True)
    assert tuple(best.shape) == (1, 1, USERS, 1)
