"""Comparison of an output's numbers with ttnn's golden function for the operation. Runs in the worker alone.

Golden functions are torch code and compute what one chip computes. On a mesh, each chip's part of the output is
compared with the golden of that chip's parts of the inputs; an operation in which chips exchange data has no such
golden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ttnn

from farm.core.classify import error_text
from farm.worker.check import Comparison, compare

Inputs = tuple[list[Any], dict[str, Any]]


class NotCompared(Exception):  # noqa: N818 - it names the finding
    """Nothing to compare with: no torch, no golden function, or one that can't take this call."""


@dataclass(frozen=True, slots=True)
class Golden:
    """The inputs of a call as torch tensors, one set for each chip, taken before the call may change any of them."""

    inputs: tuple[Inputs, ...]

    @classmethod
    def of(cls, positional: Sequence[Any], keywords: Mapping[str, Any], chips: int) -> Golden:
        """Read the inputs of a call back from an open mesh.

        Raises:
            NotCompared: there is no torch here.
        """
        try:
            import torch  # noqa: F401 - ttnn.to_torch needs it
        except ImportError as error:
            raise NotCompared("executed, not compared: golden functions need torch") from error
        return cls(
            tuple(
                (
                    [_part(each, chip) for each in positional],
                    {name: _part(each, chip) for name, each in keywords.items()},
                )
                for chip in range(chips)
            )
        )

    def judge(self, operation: Any, output: Any) -> Comparison:
        """Compare an output with its golden; the worst chip and output count.

        Raises:
            NotCompared: ttnn has no golden function for the operation, or it can't take this call.
            ValueError: the golden has another shape than the output.
        """
        results = []
        for chip, (positional, keywords) in enumerate(self.inputs):
            try:
                golden = ttnn.get_golden_function(operation)(*positional, **keywords)
            except Exception as error:  # whatever a golden raises, it can't be compared with
                raise NotCompared(f"executed, not compared: no golden: {error_text(error)}") from error
            pairs = zip(_sequence(golden), _sequence(output), strict=False)
            results += [compare(_numbers(one), _numbers(_part(other, chip))) for one, other in pairs]
        if not results:
            raise NotCompared("executed, not compared: the golden returned no output")
        return Comparison(min(each.pcc for each in results), max(each.max_abs_error for each in results))


def _part(value: Any, chip: int) -> Any:
    """A value with its tensors in torch, as one chip has them."""
    if isinstance(value, ttnn.Tensor):
        parts = ttnn.get_device_tensors(value)
        return ttnn.to_torch(parts[chip if len(parts) > 1 else 0])
    if isinstance(value, list):
        return [_part(each, chip) for each in value]
    return value


def _numbers(tensor: Any) -> Any:
    return tensor.float().numpy()


def _sequence(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
