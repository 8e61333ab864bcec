"""Llama 3.1 8B over a grid of chips: each weight is cut along both of its dimensions, one for the rows of the grid.

The hidden states are cut over the rows; sums go along one side of the grid, and are gathered along the other.
"""

from __future__ import annotations

from typing import Any

import pytest
import ttnn

from tracer.zoo.meshes import spread
from tracer.zoo.parts import TILE, kernels

HIDDEN, FEED_FORWARD, HEADS, KV_HEADS, HEAD_SIZE, USERS = 4096, 14336, 32, 8, 128, 32
DRAM, L1 = ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG
LINE = {"num_links": 1, "topology": ttnn.Topology.Linear, "memory_config": DRAM}
FABRIC = {"fabric_config": ttnn.FabricConfig.FABRIC_1D}
pytestmark = [
    pytest.mark.parametrize("device_params", [FABRIC], indirect=True, ids=["fabric_1d"]),
    pytest.mark.parametrize("mesh_device", [(2, 4), (4, 8)], indirect=True, ids=["2x4", "4x8"]),
]


def norm(mesh: Any, x: Any) -> Any:
    """RMS norm of hidden states that are cut over the rows: they exchange statistics."""
    stats = ttnn.rms_norm_pre_all_gather(x, dtype=ttnn.bfloat16)
    stats = ttnn.all_gather(stats, dim=3, cluster_axis=0, **LINE)
    weight = spread(mesh, (1, 1, HIDDEN // TILE, TILE), 2, None, layout=ttnn.ROW_MAJOR_LAYOUT)
    return ttnn.rms_norm_post_all_gather(x, stats, epsilon=1e-5, weight=weight)


def linear(mesh: Any, x: Any, inputs: int, outputs: int, cut: tuple[int, int]) -> Any:
    """A linear layer: `cut` are the dimensions of its weights that the rows and the columns of the grid cut."""
    weights = spread(mesh, (1, 1, inputs, outputs), *cut, dtype=ttnn.bfloat8_b)
    return ttnn.linear(x, weights, dtype=ttnn.bfloat16, memory_config=DRAM, compute_kernel_config=kernels(mesh))


def test_mlp(mesh_device: Any) -> None:
    """Gate and up: sums over the rows; down: over the columns."""
    x = spread(mesh_device, (1, 1, USERS, HIDDEN), 3, None)
    normed = norm(mesh_device, x)
    gate, up = (linear(mesh_device, normed, HIDDEN, FEED_FORWARD, (2, 3)) for _ in range(2))
    gate, up = (ttnn.all_reduce(each, cluster_axis=0, **LINE) for each in (gate, up))
    wide = ttnn.mul(gate, up, input_tensor_a_activations=[ttnn.UnaryOpType.SILU], memory_config=DRAM)
    down = ttnn.all_reduce(linear(mesh_device, wide, FEED_FORWARD, HIDDEN, (3, 2)), cluster_axis=1, **LINE)
    assert tuple(ttnn.add(x, down, memory_config=DRAM).shape) == (1, 1, USERS, HIDDEN // mesh_device.shape[0])


def test_attention(mesh_device: Any) -> None:
    """Each column of the grid has its heads; the keys and values of each row's users are on that row."""
    rows, columns = mesh_device.shape
    x = spread(mesh_device, (1, 1, USERS, HIDDEN), 3, None)
    qkv = linear(mesh_device, norm(mesh_device, x), HIDDEN, (HEADS + 2 * KV_HEADS) * HEAD_SIZE, (2, 3))
    qkv = ttnn.all_reduce(qkv, cluster_axis=0, **LINE)
    query, key, value = ttnn.experimental.nlp_create_qkv_heads(
        qkv, num_heads=HEADS // columns, num_kv_heads=KV_HEADS // columns, transpose_k_heads=False, memory_config=DRAM
    )
    weights = ttnn.matmul(query, ttnn.transpose(ttnn.repeat(key, (1, HEADS // KV_HEADS, 1, 1)), -2, -1))
    shares = ttnn.softmax(ttnn.multiply(weights, HEAD_SIZE**-0.5), dim=-1, numeric_stable=True)
    attended = ttnn.matmul(shares, ttnn.repeat(value, (1, HEADS // KV_HEADS, 1, 1)), memory_config=DRAM)
    joined = ttnn.experimental.nlp_concat_heads(attended, memory_config=DRAM)
    out = linear(mesh_device, joined, HIDDEN, HIDDEN, (3, 2))
    out = ttnn.reduce_scatter(out, dim=3, cluster_axis=1, **LINE)
    out = ttnn.all_gather(out, dim=3, cluster_axis=1, **LINE)
    assert tuple(ttnn.add(x, out, memory_config=DRAM).shape) == (1, 1, USERS, HIDDEN // rows)
