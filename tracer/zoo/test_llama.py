"""Llama 3.1 8B: a decoder layer over a prompt of 512 tokens, and over one token of each of 32 users.

Decode is sharded as it is tuned for one chip: the hidden dimension over 32 cores, weights over the banks of DRAM,
heads by user, keys and values in a paged cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import ttnn

from tracer.zoo.parts import TILE, cores, integers, kernels, random, sharded

HIDDEN, FEED_FORWARD, VOCABULARY = 4096, 14336, 128256
HEADS, KV_HEADS, HEAD_SIZE = 32, 8, 128
QKV = (HEADS + 2 * KV_HEADS) * HEAD_SIZE
USERS, PROMPT = 32, 512
PAGE, PAGES_PER_USER = 32, 32
SCALE = HEAD_SIZE**-0.5
EPSILON = 1e-5
DRAM, L1 = ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG
WIDTH_SHARDED, HEIGHT_SHARDED = ttnn.L1_WIDTH_SHARDED_MEMORY_CONFIG, ttnn.TensorMemoryLayout.HEIGHT_SHARDED
HEAD_PART = 16384  # the head over the vocabulary is cut into parts of so many tokens


@dataclass
class Cache:
    """Keys and values of all users in pages, and which page is whose."""

    device: Any

    def __post_init__(self) -> None:
        shape = (USERS * PAGES_PER_USER, KV_HEADS, PAGE, HEAD_SIZE)
        self.keys = random(self.device, *shape, dtype=ttnn.bfloat8_b)
        self.values = random(self.device, *shape, dtype=ttnn.bfloat8_b)
        self.pages = integers(self.device, np.arange(USERS * PAGES_PER_USER).reshape(USERS, PAGES_PER_USER))


def rotate(device: Any, x: Any, tokens: int) -> Any:
    """Rotary embedding of a prompt's queries or keys."""
    cos, sin = (random(device, 1, 1, tokens, HEAD_SIZE) for _ in range(2))
    return ttnn.experimental.rotary_embedding_llama(x, cos, sin, random(device, 1, 1, TILE, TILE), is_decode_mode=False)


def prefill_norm(device: Any, x: Any) -> Any:
    """RMS norm; the weight is in rows of a tile's width."""
    weight = random(device, 1, 1, HIDDEN // TILE, TILE, layout=ttnn.ROW_MAJOR_LAYOUT)
    return ttnn.rms_norm(
        x, epsilon=EPSILON, weight=weight, compute_kernel_config=kernels(device, approx=False, fp32=True)
    )


def prefill_linear(
    device: Any, x: Any, outputs: int, dtype: Any = ttnn.bfloat8_b, weights: Any = ttnn.bfloat8_b
) -> Any:
    """A linear layer over the prompt, spread over 8 x 8 cores."""
    inputs, rows = x.shape[-1], max(1, x.shape[-2] // TILE // 8)
    return ttnn.linear(
        x,
        random(device, 1, 1, inputs, outputs, dtype=weights),
        dtype=dtype,
        memory_config=DRAM,
        program_config=ttnn.MatmulMultiCoreReuseMultiCastProgramConfig(
            compute_with_storage_grid_size=(8, 8),
            in0_block_w=4,
            out_subblock_h=1,
            out_subblock_w=4,
            per_core_M=rows,
            per_core_N=outputs // TILE // 8,
            transpose_mcast=False,
            fused_activation=None,
            fuse_batch=True,
        ),
        compute_kernel_config=kernels(device),
    )


def prefill_attention(device: Any, x: Any, cache: Cache) -> Any:
    """Causal attention over a prompt; its keys and values fill the first user's pages."""
    tokens = x.shape[-2]
    qkv = prefill_linear(device, x, QKV, dtype=ttnn.bfloat16)
    query, key, value = ttnn.experimental.nlp_create_qkv_heads(
        qkv, num_heads=HEADS, num_kv_heads=KV_HEADS, transpose_k_heads=False, memory_config=DRAM
    )
    ttnn.deallocate(qkv)
    query = ttnn.typecast(rotate(device, query, tokens), dtype=ttnn.bfloat8_b)
    key = ttnn.typecast(rotate(device, key, tokens), dtype=ttnn.bfloat8_b)
    value = ttnn.typecast(value, dtype=ttnn.bfloat8_b)
    ttnn.experimental.paged_fill_cache(cache.keys, key, cache.pages, batch_idx=0)
    ttnn.experimental.paged_fill_cache(cache.values, value, cache.pages, batch_idx=0)
    attended = ttnn.transformer.scaled_dot_product_attention(
        query,
        key,
        value,
        is_causal=True,
        scale=SCALE,
        program_config=ttnn.SDPAProgramConfig(
            compute_with_storage_grid_size=(8, 8), q_chunk_size=64, k_chunk_size=64, exp_approx_mode=False
        ),
        compute_kernel_config=kernels(device, ttnn.MathFidelity.HiFi4, approx=False, fp32=True),
    )
    joined = ttnn.experimental.nlp_concat_heads(attended, memory_config=DRAM)
    ttnn.deallocate(attended)
    return prefill_linear(device, joined, HIDDEN)


def prefill_layer(device: Any, x: Any, cache: Cache) -> Any:
    """One decoder layer over a prompt."""
    x = ttnn.add(x, prefill_attention(device, prefill_norm(device, x), cache), memory_config=DRAM)
    normed = prefill_norm(device, x)
    gate = prefill_linear(device, normed, FEED_FORWARD, weights=ttnn.bfloat4_b)
    up = prefill_linear(device, normed, FEED_FORWARD, weights=ttnn.bfloat4_b)
    wide = ttnn.mul(
        gate, up, input_tensor_a_activations=[ttnn.UnaryOpType.SILU], dtype=ttnn.bfloat8_b, memory_config=DRAM
    )
    return ttnn.add(x, prefill_linear(device, wide, HIDDEN), memory_config=DRAM, dtype=ttnn.bfloat16)


def over_cores(width: int, columns: int, rows: int) -> Any:
    """The users' rows, their width cut over a grid of cores."""
    shape = (USERS, width // (columns * rows))
    return sharded(ttnn.TensorMemoryLayout.WIDTH_SHARDED, cores(columns, rows), shape)


def by_user(height: int, width: int = HEAD_SIZE) -> Any:
    """One user's heads on each of 32 cores."""
    return sharded(HEIGHT_SHARDED, cores(8, 4), (height, width))


def bank_sharded(device: Any, inputs: int, outputs: int, dtype: Any) -> Any:
    """Weights cut over the banks of DRAM, padded so that each has whole tiles."""
    banks = device.dram_grid_size().x
    width = -(-outputs // (TILE * banks)) * TILE
    spec = ttnn.ShardSpec(cores(banks, 1), (inputs, width), ttnn.ShardOrientation.ROW_MAJOR)
    memory = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.WIDTH_SHARDED, ttnn.BufferType.DRAM, spec)
    return random(device, 1, 1, inputs, outputs, dtype=dtype, memory=memory)


def decode_norm(device: Any, x: Any) -> Any:
    """RMS norm of the users' rows, width-sharded over 32 cores."""
    return ttnn.rms_norm(
        x,
        epsilon=EPSILON,
        weight=random(device, 1, 1, HIDDEN // TILE, TILE, layout=ttnn.ROW_MAJOR_LAYOUT),
        program_config=ttnn.LayerNormShardedMultiCoreProgramConfig(
            compute_with_storage_grid_size=(8, 4),
            subblock_w=4,
            block_h=1,
            block_w=HIDDEN // TILE // 32,
            inplace=False,
        ),
        memory_config=WIDTH_SHARDED,
        compute_kernel_config=kernels(device, approx=False, fp32=True),
    )


def decode_linear(device: Any, x: Any, outputs: int, dtype: Any = ttnn.bfloat16, weights: Any = ttnn.bfloat8_b) -> Any:
    """A linear layer whose weights stream from the banks of DRAM to the cores that hold the input."""
    inputs = x.shape[-1]
    width = x.memory_config().shard_spec.shape[1] // TILE
    return ttnn.linear(
        x,
        bank_sharded(device, inputs, outputs, weights),
        dtype=dtype,
        memory_config=WIDTH_SHARDED,
        program_config=ttnn.MatmulMultiCoreReuseMultiCastDRAMShardedProgramConfig(
            in0_block_w=next(n for n in (7, 4, 2, 1) if width % n == 0),
            per_core_M=USERS // TILE,
            per_core_N=outputs // TILE // (inputs // TILE // width),
            fused_activation=None,
        ),
        compute_kernel_config=kernels(device),
    )


def decode_rotate(device: Any, x: Any) -> Any:
    """Rotary embedding of each user's token, at the user's own position."""
    cos, sin = (random(device, 1, USERS, TILE, HEAD_SIZE, memory=by_user(TILE)) for _ in range(2))
    turn = random(device, 1, 1, USERS * TILE, TILE, memory=by_user(TILE, TILE))
    return ttnn.experimental.rotary_embedding_llama(x, cos, sin, turn, is_decode_mode=True)


def decode_attention(device: Any, x: Any, cache: Cache, positions: Any) -> Any:
    """Attention of each user's token to the user's pages."""
    qkv = ttnn.sharded_to_interleaved(decode_linear(device, x, QKV), L1)
    query, key, value = ttnn.experimental.nlp_create_qkv_heads_decode(
        qkv, num_heads=HEADS, num_kv_heads=KV_HEADS, memory_config=ttnn.L1_HEIGHT_SHARDED_MEMORY_CONFIG
    )
    query, key = decode_rotate(device, query), decode_rotate(device, key)
    ttnn.experimental.paged_update_cache(cache.keys, key, update_idxs_tensor=positions, page_table=cache.pages)
    ttnn.experimental.paged_update_cache(cache.values, value, update_idxs_tensor=positions, page_table=cache.pages)
    attended = ttnn.transformer.paged_scaled_dot_product_attention_decode(
        query,
        cache.keys,
        cache.values,
        page_table_tensor=cache.pages,
        cur_pos_tensor=positions,
        scale=SCALE,
        program_config=ttnn.SDPAProgramConfig(
            compute_with_storage_grid_size=(8, 8), q_chunk_size=0, k_chunk_size=0, exp_approx_mode=False
        ),
        compute_kernel_config=kernels(device, approx=False),
        memory_config=DRAM,
    )
    attended = ttnn.to_memory_config(attended, by_user(HEADS))
    joined = ttnn.experimental.nlp_concat_heads_decode(attended, num_heads=HEADS)
    joined = ttnn.to_memory_config(joined, over_cores(HIDDEN, 8, 4))
    return decode_linear(device, joined, HIDDEN)


def decode_layer(device: Any, x: Any, cache: Cache, positions: Any) -> Any:
    """One decoder layer over one token of each user."""
    attended = decode_attention(device, decode_norm(device, x), cache, positions)
    x = ttnn.add(x, ttnn.to_memory_config(attended, x.memory_config()), memory_config=x.memory_config())
    normed = ttnn.to_memory_config(decode_norm(device, x), over_cores(HIDDEN, 8, 4))
    gate = decode_linear(device, normed, FEED_FORWARD, weights=ttnn.bfloat4_b)
    up = decode_linear(device, normed, FEED_FORWARD, weights=ttnn.bfloat4_b)
    wide = ttnn.mul(
        gate,
        up,
        input_tensor_a_activations=[ttnn.UnaryOpType.SILU],
        dtype=ttnn.bfloat8_b,
        memory_config=gate.memory_config(),
    )
    narrow = decode_linear(device, ttnn.to_memory_config(wide, over_cores(FEED_FORWARD, 8, 8)), HIDDEN)
    return ttnn.add(x, ttnn.to_memory_config(narrow, x.memory_config()), memory_config=x.memory_config())


@pytest.mark.parametrize("tokens", [128, PROMPT])
def test_prefill(device: Any, tokens: int) -> None:
    """Embedding, a decoder layer, and the last token's norm."""
    ids = integers(device, np.zeros((1, tokens)), ttnn.uint32)
    table = random(device, VOCABULARY, HIDDEN, layout=ttnn.ROW_MAJOR_LAYOUT)
    x = ttnn.embedding(ids, table, layout=ttnn.TILE_LAYOUT, dtype=ttnn.bfloat16, memory_config=DRAM)
    x = prefill_layer(device, ttnn.unsqueeze_to_4D(x), Cache(device))
    x = ttnn.slice(x, [0, 0, tokens - TILE, 0], [1, 1, tokens, HIDDEN])
    assert tuple(prefill_norm(device, x).shape) == (1, 1, TILE, HIDDEN)


def test_decode(device: Any) -> None:
    """Embedding, a decoder layer, a part of the head over the vocabulary, the likeliest token."""
    ids = integers(device, np.zeros((1, 1, 1, USERS)), ttnn.uint32)
    table = random(device, VOCABULARY, HIDDEN, layout=ttnn.ROW_MAJOR_LAYOUT)
    x = ttnn.embedding(ids, table, layout=ttnn.TILE_LAYOUT, dtype=ttnn.bfloat16, memory_config=DRAM)
    x = ttnn.reshape(x, (1, 1, USERS, HIDDEN))
    x = ttnn.interleaved_to_sharded(x, over_cores(HIDDEN, 8, 4))
    positions = integers(device, np.full(USERS, 127))
    x = decode_layer(device, x, Cache(device), positions)
    ttnn.plus_one(positions)
    logits = decode_linear(device, decode_norm(device, x), HEAD_PART, dtype=ttnn.bfloat8_b)
    logits = ttnn.untilize(ttnn.sharded_to_interleaved(logits, DRAM))
    assert tuple(ttnn.argmax(logits, dim=3, keepdim=True).shape) == (1, 1, USERS, 1)
