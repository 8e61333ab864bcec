"""BERT-large for question answering, as it is tuned for one chip: batch 8, 384 tokens, block-sharded throughout.

Each row of cores holds one sequence, each column an eighth of the hidden dimension, which is two heads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import ttnn

from tracer.zoo.parts import TILE, block_sharded, integers, kernels, random

BATCH, TOKENS = 8, 384
HIDDEN, HEADS, FEED_FORWARD = 1024, 16, 4096
VOCABULARY, TYPES, POSITIONS = 30522, 2, 512
HEAD_SIZE = HIDDEN // HEADS
COLUMNS, ROWS = 8, 8
GRID = (COLUMNS, ROWS)
TOKEN_TILES = TOKENS // TILE
HEIGHT_SHARDED = ttnn.L1_HEIGHT_SHARDED_MEMORY_CONFIG
BLOCK_SHARDED = ttnn.L1_BLOCK_SHARDED_MEMORY_CONFIG
# rows of tiles of all heads that one core has in attention
HEAD_ROWS = BATCH * HEADS * TOKEN_TILES // (COLUMNS * ROWS)


@dataclass
class Linear:
    """A linear layer: one eighth of its output on each column of cores."""

    device: Any
    inputs: int
    outputs: int
    activation: Any = None

    def __post_init__(self) -> None:
        self.weight = random(self.device, self.inputs, self.outputs, dtype=ttnn.bfloat8_b)
        self.bias = random(self.device, 1, self.outputs, dtype=ttnn.bfloat8_b)
        self.width = self.outputs // TILE // COLUMNS

    def __call__(self, x: Any) -> Any:
        """Gives the layer's output, block-sharded."""
        return ttnn.linear(
            x,
            self.weight,
            bias=self.bias,
            memory_config=BLOCK_SHARDED,
            dtype=ttnn.bfloat8_b,
            program_config=ttnn.MatmulMultiCoreReuseMultiCastProgramConfig(
                compute_with_storage_grid_size=GRID,
                in0_block_w=self.inputs // TILE // COLUMNS,
                out_subblock_h=1,
                out_subblock_w=next(n for n in (8, 6, 4) if self.width % n == 0),
                per_core_M=TOKEN_TILES,
                per_core_N=self.width,
                transpose_mcast=False,
                fused_activation=self.activation,
            ),
            compute_kernel_config=kernels(self.device),
        )


class Norm:
    """Layer norm over sharded rows, with the residual added on the way."""

    def __init__(self, device: Any) -> None:
        self.weight = random(device, 1, HIDDEN)
        self.bias = random(device, 1, HIDDEN)
        self.kernels = kernels(device, ttnn.MathFidelity.HiFi4)

    def __call__(self, x: Any, residual: Any) -> Any:
        """Gives the norm of the sum, block-sharded, in the place of `x`."""
        return ttnn.layer_norm(
            x,
            residual_input_tensor=residual,
            weight=self.weight,
            bias=self.bias,
            epsilon=1e-12,
            memory_config=BLOCK_SHARDED,
            program_config=ttnn.LayerNormShardedMultiCoreProgramConfig(
                compute_with_storage_grid_size=GRID,
                subblock_w=HIDDEN // TILE // COLUMNS,
                block_h=TOKEN_TILES,
                block_w=HIDDEN // TILE // COLUMNS,
                inplace=True,
            ),
            compute_kernel_config=self.kernels,
        )


def attention(device: Any, x: Any, mask: Any) -> Any:
    """Self-attention, heads height-sharded: each core has two heads of one sequence."""
    qkv = Linear(device, HIDDEN, 3 * HIDDEN)(x)
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
            out_subblock_w=6,
            per_core_M=HEAD_ROWS,
            per_core_N=TOKEN_TILES,
        ),
    )
    ttnn.deallocate(query)
    ttnn.deallocate(key)
    probabilities = ttnn.transformer.attention_softmax_(
        scores,
        attention_mask=mask,
        head_size=HEAD_SIZE,
        program_config=ttnn.SoftmaxShardedMultiCoreProgramConfig(
            compute_with_storage_grid_size=GRID, subblock_w=6, block_h=HEAD_ROWS, block_w=TOKEN_TILES
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
            out_subblock_h=4,
            out_subblock_w=HEAD_SIZE // TILE,
            per_core_M=HEAD_ROWS,
            per_core_N=HEAD_SIZE // TILE,
        ),
    )
    ttnn.deallocate(probabilities)
    ttnn.deallocate(value)
    joined = ttnn.transformer.concatenate_heads(
        context, memory_config=block_sharded(BATCH * TOKENS, HIDDEN, COLUMNS, ROWS)
    )
    ttnn.deallocate(context)
    return Linear(device, HIDDEN, HIDDEN)(joined)


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
    x = random(device, BATCH, TOKENS, HIDDEN, dtype=ttnn.bfloat8_b)
    mask = random(device, BATCH, 1, 1, TOKENS)
    x = ttnn.interleaved_to_sharded(x, block_sharded(BATCH * TOKENS, HIDDEN, COLUMNS, ROWS))
    x = Norm(device)(attention(device, x, mask), x)
    gelu = ttnn.UnaryWithParam(ttnn.UnaryOpType.GELU, True)  # noqa: FBT003 - ttnn's own form: the fast approximation
    wide = Linear(device, HIDDEN, FEED_FORWARD, gelu)(x)
    narrow = Linear(device, FEED_FORWARD, HIDDEN)(wide)
    ttnn.deallocate(wide)
    x = Norm(device)(narrow, x)
    x = ttnn.sharded_to_interleaved(x, ttnn.DRAM_MEMORY_CONFIG)
    assert tuple(x.shape) == (BATCH, TOKENS, HIDDEN)
