"""StableLM 2 1.6B as a pipeline: each stage is a pair of chips of one mesh, with some of the layers.

Inside a stage, the layers are tensor-parallel over the two chips; from stage to stage, the hidden states go over the
host. The last stage has the head.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import ttnn

from tracer.zoo.meshes import spread, spread_integers
from tracer.zoo.parts import TILE, kernels

HIDDEN, FEED_FORWARD, HEADS, HEAD_SIZE, TOKENS, VOCABULARY = 2048, 5632, 32, 64, 96, 32768
DRAM = ttnn.DRAM_MEMORY_CONFIG
FABRIC = {"fabric_config": ttnn.FabricConfig.FABRIC_1D}
pytestmark = [
    pytest.mark.parametrize("device_params", [FABRIC], indirect=True, ids=["fabric_1d"]),
    pytest.mark.parametrize("mesh_device", [(2, 4)], indirect=True, ids=["2x4"]),
]


def norm(stage: Any, x: Any) -> Any:
    """Layer norm, the same on both chips."""
    weight, bias = (spread(stage, (1, HIDDEN), None) for _ in range(2))
    return ttnn.layer_norm(x, weight=weight, bias=bias, epsilon=1e-5, memory_config=DRAM)


def linear(stage: Any, x: Any, inputs: int, outputs: int, dim: int, **options: Any) -> Any:
    """A linear layer: `dim` is 1 for columns on each chip, 0 for rows."""
    weight = spread(stage, (inputs, outputs), dim, dtype=ttnn.bfloat8_b)
    return ttnn.linear(x, weight, memory_config=DRAM, compute_kernel_config=kernels(stage), **options)


def summed(x: Any) -> Any:
    """The sum over the two chips, on both."""
    return ttnn.all_reduce(x, num_links=1, topology=ttnn.Topology.Linear, memory_config=DRAM)


def layer(stage: Any, x: Any) -> Any:
    """A decoder layer; the residual is added once."""
    heads = HEADS // stage.get_num_devices()
    qkv = linear(stage, norm(stage, x), HIDDEN, 3 * HIDDEN, 1)
    query, key, value = ttnn.experimental.nlp_create_qkv_heads(
        qkv, num_heads=heads, num_kv_heads=heads, transpose_k_heads=False, memory_config=DRAM
    )
    attended = ttnn.transformer.scaled_dot_product_attention(query, key, value, is_causal=True)
    joined = ttnn.experimental.nlp_concat_heads(attended, memory_config=DRAM)
    x = ttnn.add(x, summed(linear(stage, joined, HIDDEN, HIDDEN, 0)), memory_config=DRAM)
    normed = norm(stage, x)
    gate = ttnn.silu(linear(stage, normed, HIDDEN, FEED_FORWARD, 1), memory_config=DRAM)
    wide = ttnn.multiply(gate, linear(stage, normed, HIDDEN, FEED_FORWARD, 1), memory_config=DRAM)
    return ttnn.add(x, summed(linear(stage, wide, FEED_FORWARD, HIDDEN, 0)), memory_config=DRAM)


def test_stages(mesh_device: Any) -> None:
    """A prompt through four stages of one layer each."""
    places = [ttnn.MeshCoordinate(row, column) for row in range(2) for column in (0, 2)]
    stages = [mesh_device.create_submesh(ttnn.MeshShape(1, 2), place) for place in places]
    tokens = spread_integers(stages[0], np.arange(TOKENS).reshape(1, TOKENS), None)
    table = spread(stages[0], (VOCABULARY, HIDDEN), None, layout=ttnn.ROW_MAJOR_LAYOUT)
    x = ttnn.unsqueeze_to_4D(ttnn.embedding(tokens, table, layout=ttnn.TILE_LAYOUT))
    for stage in stages:
        x = layer(stage, ttnn.to_device(ttnn.from_device(x), stage, memory_config=DRAM))
    last = ttnn.slice(x, [0, 0, TOKENS - TILE, 0], [1, 1, TOKENS, HIDDEN])
    logits = linear(stages[-1], norm(stages[-1], last), HIDDEN, VOCABULARY, 1, dtype=ttnn.bfloat16)
    best = ttnn.max(logits, dim=3)
    assert tuple(best.shape)[:2] == (1, 1)
