"""How tensors are spread over a mesh of chips."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from tracer.errors import ConfigurationError, RebuildError
from tracer.values.base import Builder, TypedValue
from tracer.values.cpptext import Call, Word
from tracer.values.spellings import dimensions, fields_of, is_none, parsed
from tracer.values.text import bracketed, by


@dataclass(frozen=True, slots=True)
class Placement(TypedValue):
    """How a tensor is spread over a mesh of chips.

    Attributes:
        mesh_shape: rows and columns of the mesh.
        distribution_shape: the shape the tensor was distributed over.
        dims: one entry per distribution dimension: the tensor dimension it shards, or None for a replica.
    """

    mesh_shape: tuple[int, ...]
    distribution_shape: tuple[int, ...]
    dims: tuple[int | None, ...]

    JSON_TYPES: ClassVar[tuple[str, ...]] = ("Placement",)
    NEEDS_DEVICE: ClassVar[bool] = True

    @classmethod
    def of_tensor(cls, tensor: Any, device: Any) -> Placement:
        """Return how a live tensor is spread.

        As in tt-metal's traces, a host tensor of a single chip has no mesh: its `mesh_shape` is empty.

        Args:
            tensor: a tensor of ttnn.
            device: its mesh; None on the host, and with newer ttnns for a tensor that was deallocated.
        """
        topology = tensor.tensor_topology()
        if device is not None:
            mesh = tuple(device.shape)
        elif tensor.storage_type().name == "HOST":
            mesh = tuple(tensor.host_buffer().shape())  # the mesh it is spread for
        else:
            mesh = _extent(topology.mesh_coords())
        if device is None and math.prod(mesh) == 1:
            mesh = ()
        dims = tuple(getattr(placement, "dim", None) for placement in topology.placements())
        return cls(mesh, tuple(topology.distribution_shape()), dims)

    def encode(self) -> dict[str, Any]:
        return {"type": "Placement", **self.as_json()}

    def as_json(self) -> dict[str, Any]:
        """Return the JSON of a placement inside a tensor."""
        spread = ["PlacementReplicate" if dim is None else f"PlacementShard({dim})" for dim in self.dims]
        return {
            "placement": str(spread),
            "distribution_shape": str(list(self.distribution_shape)),
            "mesh_device_shape": str(list(self.mesh_shape)),
        }

    @classmethod
    def decode(cls, raw: Any) -> Placement:
        """Read a placement; all three parts may be lists or the text of lists."""
        what = "tensor_placement"
        fields = fields_of(raw, what)
        spread = fields.get("placement", fields.get("placements"))
        mesh = fields.get("mesh_device_shape", fields.get("shape"))
        if spread is None or mesh is None:
            raise ConfigurationError(f"{what} must have a placement and a mesh_device_shape, not {sorted(fields)}")
        mesh_shape = dimensions(mesh, f"{what}.mesh_device_shape")
        dims, distribution = _dims(spread if isinstance(spread, str) else str(spread), what), mesh_shape
        if not is_none(fields.get("distribution_shape")):
            distribution = dimensions(fields["distribution_shape"], f"{what}.distribution_shape")
        elif len(dims) == 1:
            distribution = (math.prod(mesh_shape),)  # spread over the chips as over a line
        return cls(mesh_shape, distribution, dims)

    @classmethod
    def decode_of_tensor(cls, raw: Any) -> Placement | None:
        """Read a tensor's placement; None if a raw trace's `mesh_device` has none."""
        if isinstance(raw, dict) and not (raw.get("placement") or raw.get("placements")):
            return None
        return cls.decode(raw)

    @property
    def is_of_one_chip(self) -> bool:
        """Whether the mesh is a single chip, so that nothing is spread."""
        return all(side == 1 for side in self.mesh_shape)

    def build(self, builder: Builder) -> Any:
        """Build the mapper that spreads a tensor so over the open mesh."""
        ttnn = builder.ttnn
        shape = ttnn.MeshShape(self.distribution_shape)
        return ttnn.create_mesh_mapper(builder.device, ttnn.MeshMapperConfig(self._live_dims(ttnn), shape))

    def topology(self, builder: Builder) -> Any:
        """Build the topology of a tensor that is spread so over all chips of the open mesh."""
        ttnn = builder.ttnn
        chips = itertools.product(*map(range, builder.device.shape))
        shape = ttnn.MeshShape(self.distribution_shape)
        return ttnn.TensorTopology(shape, self._live_dims(ttnn), [ttnn.MeshCoordinate(chip) for chip in chips])

    def _live_dims(self, ttnn: Any) -> list[Any]:
        if len(self.dims) != len(self.distribution_shape):
            raise RebuildError(f"a placement has one entry per dimension that it is distributed over: {self.text()}")
        return [ttnn.PlacementReplicate() if dim is None else ttnn.PlacementShard(dim) for dim in self.dims]

    def show(self) -> str:
        return f"Placement({self.text()})"

    def text(self) -> str:
        """Return what each dimension of the mesh does with the tensor, and the mesh."""
        spread = ["replicate" if dim is None else f"shard({dim})" for dim in self.dims]
        over = "" if self.distribution_shape == self.mesh_shape else f" over {bracketed(self.distribution_shape)}"
        return f"{bracketed(spread)}{over} on mesh {by(self.mesh_shape)}"

    def on_mesh(self, device: Any) -> Placement | None:
        """Return the placement; None if the open device has another number of chips than the traced mesh."""
        return self if math.prod(self.mesh_shape) == device.get_num_devices() else None

    @property
    def shards(self) -> bool:
        """Whether chips have different parts of the tensor."""
        return any(dim is not None for dim in self.dims)

    @property
    def rank(self) -> int:
        """The number of dimensions that a tensor must have for those that are cut to exist."""
        return max((dim + 1 if dim >= 0 else -dim for dim in self.dims if dim is not None), default=0)

    @property
    def covers_mesh(self) -> bool:
        """Whether every chip of the mesh has a part; a distribution may be smaller than the mesh."""
        return math.prod(self.distribution_shape) == math.prod(self.mesh_shape)

    def is_copied_over(self, device: Any) -> bool:
        """Return whether ttnn spreads a tensor so that it allocates: a copy on each chip, in the mesh's shape."""
        return not self.shards and self.distribution_shape == tuple(device.shape)

    def spreads_like(self, other: Placement) -> bool:
        """Return whether chips get the same parts, on a mesh of any shape."""
        return (self.dims, self.distribution_shape) == (other.dims, other.distribution_shape)

    def whole_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape over the whole mesh, of a tensor whose part on one chip has `shape`."""
        whole = list(shape)
        for dim, count in zip(self.dims, self.distribution_shape, strict=True):
            if dim is not None:
                whole[dim] *= count
        return tuple(whole)

    def parts(self, shape: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
        """Yield where each chip's part, of this shape, is in the whole tensor."""
        # where two dimensions of the mesh shard the same one of the tensor, it has as many parts as both together
        counts: dict[int, int] = {}
        for dim, count in zip(self.dims, self.distribution_shape, strict=True):
            if dim is not None:
                counts[dim % len(shape)] = counts.get(dim % len(shape), 1) * count
        for places in itertools.product(*map(range, counts.values())):
            part = [slice(None)] * len(shape)
            for dim, place in zip(counts, places, strict=True):
                part[dim] = slice(place * shape[dim], (place + 1) * shape[dim])
            yield tuple(part)


def _extent(coordinates: Iterable[Any]) -> tuple[int, ...]:
    """Return the sides of the mesh that chips at these coordinates, counted from 0, fill."""
    return tuple(max(places) + 1 for places in zip(*(tuple(each) for each in coordinates), strict=True))


@lru_cache(maxsize=1024)
def _dims(text: str, what: str) -> tuple[int | None, ...]:
    """Return the tensor dimension that each mesh dimension shards, or None.

    Args:
        text: `['PlacementReplicate', 'PlacementShard(-1)']`.
        what: the placement in an error message.
    """
    parts = parsed(text.replace("'", ""), what)
    if not isinstance(parts, (list, tuple)):
        raise ConfigurationError(f"{what}: placement must be a list, not {text!r}")
    dims: list[int | None] = []
    for part in parts:
        values = [raw for _, raw in part.fields] if isinstance(part, Call) else []
        if isinstance(part, (Word, Call)) and part.name == "PlacementReplicate" and not values:
            dims.append(None)
        elif isinstance(part, Call) and part.name == "PlacementShard" and len(values) == 1 and type(values[0]) is int:
            dims.append(values[0])
        else:
            raise ConfigurationError(f"{what}: placement must be replicas and shards, not {text!r}")
    return tuple(dims)
