"""The judgement of one output: the row that judged it, its metrics, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from farm.core.mismatch import Mismatch


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judgement of one output on one chip.

    Attributes:
        row: the name of the tolerance row that judged it.
        right: whether it is within the row's bounds.
        message: what is wrong, in one line; of a right output, its metrics in short.
        metrics: `pcc`, `max_abs_error`, `max_ulp`, `relative_error`; those that are defined for it.
        mismatch: what is wrong in detail; None where it is right.
        output: the output's position among the call's.
        chip: the chip's position in the mesh.
    """

    row: str
    right: bool
    message: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    mismatch: Mismatch | None = None
    output: int = 0
    chip: int = 0
