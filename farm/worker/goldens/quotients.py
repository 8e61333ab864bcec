"""Quotients next to a whole number: boards round them to either side, which changes a remainder by its divisor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from farm.judging.operation_kinds import OperationKind, kind_of

NEAR = 2.0**-5
"""How near is next to a whole number: as a share of the quotient, and at least that much."""


def is_rounded(operation: str, keywords: Mapping[str, Any]) -> bool:
    """Return whether an operation rounds a quotient to a whole number; its keywords may say so by `rounding_mode`."""
    return kind_of(operation) is OperationKind.REMAINDER or keywords.get("rounding_mode") is not None


def away_from_whole(operands: Sequence[Any], shape: Sequence[int], *, swapped: bool) -> Any | None:
    """Return the elements whose quotient is rounded to one side without doubt, as booleans; None where all are.

    Args:
        operands: in torch or numbers; the first two are dividend and divisor.
        shape: the output's.
        swapped: whether the first one is the divisor.
    """
    import torch

    if len(operands) < 2:
        return None
    dividend, divisor = (torch.as_tensor(each) for each in operands[:2])
    if not (dividend.is_floating_point() or divisor.is_floating_point()):
        return None  # whole numbers are divided exactly
    quotient = divisor.double() / dividend.double() if swapped else dividend.double() / divisor.double()
    away = ~((quotient - quotient.round()).abs() <= NEAR * quotient.abs().clamp(min=1.0))  # what is not finite stays
    if bool(away.all()) or (away.numel() > 1 and np.broadcast_shapes(away.shape, tuple(shape)) != tuple(shape)):
        return None
    return torch.broadcast_to(away, tuple(shape)).numpy()
