"""Tensors of ttnn, without their numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from tracer.errors import ConfigurationError
from tracer.values.base import Builder, TypedValue, Value
from tracer.values.memory import IN_DRAM, MemoryConfig
from tracer.values.padding import PADDED_SHAPE, usual_padding
from tracer.values.placement import Placement
from tracer.values.shape import live_dims
from tracer.values.spellings import dimensions, in_range, member
from tracer.values.text import bracketed, brief
from tracer.values.tile import Tile

_INT = {int}


@dataclass(frozen=True, slots=True)
class Tensor(TypedValue):
    """A `ttnn.Tensor` without its numbers.

    Attributes:
        shape: logical shape; on a mesh, of one chip's part.
        dtype: member of DataType.
        layout: member of Layout; "" where an early trace doesn't say.
        storage: `DEVICE` or `HOST`; "" where an early trace doesn't say.
        memory: None only for host tensors of traces that don't say.
        tile: None for the usual 32 x 32 tile.
        placement: None on a single chip, or where the trace doesn't say.
        padded: padded shape; None for the one that follows from the rest, see `usual_padding`.
        chip_placement: a `placement` on a single chip is kept here. It spreads nothing and is no part of the value;
            only tt-metal's `config_hash` covers it.
    """

    shape: tuple[int, ...]
    dtype: str
    layout: str
    storage: str = "DEVICE"
    memory: MemoryConfig | None = IN_DRAM
    tile: Tile | None = None
    placement: Placement | None = None
    padded: tuple[int, ...] | None = None
    chip_placement: Placement | None = field(default=None, compare=False, repr=False)

    NAMES: ClassVar[tuple[str, ...]] = ("Tensor",)
    JSON_TYPES: ClassVar[tuple[str, ...]] = ("ttnn.Tensor",)
    JSON_KEY: ClassVar[str] = "original_shape"
    V1_NAMES: ClassVar[tuple[str, ...]] = ("Tensor",)
    NEEDS_DEVICE: ClassVar[bool] = True
    NOT_KEPT: ClassVar[str] = "numbers"

    def __post_init__(self) -> None:
        if self.placement is not None and self.placement.is_of_one_chip:
            object.__setattr__(self, "chip_placement", self.placement)
            object.__setattr__(self, "placement", None)

    @classmethod
    def describe(cls, live: Any) -> Tensor:
        shape, layout = live_dims(live.shape), live.layout.name
        memory, tile = MemoryConfig.describe(live.memory_config()), Tile.describe_unusual(live.tile)
        return cls(
            shape=shape,
            dtype=live.dtype.name,
            layout=layout,
            storage=live.storage_type().name,
            memory=memory,
            tile=tile,
            placement=Placement.of_tensor(live, live.device()),
            padded=_unless_usual(live_dims(live.padded_shape), shape, layout, tile, memory),
        )

    @classmethod
    def capture_key(cls, live: Any) -> Hashable:
        device = live.device()
        if device is None and live.storage_type().name != "HOST":
            return cls.describe(live)  # deallocated: its buffers can't be asked any more
        if device is None:
            shape = live.host_buffer().shape()
            place, chips, sharded = live.storage_type(), shape.mesh_size(), True  # `is_sharded` is of devices alone
        else:
            place, chips, sharded = device.id(), device.get_num_devices(), live.is_sharded()
            shape = None if chips == 1 else device.shape
        parts = (
            live.logical_volume(),
            live.spec,
            # specs don't compare how a tile is transposed, nor whether shards were given in n dimensions
            live.tile.transpose_within_face,
            sharded and hash(live.memory_config()),
            place,
        )
        # all tensors of one chip are spread alike
        return _TensorKey(parts if chips == 1 else (*parts, live.tensor_topology(), tuple(shape)))

    def encode(self) -> dict[str, Any]:
        raw: dict[str, Any] = {
            "type": "ttnn.Tensor",
            "original_shape": list(self.shape),
            "original_dtype": f"DataType.{self.dtype}",
        }
        if self.layout:
            raw["layout"] = f"Layout.{self.layout}"
        if self.storage:
            raw["storage_type"] = f"StorageType.{self.storage}"
        if self.memory is not None:
            raw["memory_config"] = self.memory.encode()
        if self.tile is not None:
            raw["tile"] = self.tile.as_json()
        placement = self.placement or self.chip_placement
        if placement is not None:
            raw["tensor_placement"] = placement.as_json()
        if self.padded is not None:
            raw[PADDED_SHAPE] = list(self.padded)
        return raw

    @classmethod
    def decode(cls, raw: Any) -> Tensor:
        """Read a tensor's JSON, as raw traces hold it, or as masters do."""
        get = raw.get
        sizes = get("original_shape", get("shape"))
        if type(sizes) is not list or (sizes and set(map(type, sizes)) != _INT):
            raise ConfigurationError(f"original_shape must be a list of ints, not {brief(sizes)}")
        shape = in_range(tuple(sizes), "original_shape")
        if raw.get("values") is not None:
            _check_numbers(raw["values"], shape)
        dtype = get("original_dtype") or get("dtype")
        layout, storage, memory, tile = get("layout"), get("storage_type"), get("memory_config"), get("tile")
        spread, padded = get("tensor_placement", get("mesh_device")), get(PADDED_SHAPE)
        tensor = cls(
            shape,
            member(dtype, "original_dtype"),
            "" if layout is None else member(layout, "layout"),
            "" if storage is None else member(storage, "storage_type"),
            None if memory is None else MemoryConfig.decode(memory),
            None if tile is None else Tile.decode(tile).unless_usual(),
            None if spread is None else Placement.decode_of_tensor(spread),
        )
        return (
            tensor if padded is None else tensor.with_padding(in_range(dimensions(padded, PADDED_SHAPE), PADDED_SHAPE))
        )

    def with_padding(self, padded: tuple[int, ...]) -> Tensor:
        """Return the tensor with this padded shape."""
        return replace(self, padded=_unless_usual(padded, self.shape, self.layout, self.tile, self.memory))

    def of_rank(self, rank: int) -> Tensor:
        """Return the tensor with so many dimensions at least; those that it gains come first."""
        gained = (1,) * (rank - len(self.shape))
        if not gained:
            return self
        padded = self.padded and (1,) * (rank - len(self.padded)) + self.padded
        return replace(self, shape=gained + self.shape, padded=padded)

    @property
    def padded_shape(self) -> tuple[int, ...]:
        """The shape with its padding."""
        return self.padded or usual_padding(self.shape, self.layout, self.tile, self.memory)

    @classmethod
    def decode_v1(cls, body: Any, name: str) -> Tensor:
        """Read a tensor's `tensor_spec`. What the first traces didn't say stays "" or None: nothing is filled in."""
        spec = _object_in(body, "tensor_spec", name)
        tensor_layout = _object_in(spec, "tensor_layout", "tensor_spec")
        if "logical_shape" not in spec or "dtype" not in tensor_layout:
            raise ConfigurationError("Tensor: its tensor_spec must have a logical_shape and a dtype")
        tile, memory = _tile_v1(tensor_layout), tensor_layout.get("memory_config")
        layout, storage = body.get("layout"), body.get("storage_type")
        return cls(
            in_range(dimensions(spec["logical_shape"], "logical_shape"), "logical_shape"),
            member(tensor_layout["dtype"], "dtype"),
            _layout_v1(tensor_layout, tile) if layout is None else member(layout, "layout"),
            "" if storage is None else member(storage, "storage_type"),
            None if memory is None else MemoryConfig.read(memory),
            tile.unless_usual(),
        )

    @classmethod
    def object_keys(cls) -> Mapping[str, Callable[[Any], Value]]:
        return {"tensor_spec": lambda body: cls.decode_v1(body, "Tensor")}

    def build(self, builder: Builder) -> Any:
        return builder.live_tensor(self)

    def show(self) -> str:
        parts = [f"shape={bracketed(self.shape)}", f"dtype={self.dtype}"]
        if self.layout != "TILE":
            parts.append(f"layout={self.layout or 'not recorded'}")
        if self.storage != "DEVICE":
            parts.append(f"storage={self.storage or 'not recorded'}")
        if self.memory is not None:
            first, *rest = self.memory.texts()
            parts += [f"memory={first}", *rest]
        else:
            parts.append("memory=not recorded")
        if self.tile is not None:
            parts.append(f"tile={self.tile.text()}")
        if self.placement is not None:
            parts.append(f"placement={self.placement.text()}")
        if self.padded is not None:
            parts.append(f"padded={bracketed(self.padded)}")
        return f"Tensor({', '.join(parts)})"

    @property
    def label(self) -> str:
        return "Tensor"

    @property
    def is_lost(self) -> bool:
        return not self.dtype

    @property
    def is_partial(self) -> bool:
        return not (self.layout and self.storage)

    @property
    def is_unplaced(self) -> bool:
        """Whether it is sharded over a device's cores, and how isn't recorded, so that it can't be made."""
        memory = self.memory
        if self.storage == "HOST" or memory is None or memory.layout == "INTERLEAVED":
            return False
        return memory.shard_spec is None and memory.nd_shard_spec is None

    def is_rebuilt_as(self, rebuilt: object, device: Any) -> bool:
        """Return whether a rebuilt tensor is this one: shape, padding, dtype, layout, storage, memory, tile, placement.

        A trace that doesn't say where a tensor was placed, or placed it on a mesh other than the open one, isn't
        contradicted by the open mesh; nor is a host tensor by a memory config, which it has none of.
        """
        if not isinstance(rebuilt, Tensor):
            return False
        same = (
            rebuilt.shape == self.shape
            and rebuilt.dtype == self.dtype
            and rebuilt.layout == self.layout
            and rebuilt.storage == self.storage
            and rebuilt.tile == self.tile
            and rebuilt.padded == self.padded
        )
        if self.storage != "HOST" and self.memory is not None:
            same = same and rebuilt.memory is not None and self.memory.places_like(rebuilt.memory)
        placement = None if self.placement is None else self.placement.on_mesh(device)
        if placement is not None:
            same = same and rebuilt.placement is not None and rebuilt.placement.spreads_like(placement)
        return same


class _TensorKey(tuple[Any, ...]):
    """Compares all that it holds; its hash is the first of it, for specs compare by content but hash by identity."""

    __slots__ = ()

    def __hash__(self) -> int:
        return self[0]  # type: ignore[no-any-return]


def _check_numbers(raw: Any, shape: tuple[int, ...]) -> None:
    """Check that a tensor's numbers, written into a trace as nested or flat lists, are as many as its shape has.

    Raises:
        ConfigurationError: they aren't.
    """
    total = math.prod(shape)
    numbers = 0
    rows = [raw]
    while rows and numbers <= total:
        row = rows.pop()
        if isinstance(row, list):
            rows += row
        else:
            numbers += 1
    if rows or numbers != total:
        count = f"more than {total}" if rows or numbers > total else str(numbers)
        raise ConfigurationError(f"values must hold {total} numbers for shape {list(shape)}, not {count}")


def _unless_usual(
    padded: tuple[int, ...], shape: tuple[int, ...], layout: str, tile: Tile | None, memory: MemoryConfig | None
) -> tuple[int, ...] | None:
    """Return a padded shape; None if it is the one that ttnn gives by itself."""
    return None if padded == usual_padding(shape, layout, tile, memory) else padded


def _object_in(body: Any, key: str, what: str) -> dict[str, Any]:
    part = body.get(key) if isinstance(body, dict) else None
    if not isinstance(part, dict):
        raise ConfigurationError(f"{what} must have a {key}, not {brief(body)}")
    return part


def _tile_v1(tensor_layout: dict[str, Any]) -> Tile:
    config = tensor_layout.get("page_config")
    for key in ("config", "tile"):
        config = config.get(key) if isinstance(config, dict) else None
    return Tile() if config is None else Tile.decode(config)


def _layout_v1(tensor_layout: dict[str, Any], tile: Tile) -> str:
    """Return the layout where only the alignment tells it: tiles align to their size, rows in one dimension."""
    alignment = tensor_layout.get("alignment")
    if not isinstance(alignment, list) or not alignment:
        return ""
    return "TILE" if alignment[-2:] == [tile.height, tile.width] else "ROW_MAJOR"
