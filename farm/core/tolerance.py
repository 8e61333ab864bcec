"""How far an output may be from its golden: bounds, and the rows of the tolerance table that give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far an output may be from its golden. None means that this bound doesn't apply.

    An element is right if its error is within the largest of the element bounds that apply: `ulp`, `rtol` with `atol`,
    `scaled`. The output is right if all its elements are, and the bounds of the whole output hold too.

    Attributes:
        exact: every element must be equal, bit by bit; the other bounds don't apply.
        ulp: error of an element, in units in the last place of the output's dtype at the expected value. For block
            floats, the place is that of the block's shared exponent.
        rtol: error of an element, as a share of the expected value's size.
        atol: error of an element, absolute; added to that of `rtol`.
        scaled: error of an element, as a share of the expected output's root mean square.
        relative_error: the norm of all errors, as a share of the expected output's norm (both root mean square). It is
            never narrower than twice what rounding to the output's dtype makes.
        pcc: the least Pearson correlation; of no effect where the expected output is constant, or its numbers are
            closer to each other than its dtype can tell: where it is the only bound, the relative error that leaves
            such a correlation takes its place there. Beside a relative error, it is for numbers around zero, and for
            others as much less as noise of the same size leaves.
    """

    exact: bool = False
    ulp: float | None = None
    rtol: float | None = None
    atol: float | None = None
    scaled: float | None = None
    relative_error: float | None = None
    pcc: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the bounds that apply, as JSON that `from_json` reads."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name)) not in (None, False)}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Bounds:
        """Read what `as_json` wrote."""
        return cls(**raw)


@dataclass(frozen=True, slots=True)
class ToleranceRow:
    """A row of the tolerance table: which outputs it is for, and their bounds.

    Attributes:
        name: a short name, which verdicts and reports give.
        bounds: the bounds.
        source: where the bounds come from: a formula, a document, a measurement.
        operations: patterns of operations' dotted names (`ttnn.exp`, `ttnn.experimental.*`); empty for any.
        kinds: kinds of operations, of `farm.judging.operation_kinds`; empty for any.
        dtypes: dtypes of the output; empty for any.
    """

    name: str
    bounds: Bounds
    source: str
    operations: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict that `from_json` reads."""
        return {
            "name": self.name,
            "bounds": self.bounds.as_json(),
            "source": self.source,
            "operations": self.operations,
            "kinds": self.kinds,
            "dtypes": self.dtypes,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ToleranceRow:
        """Read what `as_json` wrote."""
        return cls(
            raw["name"],
            Bounds.from_json(raw["bounds"]),
            raw["source"],
            tuple(raw.get("operations", ())),
            tuple(raw.get("kinds", ())),
            tuple(raw.get("dtypes", ())),
        )
