"""Classes of ttnn around meshes, fabrics and specs that don't show what their constructor takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from tracer.values.base import Builder, Value
from tracer.values.dispatch import describe
from tracer.values.small_structs import DescribedForm, OneFieldForm, as_printed, attributes, numbered
from tracer.values.structs import Struct, StructForm


def called(*names: str) -> Callable[[Any], Value]:
    """Return how objects are described by what these methods of theirs return."""
    return lambda live: Struct(type(live).__name__, tuple((name, describe(getattr(live, name)())) for name in names))


def elements(field: str) -> Callable[[Any], Value]:
    """Return how objects are described that are a sequence."""
    return lambda live: Struct(type(live).__name__, ((field, tuple(map(describe, live))),))


class RangeSetForm(DescribedForm):
    """A set of ranges of mesh coordinates, to which each is added."""

    NAMES_FIELDS: ClassVar[bool] = False

    def build(self, builder: Builder, name: str, fields: dict[str, Any]) -> Any:
        ranges = builder.find_class(name)()
        for each in fields["ranges"]:
            ranges.merge(each)
        return ranges


class TensorSpecForm(DescribedForm):
    """A tensor's spec, whose constructor takes the parts of a memory config."""

    NAMES_FIELDS: ClassVar[bool] = False

    def build(self, builder: Builder, name: str, fields: dict[str, Any]) -> Any:
        memory = fields["memory_config"]
        options: dict[str, Any] = {"buffer_type": memory.buffer_type, "tile": fields["tile"]}
        if memory.nd_shard_spec is not None and memory.shard_spec is None:
            options["nd_shard_spec"] = memory.nd_shard_spec
        elif memory.memory_layout.name != "INTERLEAVED" or memory.shard_spec is not None:
            options |= {"memory_layout": memory.memory_layout, "shard_spec": memory.shard_spec}
        return builder.find_class(name)(fields["shape"], fields["dtype"], fields["layout"], **options)


_OF_ONE_NUMBER: Mapping[str, str] = {
    "DeviceGroupIndex": "value",
    "MeshId": "value",
    "Rank": "value",
    "Size": "value",
    "SubcontextId": "value",
}

FORMS: tuple[StructForm, ...] = (
    TensorSpecForm("TensorSpec", attributes("shape", "dtype", "layout", "memory_config", "tile")),
    DescribedForm("TensorTopology", called("distribution_shape", "placements", "mesh_coords")),
    DescribedForm("MeshComposerConfig", as_printed),
    DescribedForm("MeshCoordinateRange", as_printed),
    RangeSetForm("MeshCoordinateRangeSet", as_printed, {"0": "ranges"}),
    OneFieldForm("VectorUInt32", elements("values"), {"0": "values"}),
    OneFieldForm("VectorUnpackToDestMode", elements("values"), {"0": "values"}),
    *(OneFieldForm(name, numbered(field), {"0": field}) for name, field in _OF_ONE_NUMBER.items()),
)
