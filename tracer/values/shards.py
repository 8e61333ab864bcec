"""How tensors are cut over cores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from tracer.errors import ConfigurationError
from tracer.values.base import Builder, TypedValue, Value
from tracer.values.cores import CoreRangeSet
from tracer.values.equal_json import ReadOnce
from tracer.values.shape import live_dims
from tracer.values.spellings import dimensions, fields_of, in_range, member, pair
from tracer.values.text import bracketed

_ORIENTATIONS = {0: "ROW_MAJOR", 1: "COL_MAJOR"}


@dataclass(frozen=True, slots=True)
class ShardSpec(TypedValue):
    """How a two-dimensional view of a tensor is cut over cores."""

    grid: CoreRangeSet
    shape: tuple[int, int]
    orientation: str = "ROW_MAJOR"

    NAMES: ClassVar[tuple[str, ...]] = ("ShardSpec",)
    JSON_TYPES: ClassVar[tuple[str, ...]] = ("ShardSpec",)
    PRINTED_NAMES: ClassVar[tuple[str, ...]] = ("ShardSpec",)

    @classmethod
    def describe(cls, live: Any) -> ShardSpec:
        height, width = live.shape
        return cls(CoreRangeSet.describe(live.grid), (height, width), live.orientation.name)

    def encode(self) -> dict[str, Any]:
        return {"type": "ShardSpec", **self.as_json()}

    def as_json(self) -> dict[str, Any]:
        """Return the JSON of a shard spec inside a memory config."""
        return {"grid": self.grid.as_json(), "shape": list(self.shape), "orientation": self.orientation}

    @classmethod
    def decode(cls, raw: Any) -> ShardSpec:
        return cls.read(raw)

    @classmethod
    def read(cls, raw: object, what: str = "shard_spec") -> ShardSpec:
        """Read a shard spec that is an object, or the text of one."""
        fields = fields_of(raw, what)
        sizes = fields.get("shape", fields.get("shard_shape"))
        if "grid" not in fields or sizes is None or "orientation" not in fields:
            raise ConfigurationError(f"{what} must have a grid, a shape and an orientation, not {sorted(fields)}")
        return cls(
            _grid(fields["grid"], f"{what}.grid"),
            _shard_shape(pair(sizes, f"{what}.shape"), f"{what}.shape"),
            _orientation(fields["orientation"], f"{what}.orientation"),
        )

    @classmethod
    def json_shapes(cls) -> Mapping[frozenset[str], Callable[[Any], Value]]:
        return {frozenset({"grid", "shape", "orientation"}): cls.read}

    def build(self, builder: Builder) -> Any:
        orientation = builder.member("ShardOrientation", self.orientation)
        return builder.ttnn.ShardSpec(builder.live(self.grid), self.shape, orientation)

    def show(self) -> str:
        return f"shard(shard_shape={bracketed(self.shape)}, grid={self.grid.show()}, orientation={self.orientation})"


@dataclass(frozen=True, slots=True)
class NdShardSpec(TypedValue):
    """How a tensor of any rank is cut over cores."""

    grid: CoreRangeSet
    shape: tuple[int, ...]
    orientation: str = "ROW_MAJOR"
    distribution: str = "ROUND_ROBIN_1D"

    NAMES: ClassVar[tuple[str, ...]] = ("NdShardSpec",)
    JSON_TYPES: ClassVar[tuple[str, ...]] = ("NdShardSpec",)
    PRINTED_NAMES: ClassVar[tuple[str, ...]] = ("NdShardSpec",)

    @classmethod
    def describe(cls, live: Any) -> NdShardSpec:
        return cls(
            CoreRangeSet.describe(live.grid),
            live_dims(live.shard_shape),
            live.orientation.name,
            live.shard_distribution_strategy.name,
        )

    def encode(self) -> dict[str, Any]:
        return {"type": "NdShardSpec", **self.as_json()}

    def as_json(self) -> dict[str, Any]:
        """Return the JSON of an nd shard spec inside a memory config."""
        return {
            "grid": self.grid.as_json(),
            "shard_shape": list(self.shape),
            "orientation": self.orientation,
            "shard_distribution_strategy": self.distribution,
        }

    @classmethod
    def decode(cls, raw: Any) -> NdShardSpec:
        return cls.read(raw)

    @classmethod
    def read(cls, raw: object, what: str = "nd_shard_spec") -> NdShardSpec:
        """Read an nd shard spec that is an object, or the text of one."""
        fields = fields_of(raw, what)
        sizes = fields.get("shard_shape", fields.get("shape"))
        if "grid" not in fields or sizes is None or "orientation" not in fields:
            raise ConfigurationError(f"{what} must have a grid, a shard_shape and an orientation, not {sorted(fields)}")
        return cls(
            _grid(fields["grid"], f"{what}.grid"),
            _shard_shape(dimensions(sizes, f"{what}.shard_shape"), f"{what}.shard_shape"),
            _orientation(fields["orientation"], f"{what}.orientation"),
            member(fields.get("shard_distribution_strategy", "ROUND_ROBIN_1D"), f"{what}.shard_distribution_strategy"),
        )

    @classmethod
    def json_shapes(cls) -> Mapping[frozenset[str], Callable[[Any], Value]]:
        return {frozenset({"grid", "shard_shape", "orientation", "shard_distribution_strategy"}): cls.read}

    def build(self, builder: Builder) -> Any:
        return builder.ttnn.NdShardSpec(
            builder.ttnn.Shape(self.shape),
            builder.live(self.grid),
            builder.member("ShardOrientation", self.orientation),
            builder.member("ShardDistributionStrategy", self.distribution),
        )

    def show(self) -> str:
        return (
            f"nd_shard(shard_shape={bracketed(self.shape)}, grid={self.grid.show()}, "
            f"orientation={self.orientation}, distribution={self.distribution})"
        )


def cut_alike(one: ShardSpec | NdShardSpec | None, other: ShardSpec | NdShardSpec | None) -> bool:
    """Return whether two specs cut a tensor alike; core ranges count as sets of cores."""
    if one is None or other is None:
        return one is other
    return (
        tuple(one.shape) == tuple(other.shape)
        and one.orientation == other.orientation
        and one.grid.cores() == other.grid.cores()
    )


_Sizes = TypeVar("_Sizes", bound=tuple[int, ...])


_read_grid = ReadOnce(CoreRangeSet.read, most=4096)


def _grid(raw: object, what: str) -> CoreRangeSet:
    try:
        return _read_grid(raw)
    except ConfigurationError:
        return CoreRangeSet.read(raw, what)  # whose message names the place


def _shard_shape(sizes: _Sizes, what: str) -> _Sizes:
    in_range(sizes, what)
    return sizes


def _orientation(raw: object, what: str) -> str:
    """Return ROW_MAJOR or COL_MAJOR: by name, or as the 0 or 1 that ttnn's `to_json` writes."""
    if type(raw) is int and raw in _ORIENTATIONS:
        return _ORIENTATIONS[raw]
    return member(raw, what)
