"""Whisper medium's encoder, sequence-parallel: each chip of a row has its part of 1,500 frames, in no whole tiles.

Each row of chips works on a recording of its own.
Norms and residuals work on a chip's own frames. Attention and the MLP gather all frames; each chip has its part of the
heads and of the hidden units, and the sums are scattered over the frames again.
"""

from __future__ import annotations

from typing import Any

import pytest
import ttnn

from tracer.zoo.meshes import spread
from tracer.zoo.parts import kernels

HIDDEN, FEED_FORWARD, HEADS, FRAMES = 1024, 4096, 16, 1500
DRAM = ttnn.DRAM_MEMORY_CONFIG
LINE = {"cluster_axis": 1, "num_links": 1, "topology": ttnn.Topology.Linear, "memory_config": DRAM}
FABRIC = {"fabric_config": ttnn.FabricConfig.FABRIC_1D}
pytestmark = [
    pytest.mark.parametrize("device_params", [FABRIC], indirect=True, ids=["fabric_1d"]),
    pytest.mark.parametrize("mesh_device", [(1, 2), (2, 4)], indirect=True, ids=["1x2", "2x4"]),
]


def norm(mesh: Any, x: Any) -> Any:
    """Layer norm of a chip's own frames."""
    weight, bias = (spread(mesh, (1, HIDDEN), None, None) for _ in range(2))
    return ttnn.layer_norm(x, weight=weight, bias=bias, epsilon=1e-5, compute_kernel_config=kernels(mesh))


def columns(mesh: Any, x: Any, outputs: int, **options: Any) -> Any:
    """A linear layer whose columns are spread over the chips."""
    weight = spread(mesh, (HIDDEN, outputs), None, 1, dtype=ttnn.bfloat8_b)
    return ttnn.linear(x, weight, bias=spread(mesh, (1, outputs), None, 1), memory_config=DRAM, **options)


def rows(mesh: Any, x: Any, inputs: int) -> Any:
    """A linear layer whose rows are spread over the chips; each of them gets the sums of its own frames."""
    whole = ttnn.linear(x, spread(mesh, (inputs, HIDDEN), None, 0, dtype=ttnn.bfloat8_b), memory_config=DRAM)
    own = ttnn.reduce_scatter(whole, dim=2, **LINE)
    return ttnn.add(own, spread(mesh, (1, 1, 1, HIDDEN), None, None), memory_config=DRAM)


def test_encoder(mesh_device: Any) -> None:
    """One layer, after the positions are added."""
    recordings, chips = mesh_device.shape
    x = spread(mesh_device, (recordings, 1, FRAMES, HIDDEN), 0, 2)
    x = ttnn.add(x, spread(mesh_device, (1, 1, FRAMES, HIDDEN), None, 2), memory_config=DRAM)
    frames = ttnn.all_gather(norm(mesh_device, x), dim=2, **LINE)
    # frames are padded on each chip: they are put together in rows, and tiled again
    whole = ttnn.to_layout(ttnn.to_layout(frames, ttnn.ROW_MAJOR_LAYOUT), ttnn.TILE_LAYOUT)
    query, key, value = (columns(mesh_device, whole, HIDDEN) for _ in range(3))
    heads, size = HEADS // chips, HIDDEN // HEADS

    def split(y: Any) -> Any:
        return ttnn.permute(ttnn.reshape(y, (1, FRAMES, heads, size)), (0, 2, 1, 3), memory_config=DRAM)

    attended = ttnn.transformer.scaled_dot_product_attention(split(query), split(key), split(value), is_causal=False)
    joined = ttnn.transformer.concatenate_heads(attended, memory_config=DRAM)
    x = ttnn.add(x, rows(mesh_device, ttnn.unsqueeze_to_4D(joined), HIDDEN), memory_config=DRAM)
    frames = ttnn.all_gather(norm(mesh_device, x), dim=2, **LINE)
    wide = columns(mesh_device, frames, FEED_FORWARD, activation="gelu")
    x = ttnn.add(x, rows(mesh_device, wide, FEED_FORWARD), memory_config=DRAM)
    assert tuple(norm(mesh_device, x).shape) == (1, 1, FRAMES // chips, HIDDEN)
