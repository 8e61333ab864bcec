"""How the outputs of calls are described: tensors that are alike once, since a sweep makes the same ones many times."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
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
        if isinstance(value, Tensor) and value.chip_placement is not None:
            return cls(value, encoded, encode(replace(value, chip_placement=None)))
        return cls(value, encoded, encoded)


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
            if isinstance(description.value, Tensor):
                self._tensors[key] = description
        return description
