"""How the outputs of calls are described: tensors that are alike once, since a sweep makes the same ones many times."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from operator import is_
from typing import Any

from tracer.values import Tensor, Value, describe, encode
from tracer.values.keys import safe_keys


@dataclass(frozen=True, slots=True)
class Description:
    """An output, described.

    Attributes:
        value: the description.
        encoded: the description as JSON. It is shared: not to be changed.
        traced: what vectors have as the output of such a call, mostly: the same JSON, without a placement on one chip.
    """

    value: Value
    encoded: Any
    traced: Any

    @classmethod
    def of(cls, output: object) -> Description:
        """Describe an output."""
        value = describe(output)
        encoded = encode(value)
        traced = _as_traced(value)
        return cls(value, encoded, encoded if traced is value else encode(traced))


class Outputs:
    """The descriptions of what calls on one device returned."""

    def __init__(self) -> None:
        self._tensors: dict[Hashable, Description] = {}

    def describe(self, output: object) -> Description:
        """Describe an output, or find the description of a tensor like it."""
        key = (type(output), safe_keys((output,)))
        description = self._tensors.get(key)
        if description is None:
            description = Description.of(output)
            if _is_of_tensors(description.value):
                self._tensors[key] = description
        return description


def _as_traced(value: Value) -> Value:
    """A description without placements on one chip; the same object where there are none."""
    if isinstance(value, Tensor):
        return value if value.chip_placement is None else replace(value, chip_placement=None)
    if isinstance(value, tuple):
        parts = tuple(map(_as_traced, value))
        return value if all(map(is_, parts, value)) else parts
    return value


def _is_of_tensors(value: Value) -> bool:
    """Whether a description is of tensors alone: the keys of other values may be equal where these are not."""
    if isinstance(value, tuple):
        return all(part is None or isinstance(part, Tensor) for part in value)
    return isinstance(value, Tensor)
