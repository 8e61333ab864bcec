"""Llama 3.1 70B, tensor-parallel over a row of chips: the MLP and the attention's projections of one decoder layer.

Every chip has a part of each weight: columns of the first linear layers, rows of the last, whose outputs are added up
across the chips, a part on each. Norms are gathered.
"""

from __future__ import annotations

from typing import Any

import pytest
import ttnn

from tracer.zoo.parts import TILE, kernels, random

HIDDEN, FEED_FORWARD, HEADS, KV_HEADS, HEAD_SIZE, TOKENS = 8192, 28672, 64, 8, 128, 128
DRAM = ttnn.DRAM_MEMORY_CONFIG
FABRIC = {"fabric_config": ttnn.FabricConfig.FABRIC_1D}
pytestmark = pytest.mark.parametrize("device_params", [FABRIC], indirect=True, ids=["fabric_1d"])


def linear(mesh: Any, x: Any, outputs: int) -> Any:
    """A linear layer with this chip's part of the weights."""
    return ttnn.linear(
        x,
        random(mesh, 1, 1, x.shape[-1], outputs, dtype=ttnn.bfloat8_b),
        dtype=ttnn.bfloat16,
        memory_config=DRAM,
        core_grid=ttnn.CoreGrid(y=7, x=8),
        compute_kernel_config=kernels(mesh),
    )


def gathered(mesh: Any, x: Any) -> Any:
    """The norm of an input that is spread over the chips: they exchange statistics, and then the whole."""
    chips = mesh.get_num_devices()
    stats = ttnn.rms_norm_pre_all_gather(x, dtype=ttnn.bfloat16)
    stats = ttnn.all_gather(stats, dim=3, num_links=1, memory_config=DRAM, topology=ttnn.Topology.Linear)
    weight = random(mesh, 1, 1, HIDDEN // chips // TILE, TILE, layout=ttnn.ROW_MAJOR_LAYOUT)
    normed = ttnn.rms_norm_post_all_gather(x, stats, epsilon=1e-5, weight=weight)
    return ttnn.all_gather(normed, dim=3, num_links=1, memory_config=DRAM, topology=ttnn.Topology.Linear)


def scattered(x: Any) -> Any:
    """The sum over all chips, a part on each."""
    return ttnn.reduce_scatter(x, dim=3, num_links=1, memory_config=DRAM, topology=ttnn.Topology.Linear)


def test_mlp(mesh_device: Any) -> None:
    """Gate and up by columns, down by rows."""
    chips = mesh_device.get_num_devices()
    x = random(mesh_device, 1, 1, TOKENS, HIDDEN // chips)
    normed = gathered(mesh_device, x)
    gate, up = (linear(mesh_device, normed, FEED_FORWARD // chips) for _ in range(2))
    wide = ttnn.mul(gate, up, input_tensor_a_activations=[ttnn.UnaryOpType.SILU], memory_config=DRAM)
    x = ttnn.add(x, scattered(linear(mesh_device, wide, HIDDEN)), memory_config=DRAM)
    assert tuple(x.shape) == (1, 1, TOKENS, HIDDEN // chips)


def test_attention(mesh_device: Any) -> None:
    """Every chip has its part of the heads."""
    chips = mesh_device.get_num_devices()
    x = random(mesh_device, 1, 1, TOKENS, HIDDEN // chips)
    qkv = linear(mesh_device, gathered(mesh_device, x), (HEADS + 2 * KV_HEADS) * HEAD_SIZE // chips)
    query, key, value = ttnn.experimental.nlp_create_qkv_heads(
        qkv,
        num_heads=HEADS // chips,
        num_kv_heads=KV_HEADS // chips,
        transpose_k_heads=False,
        memory_config=DRAM,
    )
    attended = ttnn.transformer.scaled_dot_product_attention(query, key, value, is_causal=True)
    joined = ttnn.experimental.nlp_concat_heads(attended, memory_config=DRAM)
    x = ttnn.add(x, scattered(linear(mesh_device, joined, HIDDEN)), memory_config=DRAM)
    assert tuple(x.shape) == (1, 1, TOKENS, HIDDEN // chips)
