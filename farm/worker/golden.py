"""Comparison of an output's numbers with ttnn's golden function for the operation. Runs in the worker alone.

Golden functions are torch code and compute what one chip computes. On a mesh, each chip's part of the output is
compared with the golden of that chip's parts of the inputs; an operation in which chips exchange data has no such
golden.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import ttnn

from farm.core.classify import error_text
from farm.core.numeric_options import NumericOptions
from farm.core.verdicts import Reason
from farm.judging.call_facts import CallFacts
from farm.judging.comparison import judge
from farm.judging.judgement import Judgement
from farm.judging.tolerances import tolerance
from farm.worker.execution import Execution, LiveCall
from tracer.values import Tensor


class NotCompared(Exception):  # noqa: N818 - it names the finding
    """There is nothing to compare an output with.

    Attributes:
        reason: why, from the closed list.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(f"executed, not compared: {message}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class NumericJudge:
    """Judges the outputs of calls by ttnn's golden functions.

    Attributes:
        execution: reads the outputs.
        chips: the number of chips of the open mesh.
    """

    execution: Execution
    chips: int

    def judge(
        self, operation: Any, facts: CallFacts, live: LiveCall, output: Any, options: NumericOptions
    ) -> list[Judgement]:
        """Judge each output of a call on each chip.

        Raises:
            NotCompared: there is no torch here, or no golden function that can take this call.
            ValueError: the golden has another shape than the output.
        """
        try:
            import torch  # noqa: F401 - ttnn.to_torch needs it
        except ImportError as error:
            raise NotCompared(Reason.NO_TORCH, "golden functions need torch") from error
        judgements = []
        for chip in range(self.chips):
            expected = _golden(operation, live, chip)
            for number, (golden, actual) in enumerate(zip(_sequence(expected), _sequence(output), strict=False)):
                dtype = _sequence(output)[number].dtype.name
                row = tolerance(facts, dtype, options.tolerances)
                judgement = judge(
                    _numbers(golden), self._read(actual, chip), dtype, row, output=Tensor.describe(actual)
                )
                judgements.append(replace(judgement, output=number, chip=chip))
        if not judgements:
            raise NotCompared(Reason.GOLDEN_RAISED, "the golden returned no output")
        return judgements

    def _read(self, tensor: Any, chip: int) -> Any:
        parts = self.execution.read(tensor)
        return _numbers(ttnn.to_torch(parts[chip if len(parts) > 1 else 0]))


def _golden(operation: Any, live: LiveCall, chip: int) -> Any:
    positional = [_part(each, chip) for each in live.host_positional]
    keywords = {name: _part(each, chip) for name, each in live.host_keywords.items()}
    try:
        return ttnn.get_golden_function(operation)(*positional, **keywords)
    except Exception as error:  # whatever a golden raises, it can't be compared with
        raise NotCompared(Reason.NO_GOLDEN, f"no golden: {error_text(error)}") from error


def _part(value: Any, chip: int) -> Any:
    """A value with its tensors in torch, as one chip has them."""
    if isinstance(value, ttnn.Tensor):
        parts = ttnn.get_device_tensors(value)
        return ttnn.to_torch(parts[chip if len(parts) > 1 else 0])
    if isinstance(value, list):
        return [_part(each, chip) for each in value]
    return value


def _numbers(tensor: Any) -> Any:
    return tensor.float().numpy() if tensor.is_floating_point() else tensor.long().numpy()


def _sequence(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
