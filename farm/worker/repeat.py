"""Runs of one call with the same inputs, whose outputs must be equal bit by bit. Runs in the worker alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from farm.core.plain_words import counted
from farm.worker.bits import bits, shown
from farm.worker.device_tensors import output_tensors
from farm.worker.execution import Execution

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NO_SEED: Mapping[str, tuple[object, ...]] = {
    "ttnn.bernoulli": (None, 0),
    "ttnn.rand": (None, 0),
    "ttnn.randn": (None, 0),
    "ttnn.uniform": (None, 0),
    "ttnn.sampling": (None,),
    "ttnn.experimental.dropout": (None,),
}
"""Operations that are random by nature: the seeds with which each draws other numbers in every run."""


def random_by_nature(operation: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a call draws other numbers in every run: an operation that draws some, without a seed of its own.

    Args:
        operation: its name.
        arguments: those of the call, by parameter.
    """
    return operation in _NO_SEED and arguments.get("seed") in _NO_SEED[operation]


@dataclass(frozen=True, slots=True)
class _Part:
    """One output on one chip, as the first run left it."""

    label: str
    dtype: str
    bits: NDArray[Any]


class Repeats:
    """The output of a first run, and how those of later runs differ from it.

    Attributes:
        runs: the number of runs that were compared, the first among them.
        different: the runs that differ from the first, counted from 1.
    """

    def __init__(self, execution: Execution, output: Any) -> None:
        """Read the output of the first run.

        Raises:
            ImportError: there is no torch.
        """
        self._execution = execution
        self._first = self._parts(output)
        self._difference = ""
        self.runs = 1
        self.different: list[int] = []

    def add(self, output: Any) -> None:
        """Compare the output of the next run with that of the first."""
        self.runs += 1
        parts = self._parts(output)
        pairs = zip(self._first, parts, strict=False)
        difference = "" if len(parts) == len(self._first) else f"{len(parts)} outputs, not {len(self._first)}"
        difference = difference or next(filter(None, (_difference(*pair) for pair in pairs)), "")
        if difference:
            self.different.append(self.runs)
            self._difference = self._difference or difference

    def complaint(self) -> str:
        """How runs differ, as text; empty where they don't."""
        if not self.different:
            return ""
        others = len(self.different)
        return (
            f"with the same inputs, {others} of {counted(self.runs - 1, 'further run')} "
            f"{'differs' if others == 1 else 'differ'} from the first; run {self.different[0]}: {self._difference}"
        )

    def _parts(self, output: Any) -> list[_Part]:
        tensors = output_tensors(output)
        parts = []
        for label, tensor in tensors:
            chips = self._execution.read(tensor)
            for chip, host in enumerate(chips):
                where = f"{label} on chip {chip}" if len(chips) > 1 else label
                parts.append(_Part(where, tensor.dtype.name, bits(host)))
        return parts


def _difference(first: _Part, later: _Part) -> str:
    """The first difference of two parts, as text; empty where there is none."""
    if first.bits.shape != later.bits.shape or first.dtype != later.dtype:
        return f"{first.label} is {later.dtype} {later.bits.shape}, not {first.dtype} {first.bits.shape}"
    differs = first.bits != later.bits
    count = int(np.count_nonzero(differs))
    if not count:
        return ""
    index = np.unravel_index(int(np.argmax(differs)), differs.shape)
    return (
        f"{count} of {counted(differs.size, 'element')} of {first.label}, first at {list(map(int, index))}: "
        f"{shown(later.bits[index], later.dtype)}, in the first run {shown(first.bits[index], first.dtype)}"
    )
