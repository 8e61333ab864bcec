"""Granite 3.1 1B A400M, expert-parallel: each chip has its part of 32 experts, and of the users' tokens.

Tokens go to the chips of the eight experts that the router chose, and their results come back (all to all).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import ttnn

from tracer.zoo.meshes import spread, spread_integers
from tracer.zoo.parts import kernels

HIDDEN, FEED_FORWARD, EXPERTS, CHOSEN, USERS = 1024, 512, 32, 8, 32
DRAM, ROWS = ttnn.DRAM_MEMORY_CONFIG, ttnn.ROW_MAJOR_LAYOUT
FABRIC = {"fabric_config": ttnn.FabricConfig.FABRIC_1D}
pytestmark = pytest.mark.parametrize("device_params", [FABRIC], indirect=True, ids=["fabric_1d"])


def route(mesh: Any, x: Any) -> Any:
    """How much the best experts of each user count, and which they are."""
    gate = spread(mesh, (1, 1, HIDDEN, EXPERTS), None)
    logits = ttnn.linear(x, gate, dtype=ttnn.float32, compute_kernel_config=kernels(mesh, ttnn.MathFidelity.HiFi4))
    shares = ttnn.softmax(logits, dim=-1)
    return ttnn.topk(ttnn.typecast(shares, ttnn.bfloat16), CHOSEN, dim=-1, largest=True, sorted=True)


def experts(mesh: Any, x: Any, own: int) -> Any:
    """All experts of a chip over all tokens: gate, up and down, as batched products."""
    gate, up = (spread(mesh, (EXPERTS, 1, HIDDEN, FEED_FORWARD), 0, dtype=ttnn.bfloat4_b) for _ in range(2))
    down = spread(mesh, (EXPERTS, 1, FEED_FORWARD, HIDDEN), 0, dtype=ttnn.bfloat4_b)
    each = ttnn.repeat(x, (own, 1, 1, 1))
    wide = ttnn.mul(ttnn.silu(ttnn.matmul(each, gate)), ttnn.matmul(each, up))
    return ttnn.matmul(wide, down, dtype=ttnn.bfloat16, memory_config=DRAM)


def test_experts(mesh_device: Any) -> None:
    """One token of each of a chip's users."""
    chips = mesh_device.get_num_devices()
    own, users = EXPERTS // chips, USERS * chips
    x = spread(mesh_device, (1, 1, users, HIDDEN), 2)
    normed = ttnn.rms_norm(x, epsilon=1e-5, weight=spread(mesh_device, (1, 1, HIDDEN // 32, 32), None, layout=ROWS))
    weights, indices = route(mesh_device, normed)
    tokens = ttnn.reshape(ttnn.to_layout(normed, ROWS), (USERS, 1, 1, HIDDEN))
    indices = ttnn.reshape(ttnn.to_layout(indices, ROWS), (USERS, 1, 1, CHOSEN))
    where = np.zeros((1, 1, EXPERTS, chips))
    where[0, 0, np.arange(EXPERTS), np.arange(EXPERTS) // own] = 1
    places = spread_integers(mesh_device, where, None, dtype=ttnn.uint16)
    link = {"cluster_axis": 1, "num_links": 1, "memory_config": DRAM}
    sparse, metadata = ttnn.all_to_all_dispatch(tokens, indices, places, **link)
    flat = ttnn.to_layout(ttnn.reshape(sparse, (1, 1, users, HIDDEN)), ttnn.TILE_LAYOUT)
    results = ttnn.to_layout(experts(mesh_device, flat, own), ROWS)
    results = ttnn.reshape(results, (own, users, 1, HIDDEN))
    back = ttnn.all_to_all_combine(results, metadata, places, **link)
    back = ttnn.to_layout(ttnn.reshape(back, (CHOSEN, 1, USERS, HIDDEN)), ttnn.TILE_LAYOUT)
    shares = ttnn.permute(weights, (3, 1, 2, 0))
    total = ttnn.sum(ttnn.mul(back, shares), dim=0, keepdim=True)
    assert tuple(ttnn.add(x, total, memory_config=DRAM).shape) == (1, 1, USERS, HIDDEN)
