"""A golden's own policy of comparison, which ttnn's goldens may attach to what they return."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy.typing as npt

from farm.core.tolerance import Bounds


class PolicyScope(str, Enum):
    """Which outputs a golden's own bounds are for."""

    ALL = "all"
    """All: they replace those of the tolerance table."""
    DEGENERATE = "degenerate"
    """Those without a correlation, such as constants: they stand in for the bound of the PCC."""


@dataclass(frozen=True, slots=True)
class GoldenPolicy:
    """A golden's own policy of comparison.

    Attributes:
        bounds: its own bounds: `ulp`, or `rtol` and `atol`; without any bound where it says skip.
        scope: which outputs the bounds are for.
        mask: the elements that are compared, as booleans; its dimensions are the output's first ones. None for all.
        any_nonfinite: whether any non-finite number is right where another one is expected (`nonfinite="mask"`).
    """

    bounds: Bounds = field(default_factory=Bounds)
    scope: PolicyScope = PolicyScope.DEGENERATE
    mask: npt.NDArray[Any] | None = None
    any_nonfinite: bool = False
