"""Goldens of attention, head by head and by rows: the scores of all at once can take more memory than a host has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

LARGEST = 1 << 28
"""How many scores are computed at once, at most: 1 GiB in single precision."""
OPERATIONS = frozenset(("ttnn.transformer.scaled_dot_product_attention",))
_OF_ALL_HEADS = ("attention_sink", "cu_window_seqlens", "windowed_q_token_offset_tensor")


def by_heads(
    golden: Callable[..., Any], positional: Sequence[Any], keywords: Mapping[str, Any], largest: int = LARGEST
) -> Any:
    """Call a golden of attention, once for each head of keys and values where all scores at once are too many.

    Args:
        golden: the golden; it takes queries, keys and values of [batch, heads, rows, columns].
        positional: its arguments by place.
        keywords: those by name.
        largest: how many scores are computed at once.
    """
    import torch

    queries, keys, values = positional[:3]
    batch, heads, rows, _ = queries.shape
    scores = batch * heads * rows * keys.shape[2]
    of_all = len(positional) > 3 or any(keywords.get(name) is not None for name in _OF_ALL_HEADS)
    if of_all or scores <= largest or heads % keys.shape[1]:
        return golden(*positional, **keywords)
    group = heads // keys.shape[1]
    mask = keywords.get("attn_mask")
    outputs = []
    for head in range(keys.shape[1]):
        of_group = slice(head * group, (head + 1) * group)
        its_mask = mask if mask is None or mask.shape[1] == 1 else mask[:, of_group]
        its_own = [queries[:, of_group], keys[:, head : head + 1], values[:, head : head + 1]]
        outputs.append(_by_rows(golden, its_own, {**keywords, "attn_mask": its_mask}, largest))
    return torch.cat(outputs, dim=1)


def _by_rows(golden: Callable[..., Any], positional: Sequence[Any], keywords: Mapping[str, Any], largest: int) -> Any:
    """Call a golden of attention, once for some rows of queries where all scores at once are too many.

    Rows of causal attention get a mask instead, which says which keys each of them sees.
    """
    import torch

    queries, keys, values = positional
    batch, heads, rows, _ = queries.shape
    length = keys.shape[2]
    at_once = max(1, largest // (batch * heads * length))
    masked = keywords.get("attn_mask") is not None or keywords.get("sliding_window_size") is not None
    causal = keywords.get("is_causal", True)
    if masked or at_once >= rows or (causal and rows != length):
        return golden(*positional, **keywords)
    outputs = []
    for first in range(0, rows, at_once):
        of_rows = slice(first, min(first + at_once, rows))
        seen = of_rows.stop if causal else length
        mask = None
        if causal:
            mask = torch.arange(seen) <= torch.arange(of_rows.start, of_rows.stop).unsqueeze(1)
            mask = mask.reshape(1, 1, -1, seen)
        its_own = [queries[:, :, of_rows], keys[:, :, :seen], values[:, :, :seen]]
        outputs.append(golden(*its_own, **{**keywords, "attn_mask": mask, "is_causal": False}))
    return torch.cat(outputs, dim=2)
