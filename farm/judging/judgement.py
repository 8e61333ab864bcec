"""The judgement of one output: the row that judged it, its metrics, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judgement of one output.

    Attributes:
        row: the name of the tolerance row that judged it.
        right: whether it is within the row's bounds.
        message: what is wrong, in one line; of a right output, its metrics in short.
        metrics: `pcc`, `max_abs_error`, `max_rel_error`, `max_ulp`, `mismatched`; those that are defined for it.
        evidence: what is wrong in detail, as JSON: first and worst element, histogram, places, a slice of both.
    """

    row: str
    right: bool
    message: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
