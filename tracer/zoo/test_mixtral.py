"""Mixtral 8x7B: the layer of experts over one token of each of 32 users, routed to two of eight."""

from __future__ import annotations

from typing import Any

import ttnn

from tracer.zoo.parts import TILE, cores, kernels, random, sharded

USERS, HIDDEN, FEED_FORWARD, EXPERTS = 32, 4096, 14336, 8
L1 = ttnn.L1_MEMORY_CONFIG


def route(device: Any, x: Any) -> Any:
    """How much each of the two best experts counts, for each user."""
    logits = ttnn.linear(
        x,
        random(device, 1, 1, HIDDEN, 2 * TILE),
        dtype=ttnn.bfloat16,
        memory_config=L1,
        core_grid=ttnn.CoreGrid(y=1, x=8),
    )
    masked = ttnn.add(logits, random(device, 1, 1, USERS, 2 * TILE), memory_config=L1)
    values, indices = ttnn.topk(masked, 32)
    best = ttnn.add(values, random(device, 1, 1, USERS, TILE))
    weights = ttnn.softmax(best, dim=-1)
    chosen = ttnn.typecast(ttnn.eq(ttnn.typecast(indices, ttnn.bfloat16), 0.0), ttnn.bfloat16)
    return ttnn.sum(ttnn.mul(weights, chosen), dim=3, keepdim=True)


def expert(device: Any, x: Any) -> Any:
    """One expert: gate, up and down."""
    grid, settings = ttnn.CoreGrid(y=7, x=8), kernels(device, ttnn.MathFidelity.LoFi)

    def linear(y: Any, outputs: int, activation: str | None = None) -> Any:
        return ttnn.linear(
            y,
            random(device, 1, 1, y.shape[-1], outputs, dtype=ttnn.bfloat4_b),
            activation=activation,
            dtype=ttnn.bfloat8_b,
            memory_config=L1,
            core_grid=grid,
            compute_kernel_config=settings,
        )

    gate, up = linear(x, FEED_FORWARD, "silu"), linear(x, FEED_FORWARD)
    return linear(ttnn.mul(gate, up, memory_config=L1, dtype=ttnn.bfloat8_b), HIDDEN)


def test_experts(device: Any) -> None:
    """Two experts' outputs, each times its weight, added up."""
    x = random(device, 1, 1, USERS, HIDDEN)
    x = ttnn.rms_norm(x, epsilon=1e-5, weight=random(device, 1, 1, 1, HIDDEN), memory_config=L1)
    parts = [ttnn.mul(expert(device, x), route(device, x), memory_config=L1) for _ in range(2)]
    total = ttnn.add(*parts, memory_config=L1, dtype=ttnn.bfloat16)
    assert tuple(total.shape) == (1, 1, USERS, HIDDEN)


def test_reduce(device: Any) -> None:
    """The sum over all experts, whose outputs lie width-sharded over 32 cores."""
    memory = sharded(ttnn.TensorMemoryLayout.WIDTH_SHARDED, cores(8, 4), (USERS, HIDDEN // 32))
    first, *rest = (random(device, 1, 1, USERS, HIDDEN, memory=memory) for _ in range(EXPERTS))
    for each in rest:
        first = ttnn.add(first, each, memory_config=memory)
    assert tuple(ttnn.sharded_to_interleaved(first, L1).shape) == (1, 1, USERS, HIDDEN)
