"""Where tensors are kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from tracer.errors import ConfigurationError
from tracer.values.base import Builder, TypedValue, Value
from tracer.values.equal_json import ReadOnce
from tracer.values.shards import NdShardSpec, ShardSpec, cut_alike
from tracer.values.spellings import fields_of, is_none, member, member_name


@dataclass(frozen=True, slots=True)
class MemoryConfig(TypedValue):
    """A `ttnn.MemoryConfig`.

    Attributes:
        layout: member of TensorMemoryLayout.
        buffer: member of BufferType.
        shard_spec: None where not sharded, or where ttnn is to choose.
        nd_shard_spec: kept only where it says something that `shard_spec` doesn't: ttnn derives one from the other.
    """

    layout: str = "INTERLEAVED"
    buffer: str = "DRAM"
    shard_spec: ShardSpec | None = None
    nd_shard_spec: NdShardSpec | None = None

    NAMES: ClassVar[tuple[str, ...]] = ("MemoryConfig",)
    PRINTED_NAMES: ClassVar[tuple[str, ...]] = ("MemoryConfig",)
    V1_NAMES: ClassVar[tuple[str, ...]] = ("MemoryConfig",)

    @classmethod
    def describe(cls, live: Any) -> MemoryConfig:
        shard, nd_shard = live.shard_spec, live.nd_shard_spec
        if shard is None and nd_shard is None:
            # nearly all are: one object each serves for all of them
            return _unsharded(live.memory_layout.name, live.buffer_type.name)
        if nd_shard is not None and shard is not None and "created_with_nd_shard_spec=1" not in repr(live):
            nd_shard = None  # derived from the other
        return cls(
            live.memory_layout.name,
            live.buffer_type.name,
            None if shard is None else ShardSpec.describe(shard),
            None if nd_shard is None else NdShardSpec.describe(nd_shard),
        )

    @classmethod
    def capture_key(cls, live: Any) -> Hashable:
        # the hash knows whether shards were given in n dimensions, the comparison doesn't
        return (live, hash(live))

    def encode(self) -> dict[str, Any]:
        raw = {
            "memory_layout": f"TensorMemoryLayout.{self.layout}",
            "buffer_type": f"BufferType.{self.buffer}",
            "shard_spec": None if self.shard_spec is None else self.shard_spec.as_json(),
            "is_sharded": self.layout != "INTERLEAVED",
            "interleaved": self.layout == "INTERLEAVED",
        }
        if self.nd_shard_spec is not None:
            raw["nd_shard_spec"] = self.nd_shard_spec.as_json()
        return raw

    @classmethod
    def json_keys(cls) -> Mapping[str, Callable[[Any], Value]]:
        return {"memory_layout": cls.decode}

    @classmethod
    def decode(cls, raw: Any) -> MemoryConfig:
        if type(raw) is dict and raw.get("shard_spec") in (None, "None") and "nd_shard_spec" not in raw:
            layout, buffer = raw.get("memory_layout"), raw.get("buffer_type")
            if type(layout) is str and type(buffer) is str:
                return _spelled_unsharded(layout, buffer)
        return _read_once(raw)

    @classmethod
    def parse(cls, node: Any) -> MemoryConfig:
        return cls.read(node)

    @classmethod
    def decode_v1(cls, body: Any, name: str) -> MemoryConfig:
        return cls.read(body, name)

    @classmethod
    def read(cls, raw: object, what: str = "memory_config") -> MemoryConfig:
        """Read a memory config in any spelling.

        An nd shard spec that ttnn only derived from the shard spec (`created_with_nd_shard_spec` 0) repeats it and is
        left out; where the shard spec was derived from the nd one, the nd one says what the call said, and stays.
        """
        fields = fields_of(raw, what)
        if "memory_layout" not in fields or "buffer_type" not in fields:
            raise ConfigurationError(f"{what} must have a memory_layout and a buffer_type, not {sorted(fields)}")
        layout = member(fields["memory_layout"], f"{what}.memory_layout")
        buffer = member(fields["buffer_type"], f"{what}.buffer_type")
        shard, nd = fields.get("shard_spec"), fields.get("nd_shard_spec")
        spec = None if is_none(shard) else ShardSpec.read(shard, f"{what}.shard_spec")
        derived = spec is not None and fields.get("created_with_nd_shard_spec", True) == 0
        nd_spec = None if derived or is_none(nd) else NdShardSpec.read(nd, f"{what}.nd_shard_spec")
        return cls(layout, buffer, spec, nd_spec)

    def build(self, builder: Builder) -> Any:
        buffer = builder.member("BufferType", self.buffer)
        if self.nd_shard_spec is not None:
            # the rest follows from it and the tensor
            return builder.ttnn.MemoryConfig(buffer, builder.live(self.nd_shard_spec))
        layout = builder.member("TensorMemoryLayout", self.layout)
        if self.shard_spec is None:
            return builder.ttnn.MemoryConfig(layout, buffer)
        return builder.ttnn.MemoryConfig(layout, buffer, builder.live(self.shard_spec))

    def show(self) -> str:
        return f"MemoryConfig({', '.join(self.texts())})"

    def texts(self) -> list[str]:
        """Return the kind of memory, and how a tensor in it is sharded."""
        specs = (self.shard_spec, self.nd_shard_spec)
        return [self.kind, *(spec.show() for spec in specs if spec is not None)]

    @property
    def kind(self) -> str:
        """The buffer and the layout: `L1_HEIGHT_SHARDED`."""
        return f"{self.buffer}_{self.layout}"

    @property
    def label(self) -> str:
        return "MemoryConfig"

    def used_cores(self, field: str) -> Iterator[tuple[int, int]]:
        if self.buffer != "DRAM":  # banks of DRAM are no compute cores
            yield from TypedValue.used_cores(self, field)

    def places_like(self, other: MemoryConfig) -> bool:
        """Return whether another memory config places a tensor alike; an nd shard spec is compared where there is one.

        Core ranges count as sets of cores.
        """
        return (
            self.layout == other.layout
            and self.buffer == other.buffer
            and cut_alike(self.shard_spec, other.shard_spec)
            and (self.nd_shard_spec is None or cut_alike(self.nd_shard_spec, other.nd_shard_spec))
        )


IN_DRAM = MemoryConfig()
"""Interleaved in DRAM, as ttnn places a tensor by default."""


_read_once = ReadOnce(MemoryConfig.read, most=4096)


@lru_cache(maxsize=256)
def _spelled_unsharded(layout: str, buffer: str) -> MemoryConfig:
    return _unsharded(member_name(layout, "memory_layout"), member_name(buffer, "buffer_type"))


@lru_cache(maxsize=256)
def _unsharded(layout: str, buffer: str) -> MemoryConfig:
    return MemoryConfig(layout, buffer)
