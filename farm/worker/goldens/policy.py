"""The policy of comparison that a golden attaches to what it returns, read as a typed value."""

from __future__ import annotations

from typing import Any

from farm.core.tolerance import Bounds
from farm.judging.golden_policy import GoldenPolicy, PolicyScope

ATTRIBUTE = "_ttnn_comparison_config"
"""Where ttnn keeps it, since 0.79; a golden without it has none."""


def is_skipped(golden: Any) -> bool:
    """Return whether a golden says that it must not be compared with: random numbers, memory that isn't written."""
    config = getattr(golden, ATTRIBUTE, None)
    return config is not None and config.method == "skip" and config.scope == "all"


def policy_of(golden: Any) -> GoldenPolicy | None:
    """Return a golden's own policy, None where it has none."""
    config = getattr(golden, ATTRIBUTE, None)
    if config is None:
        return None
    bounds = Bounds()
    if config.method == "ulp":
        bounds = Bounds(ulp=float(config.ulp_threshold))
    elif config.method == "allclose":
        exact = config.rtol == 0 and config.atol == 0
        bounds = Bounds(exact=True) if exact else Bounds(rtol=config.rtol, atol=config.atol)
    mask = None if config.mask is None else config.mask.bool().numpy()
    return GoldenPolicy(bounds, PolicyScope(config.scope), mask, any_nonfinite=config.nonfinite == "mask")
