"""What a survey tells of the goldens of a ttnn: for each operation, whether outputs can be compared with one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tracer.names import find


class GoldenClass(str, Enum):
    """Whether an operation's outputs can be compared with its golden. A closed list."""

    COMPARED = "compared"
    """The golden was called, and gave what outputs can be compared with."""
    NO_GOLDEN = "no_golden"
    """ttnn has none."""
    GOLDEN_SKIPS = "golden_skips"
    """The golden says that there is nothing to compare: random numbers, memory that isn't written."""
    GOLDEN_NEEDS_MORE = "golden_needs_more"
    """The golden needs what no trace holds, or a package that isn't installed."""
    GOLDEN_RAISES = "golden_raises"
    """The golden raises on whatever the survey tries, by its own code."""
    SPANS_CHIPS = "spans_chips"
    """Chips exchange data, and the golden can't be computed chip by chip: it is compared on one chip alone."""
    BROKEN = "broken"
    """farm can't call the golden: a fault of farm's."""

    @property
    def meaning(self) -> str:
        """What it means, in a few words."""
        return _MEANINGS[self]


_MEANINGS: Mapping[GoldenClass, str] = {
    GoldenClass.COMPARED: "outputs are compared with the golden",
    GoldenClass.NO_GOLDEN: "ttnn has no golden",
    GoldenClass.GOLDEN_SKIPS: "the golden says that there is nothing to compare",
    GoldenClass.GOLDEN_NEEDS_MORE: "the golden needs what no trace holds, or a package that isn't installed",
    GoldenClass.GOLDEN_RAISES: "the golden raises, by its own code",
    GoldenClass.SPANS_CHIPS: "chips exchange data: compared on one chip alone",
    GoldenClass.BROKEN: "farm can't call the golden",
}


@dataclass(frozen=True, slots=True)
class GoldenSurvey:
    """The goldens of a ttnn.

    Attributes:
        ttnn: its version.
        operations: the class of each operation that it registers, by name.
        experimental: the same of those in `ttnn.experimental`.
        problems: of the broken ones, what is wrong, by name.
    """

    ttnn: str
    operations: Mapping[str, GoldenClass]
    experimental: Mapping[str, GoldenClass] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many operations each class has, without the experimental ones."""
        return {each.value: self.count(each) for each in GoldenClass}

    @property
    def all_operations(self) -> dict[str, GoldenClass]:
        """The class of each operation, the experimental ones behind the others, by name."""
        return {**dict(sorted(self.operations.items())), **dict(sorted(self.experimental.items()))}

    @property
    def broken(self) -> list[str]:
        """The operations whose golden farm can't call, the experimental ones among them."""
        return [name for name, each in self.all_operations.items() if each is GoldenClass.BROKEN]

    def count(self, golden_class: GoldenClass, *, experimental: bool = False) -> int:
        """Return how many operations have a class."""
        operations = self.experimental if experimental else self.operations
        return sum(each is golden_class for each in operations.values())

    def of(self, name: str) -> GoldenSurvey:
        """Return the survey of the operations that a name means, in any spelling.

        Raises:
            UnknownOperation: it means none.
        """
        names = find(name, self.all_operations)
        operations, experimental = (
            {each: classes[each] for each in names if each in classes}
            for classes in (self.operations, self.experimental)
        )
        problems = {each: self.problems[each] for each in names if each in self.problems}
        return GoldenSurvey(self.ttnn, operations, experimental, problems)

    def as_json(self) -> dict[str, Any]:
        """Return JSON that `from_json` reads, with the counts."""
        return {
            "ttnn": self.ttnn,
            "counts": self.counts,
            "broken": self.broken,
            "operations": {name: each.value for name, each in sorted(self.operations.items())},
            "experimental": {name: each.value for name, each in sorted(self.experimental.items())},
            "problems": dict(self.problems),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> GoldenSurvey:
        """Read what `as_json` wrote.

        Raises:
            KeyError, ValueError, TypeError, AttributeError: it is something else.
        """
        operations, experimental = (
            {name: GoldenClass(each) for name, each in raw[key].items()} for key in ("operations", "experimental")
        )
        return cls(raw["ttnn"], operations, experimental, raw["problems"])
