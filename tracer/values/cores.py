"""Cores of a chip: one, a rectangle, a set of rectangles, and a grid from (0, 0).

Every schema spells them its own way: grids as `[{x, y}, {x, y}]`, `[[{x, y}, {x, y}], ...]`, `[{start, end}]` or
printed ranges; a core as `{x, y}`, `(x=8,y=8)`, `8-8` or `8,8`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tracer.errors import ConfigurationError
from tracer.values.base import Builder, LiveClass, TypedValue, Value
from tracer.values.cpptext import Call, Range
from tracer.values.spellings import parsed
from tracer.values.text import bracketed, brief

_GRID_SIZES = frozenset({"compute_with_storage_grid_size", "core_grid", "grid_size"})
"""Fields whose `CoreCoord` is a number of columns and rows of compute cores."""


@dataclass(frozen=True, slots=True)
class CoreCoord(TypedValue):
    """One logical core."""

    x: int
    y: int

    NAMES: ClassVar[tuple[str, ...]] = ("CoreCoord",)
    PRINTED_NAMES: ClassVar[tuple[str, ...]] = ("CoreCoord",)

    @classmethod
    def describe(cls, live: Any) -> CoreCoord:
        return cls(live.x, live.y)

    def encode(self) -> dict[str, Any]:
        return {"type": "CoreCoord", "value": self.printed()}

    def printed(self) -> str:
        return f"(x={self.x},y={self.y})"

    def as_json(self) -> dict[str, int]:
        """Return the JSON of a core inside another object."""
        return {"x": self.x, "y": self.y}

    @classmethod
    def decode(cls, raw: Any) -> CoreCoord:
        return cls.read(raw)

    @classmethod
    def json_shapes(cls) -> Mapping[frozenset[str], Callable[[Any], Value]]:
        return {frozenset({"x", "y"}): cls.read}

    @classmethod
    def read(cls, raw: object, what: str = "core") -> CoreCoord:
        """Read a core in any spelling."""
        x: object = None
        y: object = None
        if isinstance(raw, dict) and raw.keys() == {"x", "y"}:
            x, y = raw["x"], raw["y"]
        elif isinstance(raw, Call) and tuple(name for name, _ in raw.fields) == ("x", "y"):
            x, y = raw.fields[0][1], raw.fields[1][1]
        elif isinstance(raw, Range):
            x, y = raw.start, raw.end
        elif isinstance(raw, (list, tuple)) and len(raw) == 2:
            x, y = raw
        if type(x) is not int or type(y) is not int:
            raise ConfigurationError(f"{what} must be an x and a y, not {brief(raw)}")
        return cls(x, y)

    def build(self, builder: Builder) -> Any:
        return builder.ttnn.CoreCoord(self.x, self.y)

    def show(self) -> str:
        return f"({self.x},{self.y})"

    def used_cores(self, field: str) -> Iterator[tuple[int, int]]:
        if field in _GRID_SIZES:
            yield self.x - 1, self.y - 1


@dataclass(frozen=True, slots=True)
class CoreRange(TypedValue):
    """A rectangle of cores, both corners included."""

    start: CoreCoord
    end: CoreCoord

    NAMES: ClassVar[tuple[str, ...]] = ("CoreRange",)
    PRINTED_NAMES: ClassVar[tuple[str, ...]] = ("CoreRange",)

    @classmethod
    def describe(cls, live: Any) -> CoreRange:
        return cls(CoreCoord.describe(live.start), CoreCoord.describe(live.end))

    def encode(self) -> dict[str, Any]:
        return {"type": "CoreRange", "value": self.printed()}

    def printed(self) -> str:
        return f"[{self.start.printed()} - {self.end.printed()}]"

    def as_json(self) -> dict[str, Any]:
        """Return the JSON of a range inside another object."""
        return {"start": self.start.as_json(), "end": self.end.as_json()}

    @classmethod
    def decode(cls, raw: Any) -> CoreRange:
        return cls.read(raw)

    @classmethod
    def json_shapes(cls) -> Mapping[frozenset[str], Callable[[Any], Value]]:
        return {frozenset({"start", "end"}): cls.read}

    @classmethod
    def printed_nodes(cls) -> Mapping[LiveClass, Callable[[Any], Value]]:
        return {Range: cls._of_range}

    @classmethod
    def _of_range(cls, node: Range) -> CoreRange | CoreCoord:
        """Return the range of two cores; a range of two numbers is one core."""
        return CoreCoord.read(node) if type(node.start) is int and type(node.end) is int else cls.read(node)

    @classmethod
    def read(cls, raw: object, what: str = "core range") -> CoreRange:
        """Read a range: `{start, end}`, a list of two cores, or a printed range."""
        if isinstance(raw, dict) and "start" in raw and "end" in raw:
            return cls(CoreCoord.read(raw["start"], what), CoreCoord.read(raw["end"], what))
        if isinstance(raw, (list, tuple)) and len(raw) == 1:
            raw = raw[0]
        if isinstance(raw, Range):
            return cls(CoreCoord.read(raw.start, what), CoreCoord.read(raw.end, what))
        if isinstance(raw, (list, tuple)) and len(raw) == 2:
            return cls(CoreCoord.read(raw[0], what), CoreCoord.read(raw[1], what))
        raise ConfigurationError(f"{what} must have a start and an end, not {brief(raw)}")

    def build(self, builder: Builder) -> Any:
        return builder.ttnn.CoreRange(builder.live(self.start), builder.live(self.end))

    def show(self) -> str:
        return f"{self.start.show()}→{self.end.show()}"

    def used_cores(self, field: str) -> Iterator[tuple[int, int]]:  # noqa: ARG002 - any field's cores are used
        yield self.end.x, self.end.y


@dataclass(frozen=True, slots=True)
class CoreRangeSet(TypedValue):
    """A set of core rectangles, in the order the trace had them."""

    ranges: tuple[CoreRange, ...]

    NAMES: ClassVar[tuple[str, ...]] = ("CoreRangeSet",)
    PRINTED_NAMES: ClassVar[tuple[str, ...]] = ("CoreRangeSet",)
    V1_NAMES: ClassVar[tuple[str, ...]] = ("CoreRangeSet",)

    @classmethod
    def describe(cls, live: Any) -> CoreRangeSet:
        return cls(tuple(CoreRange.describe(each) for each in live.ranges()))

    def encode(self) -> dict[str, Any]:
        return {"type": "CoreRangeSet", "value": self.printed()}

    def printed(self) -> str:
        return "{" + ", ".join(each.printed() for each in self.ranges) + "}"

    def as_json(self) -> list[dict[str, Any]]:
        """Return the JSON of a set inside another object."""
        return [each.as_json() for each in self.ranges]

    @classmethod
    def decode(cls, raw: Any) -> CoreRangeSet:
        return cls.read(raw)

    @classmethod
    def decode_v1(cls, body: Any, name: str) -> CoreRangeSet:
        return cls.read(body, name)

    @classmethod
    def read(cls, raw: object, what: str = "grid") -> CoreRangeSet:
        """Read a set in any spelling, or the text of one."""
        if isinstance(raw, str):
            raw = parsed(raw, what)
        if isinstance(raw, dict) and "start" in raw:
            raw = [raw]
        if isinstance(raw, dict) and not raw:
            return cls(())
        if not isinstance(raw, (list, tuple)):
            raise ConfigurationError(f"{what} must be a list of core ranges, not {brief(raw)}")
        if len(raw) == 2 and all(isinstance(corner, dict) and corner.keys() == {"x", "y"} for corner in raw):
            return cls((CoreRange.read(raw, what),))
        return cls(tuple([CoreRange.read(part, what) for part in raw]))

    def build(self, builder: Builder) -> Any:
        return builder.ttnn.CoreRangeSet([builder.live(each) for each in self.ranges])

    def show(self) -> str:
        return bracketed(each.show() for each in self.ranges)

    def cores(self) -> set[tuple[int, int]]:
        """Return the (x, y) of every core."""
        return {
            (x, y)
            for each in self.ranges
            for x in range(each.start.x, each.end.x + 1)
            for y in range(each.start.y, each.end.y + 1)
        }


@dataclass(frozen=True, slots=True)
class CoreGrid(TypedValue):
    """A `ttnn.CoreGrid`: x columns and y rows of cores from (0, 0)."""

    x: int
    y: int

    NAMES: ClassVar[tuple[str, ...]] = ("CoreGrid",)
    PRINTED_NAMES: ClassVar[tuple[str, ...]] = ("CoreGrid",)

    @classmethod
    def describe(cls, live: Any) -> CoreGrid:
        return cls(x=live.x, y=live.y)

    def encode(self) -> dict[str, Any]:
        return {"type": "CoreGrid", "value": f"ttnn.CoreGrid(x={self.x}, y={self.y})"}

    @classmethod
    def parse(cls, node: Any) -> CoreGrid:
        size = CoreCoord.read(Call("", tuple(sorted(node.fields))) if isinstance(node, Call) else node, "CoreGrid")
        return cls(size.x, size.y)

    def build(self, builder: Builder) -> Any:
        return builder.ttnn.CoreGrid(x=self.x, y=self.y)

    def show(self) -> str:
        return f"CoreGrid(x={self.x}, y={self.y})"

    def used_cores(self, field: str) -> Iterator[tuple[int, int]]:  # noqa: ARG002 - see CoreRange
        yield self.x - 1, self.y - 1


def are_ranges(parts: list[Any] | tuple[Any, ...]) -> bool:
    """Return whether a list is a set of core ranges: `[a - b]`, `{[a - b], [c - d]}` or `[{start, end}]`."""
    unwrapped = [part[0] if isinstance(part, list) and len(part) == 1 else part for part in parts]
    return bool(unwrapped) and all(
        (isinstance(part, Range) and not isinstance(part.start, int))
        or (isinstance(part, dict) and part.keys() == {"start", "end"})
        for part in unwrapped
    )
