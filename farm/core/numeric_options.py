"""How the numbers of a traced call are made and judged on boards that compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, TypeAlias

from farm.core.tolerance import ToleranceRow


class InputStyle(str, Enum):
    """How input numbers are drawn; the values of `--inputs`."""

    AUTO = "auto"
    """Like the traced values where the trace has their statistics, otherwise by the operation's domain."""
    NORMAL = "normal"
    """Normally distributed, inside the operation's domain."""
    UNIFORM = "uniform"
    """Uniformly distributed over the operation's domain."""
    EDGE = "edge"
    """Values at the edges of the dtype and of the domain."""
    ONES = "ones"
    """Ones: what remains is the arithmetic of shapes."""


InputName: TypeAlias = Literal["auto", "normal", "uniform", "edge", "ones"]
"""The values of `InputStyle`, for callers that write them as text."""


@dataclass(frozen=True, slots=True)
class NumericOptions:
    """How the numbers of a traced call are made and judged on boards that compute.

    Attributes:
        inputs: how input numbers are drawn.
        seed: together with the vector's id, it decides every input number.
        canary: whether memory around the output is watched; None: where that costs little.
        repeat: how many times the call runs with the same inputs; all outputs must be equal, bit by bit.
        tolerances: a team's own rows that apply to the operation; they come before farm's.
    """

    inputs: InputStyle = InputStyle.AUTO
    seed: int = 0
    canary: bool | None = None
    repeat: int = 1
    tolerances: tuple[ToleranceRow, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the fields that are not at their default, as JSON that `from_json` reads."""
        raw: dict[str, Any] = {}
        if self.inputs is not InputStyle.AUTO:
            raw["inputs"] = self.inputs.value
        if self.seed:
            raw["seed"] = self.seed
        if self.canary is not None:
            raw["canary"] = self.canary
        if self.repeat != 1:
            raw["repeat"] = self.repeat
        if self.tolerances:
            raw["tolerances"] = [row.as_json() for row in self.tolerances]
        return raw

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> NumericOptions:
        """Read what `as_json` wrote."""
        return cls(
            InputStyle(raw.get("inputs", InputStyle.AUTO.value)),
            raw.get("seed", 0),
            raw.get("canary"),
            raw.get("repeat", 1),
            tuple(map(ToleranceRow.from_json, raw.get("tolerances", ()))),
        )


USUAL_NUMBERS = NumericOptions()
"""The options of a run that gives none."""
