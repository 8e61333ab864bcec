"""Attention, head by head."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="golden functions need torch: uv sync --all-groups")

from farm.worker.goldens.attention import by_heads  # noqa: E402


class Attention:
    """Torch's own attention, and the shapes of its calls."""

    def __init__(self) -> None:
        self.queries: list[tuple[int, ...]] = []

    def __call__(self, q: Any, k: Any, v: Any, *, attn_mask: Any = None, **_: Any) -> Any:
        self.queries.append(tuple(q.shape))
        group = q.shape[1] // k.shape[1]
        keys, values = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        return torch.nn.functional.scaled_dot_product_attention(q, keys, values, attn_mask=attn_mask)


@pytest.mark.parametrize("mask_heads", [None, 1, 4])
def test_head_by_head_is_the_same(mask_heads: int | None) -> None:
    torch.manual_seed(0)
    q, k, v = torch.randn(2, 4, 8, 16), torch.randn(2, 2, 8, 16), torch.randn(2, 2, 8, 16)
    keywords = {"attn_mask": None if mask_heads is None else torch.randn(2, mask_heads, 8, 8)}
    whole, apart = Attention(), Attention()
    expected = by_heads(whole, (q, k, v), keywords)
    assert torch.allclose(by_heads(apart, (q, k, v), keywords, largest=256), expected, atol=1e-6)
    assert whole.queries == [(2, 4, 8, 16)]
    assert apart.queries == [(2, 2, 8, 16)] * 2


@pytest.mark.ttnn
@pytest.mark.parametrize("keywords", [{}, {"is_causal": True, "scale": 0.5}, {"is_causal": False}])
def test_rows_of_ttnns_own_golden_are_the_same(keywords: dict[str, Any]) -> None:
    ttnn = pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    golden = ttnn.transformer.scaled_dot_product_attention.golden_function
    if golden is None:
        pytest.skip("this ttnn has no golden of attention")
    torch.manual_seed(0)
    q, k, v = torch.randn(1, 4, 24, 16), torch.randn(1, 2, 24, 16), torch.randn(1, 2, 24, 16)
    expected = golden(q, k, v, **keywords)
    calls = []

    def counted(*positional: Any, **named: Any) -> Any:
        calls.append(positional)
        return golden(*positional, **named)

    assert torch.allclose(by_heads(counted, (q, k, v), keywords, largest=240), expected, atol=1e-6)
    assert len(calls) == 2 * 5  # five rows at once


def test_what_is_of_all_heads_is_computed_at_once() -> None:
    q = k = v = torch.ones(1, 2, 8, 16)
    attention = Attention()
    by_heads(attention, (q, k, v), {"attention_sink": torch.ones(2)}, largest=1)
    assert len(attention.queries) == 1
