"""Objects that live on the open device and hold no configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tracer.errors import RebuildError
from tracer.signatures import Type
from tracer.values.base import Builder, EnumMembers, LiveClass, LiveReader, MarkDecoder, TypedValue, Value, is_of_ttnn
from tracer.values.cpptext import Unsupported
from tracer.values.dispatch import stateless_value
from tracer.values.lost import Lost
from tracer.values.text import clean

_TYPES = {
    "MeshDevice": "MeshDevice",
    "GlobalSemaphore": "GlobalSemaphore",
    "GlobalSemaphoreArg": "GlobalSemaphore",
    "global_semaphore": "GlobalSemaphore",
    "GlobalCircularBuffer": "GlobalCircularBuffer",
    "global_circular_buffer": "GlobalCircularBuffer",
    "MeshSocket": "MeshSocket",
    "MeshTraceId": "MeshTraceId",
    "MeshEvent": "MeshEvent",
    **{
        name: name
        for name in (
            "D2DStreamServiceReceiver",
            "D2DStreamServiceSender",
            "D2HSocket",
            "D2HStreamService",
            "H2DSocket",
            "H2DStreamService",
            "PrefetcherPipe",
            "PrefetcherPipeSpace",
        )
    },
}
"""The types of handles, by the names that ttnn gives their classes in Python and in print."""

_DEVICES = frozenset({"MeshDevice", "Device", "IDevice"})
_SEMAPHORES = frozenset({"GlobalSemaphore", "global_semaphore"})
_ACCEPTED = {
    "MeshDevice": _DEVICES,
    "Device": _DEVICES,
    "IDevice": _DEVICES,
    "global_semaphore": _SEMAPHORES,
    "GlobalSemaphoreArg": _SEMAPHORES,
}
"""The types of handles that a parameter accepts, where that is not its own type alone."""


@dataclass(frozen=True, slots=True)
class Handle(TypedValue):
    """Something that lives on the open device and holds no configuration: MeshDevice, GlobalSemaphore.

    It is not lost: the runner makes a new one (of `type`), or passes the device it opened.
    """

    type: str

    NEEDS_DEVICE: ClassVar[bool] = True
    NOT_KEPT: ClassVar[str] = "state on the device"

    @classmethod
    def reader(cls, live_class: LiveClass) -> LiveReader | None:
        name = live_class.__name__
        if not is_of_ttnn(live_class) or name not in _TYPES:
            return None
        handle = cls(_TYPES[name])
        if name == "MeshDevice":
            return LiveReader(lambda _device: handle, lambda device: (name, device.id()))
        return LiveReader(lambda _live: handle)

    def encode(self) -> dict[str, Any]:
        return {"type": self.type, "handle": True}

    @classmethod
    def json_marks(cls) -> Mapping[str, MarkDecoder]:
        return {"handle": lambda name, _part, _depth: cls(name)}

    @classmethod
    def opaque_names(cls) -> Mapping[str, Value]:
        return {name: cls(handle_type) for name, handle_type in _TYPES.items()}

    @classmethod
    def printed_nodes(cls) -> Mapping[LiveClass, Callable[[Any], Value]]:
        return {Unsupported: cls._of_unsupported}

    @classmethod
    def _of_unsupported(cls, node: Unsupported) -> Value:
        """Return what is left of an argument of which only the C++ type was printed."""
        name = node.type
        while name.startswith("std::reference_wrapper<"):
            name = name.removeprefix("std::reference_wrapper<").removesuffix(">").removesuffix(" const").rstrip()
        last = name.rstrip("*& ").rpartition("::")[2]
        if last in _TYPES:
            return cls(_TYPES[last])
        stateless = stateless_value(last.removesuffix(" const"))
        if stateless is not None:
            return stateless
        return Lost(f"[ unsupported type , {node.type}]", name.replace(" const>", ">"))

    def build(self, builder: Builder) -> Any:
        if self.type in _DEVICES:
            return builder.device
        if self.type in _SEMAPHORES:
            ttnn, grid = builder.ttnn, builder.device.compute_with_storage_grid_size()
            cores = ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(grid.x - 1, grid.y - 1))])
            return ttnn.create_global_semaphore(builder.device, cores, 0)
        raise RebuildError(f"a {self.type} lives on the device it was made on, and can't be made from a trace")

    def show(self) -> str:
        return f"<{clean(self.type)}>"

    def fits(self, parameter: Type, enum_members: EnumMembers) -> bool:  # noqa: ARG002 - it is no enum
        return self.type in _ACCEPTED.get(parameter.short, {parameter.short})

    @property
    def label(self) -> str:
        return self.type
