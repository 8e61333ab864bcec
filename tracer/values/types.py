"""The typed values that an operation's arguments are made of.

A value is one of

* None, bool, int, float or str, as they are;
* a tuple of values (lists and tuples alike: ttnn takes either for the other);
* one of the frozen classes below.

Nothing here needs ttnn. Sizes are in elements unless a name says otherwise, core coordinates are logical (x, y).
Enum members are kept by name (`BFLOAT16`, `HEIGHT_SHARDED`), without their type, where a field fixes the type.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from operator import itemgetter
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Shape:
    """A `ttnn.Shape`, where a call passed one rather than a list of ints."""

    dims: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EnumMember:
    """A member of one of ttnn's enums, by name.

    Attributes:
        type: the enum's name (`DataType`), or "" where a trace printed the bare member (`CACHE`); then the
            parameter it is bound to decides.
        name: the member's name.
    """

    type: str
    name: str


@dataclass(frozen=True, slots=True)
class CoreCoord:
    """One logical core."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class CoreRange:
    """A rectangle of cores, both corners included."""

    start: CoreCoord
    end: CoreCoord


@dataclass(frozen=True, slots=True)
class CoreRangeSet:
    """A set of core rectangles, in the order the trace had them."""

    ranges: tuple[CoreRange, ...]


@dataclass(frozen=True, slots=True)
class CoreGrid:
    """A `ttnn.CoreGrid`: so many columns and rows from (0, 0)."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class ShardSpec:
    """How a two-dimensional view of a tensor is cut over cores."""

    grid: CoreRangeSet
    shape: tuple[int, int]
    orientation: str = "ROW_MAJOR"


@dataclass(frozen=True, slots=True)
class NdShardSpec:
    """How a tensor of any rank is cut over cores."""

    grid: CoreRangeSet
    shape: tuple[int, ...]
    orientation: str = "ROW_MAJOR"
    distribution: str = "ROUND_ROBIN_1D"


@dataclass(frozen=True, slots=True)
class MemoryConfig:
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


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile other than the usual 32 x 32."""

    height: int = 32
    width: int = 32
    transpose_within_face: bool = False
    transpose_of_faces: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """How a tensor is spread over a mesh of chips.

    Attributes:
        mesh_shape: rows and columns of the mesh.
        distribution_shape: the shape the tensor was distributed over.
        dims: one entry per distribution dimension: the tensor dimension it shards, or None for a replica.
    """

    mesh_shape: tuple[int, ...]
    distribution_shape: tuple[int, ...]
    dims: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Tensor:
    """A `ttnn.Tensor` without its numbers.

    Attributes:
        shape: logical shape; on a mesh, of one chip's part.
        dtype: member of DataType.
        layout: member of Layout; "" where an early trace doesn't say.
        storage: `DEVICE` or `HOST`; "" where an early trace doesn't say.
        memory: None only for host tensors of traces that don't say.
        tile: None for the usual 32 x 32 tile.
        placement: None on a single chip, or where the trace doesn't say.
    """

    shape: tuple[int, ...]
    dtype: str
    layout: str
    storage: str = "DEVICE"
    memory: MemoryConfig | None = MemoryConfig()
    tile: Tile | None = None
    placement: Placement | None = None


@dataclass(frozen=True, slots=True)
class TorchTensor:
    """A `torch.Tensor` without its numbers; `dtype` as torch prints it, without `torch.`."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class Struct:
    """Any other ttnn object, by class and field: program configs, compute kernel configs, Conv2dConfig, ...

    Fields are kept in the order of their names, so that the same object is equal however it was come by.
    """

    type: str
    fields: tuple[tuple[str, Value], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", tuple(sorted(self.fields, key=itemgetter(0))))


@dataclass(frozen=True, slots=True)
class Mapping:
    """A dict with string keys, in the order of the call."""

    items: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Handle:
    """Something that lives on the open device and holds no configuration: MeshDevice, GlobalSemaphore.

    It is not lost: the runner makes a new one (of `type`), or passes the device it opened.
    """

    type: str


@dataclass(frozen=True, slots=True)
class Lost:
    """An argument that a trace could not keep.

    Attributes:
        left: the text that was left of it.
        type: its type, C++ or Python, where the text tells; else "".
    """

    left: str
    type: str = ""


Scalar: TypeAlias = bool | int | float | str | None
Value: TypeAlias = (
    Scalar
    | tuple["Value", ...]
    | Shape
    | EnumMember
    | CoreCoord
    | CoreRange
    | CoreRangeSet
    | CoreGrid
    | ShardSpec
    | NdShardSpec
    | MemoryConfig
    | Tile
    | Placement
    | Tensor
    | TorchTensor
    | Struct
    | Mapping
    | Handle
    | Lost
)


def walk(value: Value) -> Iterator[Value]:
    """Yields `value` and every value inside it, outermost first."""
    yield value
    if isinstance(value, tuple):
        parts: Iterator[Value] = iter(value)
    elif isinstance(value, Struct):
        parts = (part for _, part in value.fields)
    elif isinstance(value, Mapping):
        parts = (part for _, part in value.items)
    elif is_dataclass(value):
        parts = (getattr(value, field.name) for field in fields(value))
    else:
        return
    for part in parts:
        yield from walk(part)
