"""What is wrong with an output's numbers: the evidence of a failed comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Number = int | float


class NonFinite(str, Enum):
    """How two numbers differ of which one is not finite. The values are JSON's."""

    NAN_FOR_NUMBER = "nan_for_number"
    """NaN where a number is expected."""
    INFINITY_FOR_NUMBER = "infinity_for_number"
    """An infinity where a number is expected."""
    NUMBER_FOR_NAN = "number_for_nan"
    """A number where NaN is expected."""
    NUMBER_FOR_INFINITY = "number_for_infinity"
    """A number where an infinity is expected."""
    OTHER_INFINITY = "other_infinity"
    """The infinity of the other sign."""
    INFINITY_FOR_NAN = "infinity_for_nan"
    """An infinity where NaN is expected."""
    NAN_FOR_INFINITY = "nan_for_infinity"
    """NaN where an infinity is expected."""

    @property
    def words(self) -> str:
        """What a message calls it, after a count."""
        return _WORDS[self]


_WORDS = {
    NonFinite.NAN_FOR_NUMBER: "NaN for a number",
    NonFinite.INFINITY_FOR_NUMBER: "infinite for a number",
    NonFinite.NUMBER_FOR_NAN: "a number for NaN",
    NonFinite.NUMBER_FOR_INFINITY: "a number for an infinity",
    NonFinite.OTHER_INFINITY: "infinite with the wrong sign",
    NonFinite.INFINITY_FOR_NAN: "infinite for NaN",
    NonFinite.NAN_FOR_INFINITY: "NaN for an infinity",
}


@dataclass(frozen=True, slots=True)
class Element:
    """A wrong element: its index in the output, and both its numbers."""

    index: tuple[int, ...]
    expected: Number
    actual: Number

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict that `from_json` reads."""
        return {"index": self.index, "expected": _to_json(self.expected), "actual": _to_json(self.actual)}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Element:
        """Read what `as_json` wrote."""
        return cls(tuple(map(_count, raw["index"])), _from_json(raw["expected"]), _from_json(raw["actual"]))


@dataclass(frozen=True, slots=True)
class Places:
    """Places of one kind that hold wrong elements: tiles, shards or chips.

    Attributes:
        kind: `tile`, `shard` or `chip`.
        wrong: how many hold a wrong element.
        total: how many the output has.
        names: the first ones that do, each with the share of its elements that are wrong.
    """

    kind: str
    wrong: int
    total: int
    names: tuple[tuple[str, float], ...]

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict that `from_json` reads."""
        return {"kind": self.kind, "wrong": self.wrong, "total": self.total, "names": self.names}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Places:
        """Read what `as_json` wrote."""
        names = tuple((str(name), float(share)) for name, share in raw["names"])
        return cls(str(raw["kind"]), _count(raw["wrong"]), _count(raw["total"]), names)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Neighbouring numbers of an output around its worst element.

    Attributes:
        start: the index of the first one; the others follow in the order of rows.
        expected, actual: the numbers.
    """

    start: tuple[int, ...]
    expected: tuple[Number, ...]
    actual: tuple[Number, ...]

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict that `from_json` reads."""
        return {
            "start": self.start,
            "expected": list(map(_to_json, self.expected)),
            "actual": list(map(_to_json, self.actual)),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Excerpt:
        """Read what `as_json` wrote."""
        expected, actual = (tuple(map(_from_json, raw[name])) for name in ("expected", "actual"))
        return cls(tuple(map(_count, raw["start"])), expected, actual)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What is wrong with the numbers of one output on one chip.

    Attributes:
        elements: the elements that were compared.
        shape: the output's.
        mismatched: those beyond their bounds. Where only the whole output is beyond its bounds, those whose error is
            larger than these bounds allow on average.
        first: the first of them, in the order of rows.
        worst: that with the largest error; a wrong non-finite one comes before all others.
        max_abs_error, max_rel_error, max_ulp: the largest errors of finite elements: absolute, as a share of the
            expected number, in ULPs of the output's dtype. None where there is none, as of integers' ULPs.
        pcc: the Pearson correlation; None where it is not defined.
        relative_error: the norm of all errors as a share of the expected output's; None if that is zero.
        ulps: how many mismatched elements are wrong by how much: pairs of a power of two and the number of elements
            that are off by up to so many ULPs, and by more than half of it.
        nonfinite: the wrong non-finite elements by kind.
        where: where the mismatched elements are, in words, if that is anything narrower than everywhere.
        places: the tiles and shards that hold them.
        hints: what the output is instead, where that is certain: `the output is twice the expected values`.
        excerpt: the numbers around the worst element.
        seed: the seed of the inputs; together with the vector's id it decides them all.
        output, chip: the output's position and the chip; None for the only one.
        wrong_outputs, wrong_chips: all outputs and chips that are wrong, where there are several.
    """

    elements: int
    mismatched: int
    shape: tuple[int, ...] = ()
    first: Element | None = None
    worst: Element | None = None
    max_abs_error: float | None = None
    max_rel_error: float | None = None
    max_ulp: float | None = None
    pcc: float | None = None
    relative_error: float | None = None
    ulps: tuple[tuple[float, int], ...] = ()
    nonfinite: Mapping[NonFinite, int] = field(default_factory=dict)
    where: str = ""
    places: tuple[Places, ...] = ()
    hints: tuple[str, ...] = ()
    excerpt: Excerpt | None = None
    seed: int = 0
    output: int | None = None
    chip: int | None = None
    wrong_outputs: tuple[int, ...] = ()
    wrong_chips: tuple[int, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict that `from_json` reads, without what is not there."""
        raw: dict[str, Any] = {"elements": self.elements, "mismatched": self.mismatched, "seed": self.seed}
        for name in ("first", "worst", "excerpt"):
            if (part := getattr(self, name)) is not None:
                raw[name] = part.as_json()
        for name in _NUMBERS:
            if (number := getattr(self, name)) is not None:
                raw[name] = _to_json(number)
        for name in ("shape", "ulps", "where", "hints", "wrong_outputs", "wrong_chips"):
            if value := getattr(self, name):
                raw[name] = value
        if self.nonfinite:
            raw["nonfinite"] = {kind.value: count for kind, count in self.nonfinite.items()}
        if self.places:
            raw["places"] = [each.as_json() for each in self.places]
        for name in ("output", "chip"):
            if (position := getattr(self, name)) is not None:
                raw[name] = position
        return raw

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Mismatch:
        """Read what `as_json` wrote.

        Raises:
            ValueError, TypeError, KeyError, AttributeError, OverflowError: it is none.
        """
        return cls(
            elements=_count(raw["elements"]),
            mismatched=_count(raw["mismatched"]),
            shape=tuple(map(_count, raw.get("shape", ()))),
            first=Element.from_json(raw["first"]) if "first" in raw else None,
            worst=Element.from_json(raw["worst"]) if "worst" in raw else None,
            **{name: _from_json(raw[name]) for name in _NUMBERS if name in raw},
            ulps=tuple((float(bound), _count(count)) for bound, count in raw.get("ulps", ())),
            nonfinite={NonFinite(kind): _count(count) for kind, count in raw.get("nonfinite", {}).items()},
            where=str(raw.get("where", "")),
            places=tuple(map(Places.from_json, raw.get("places", ()))),
            hints=tuple(map(str, raw.get("hints", ()))),
            excerpt=Excerpt.from_json(raw["excerpt"]) if "excerpt" in raw else None,
            seed=_count(raw.get("seed", 0)),
            output=_count(raw["output"]) if "output" in raw else None,
            chip=_count(raw["chip"]) if "chip" in raw else None,
            wrong_outputs=tuple(map(_count, raw.get("wrong_outputs", ()))),
            wrong_chips=tuple(map(_count, raw.get("wrong_chips", ()))),
        )


_NUMBERS = ("max_abs_error", "max_rel_error", "max_ulp", "pcc", "relative_error")


def _to_json(number: Number) -> Number | str:
    """Return a number as JSON can hold it: those that are not finite as `nan`, `inf` and `-inf`."""
    return number if math.isfinite(number) else str(number)


def _from_json(raw: Any) -> Number:
    if isinstance(raw, int):
        return _in_range(raw)
    return float(raw)


def _count(raw: Any) -> int:
    return _in_range(int(raw))


def _in_range(number: int) -> int:
    """Return a number that any dtype and any count of elements can have.

    Raises:
        ValueError: it is larger.
    """
    if abs(number) >= 1 << 64:
        raise ValueError("a number is too large")
    return number
