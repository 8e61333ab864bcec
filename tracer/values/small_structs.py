"""Small classes of ttnn and Python that don't show what their constructor takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from tracer.values.base import Builder, LiveClass, LiveReader, Value, is_of_ttnn
from tracer.values.cpptext import parse
from tracer.values.dispatch import interpret, register_stateless
from tracer.values.lost import Lost
from tracer.values.printing import printed
from tracer.values.structs import Struct, StructForm, constructors_of

_SLICE = ("start", "stop", "step")


class DescribedForm(StructForm):
    """Classes that are described by a function of their own and follow the rule otherwise."""

    def __init__(
        self, name: str, describe_live: Callable[[Any], Value], renamed: Mapping[str, str] | None = None
    ) -> None:
        self.NAMES = (name,)  # type: ignore[misc]  # one form per class
        self.RENAMED = renamed or {}  # type: ignore[misc]
        self._describe = describe_live

    def reader(self, live_class: LiveClass) -> LiveReader | None:
        return LiveReader(self._describe) if is_of_ttnn(live_class) and live_class.__name__ in self.NAMES else None


def numbered(field: str) -> Callable[[Any], Value]:
    """Return how objects are described that hold one number and show it only in print: `SubDeviceId(1)`."""

    def describe_live(live: Any) -> Value:
        number = re.search(r"\((\d+)\)", repr(live))
        return Lost.of(live) if number is None else Struct(type(live).__name__, ((field, int(number.group(1))),))

    return describe_live


def listed(field: str) -> Callable[[Any], Value]:
    """Return how objects are described that are a sequence of numbers."""
    return lambda live: Struct(type(live).__name__, ((field, tuple(int(each) for each in live)),))


def attributes(*names: str) -> Callable[[Any], Value]:
    """Return how objects are described by these attributes."""
    return lambda live: Struct.of_attributes(live, names)


def as_printed(live: Any) -> Value:
    """Describe an object of which not every field is an attribute by what it prints."""
    return interpret(parse(repr(live)))


class OneFieldForm(DescribedForm):
    """Classes of one field, which their constructor takes by position."""

    NAMES_FIELDS: ClassVar[bool] = False

    def printed(self, value: Struct) -> str:
        if [(self.RENAMED.get("0"), 1)] != [(name, len(value.fields)) for name, _ in value.fields]:
            return super().printed(value)
        return f"{value.type}({printed(value.fields[0][1])})"

    def build(self, builder: Builder, name: str, fields: dict[str, Any]) -> Any:
        return builder.find_class(name)(*fields.values())


class ComplexTensorForm(DescribedForm):
    """A complex tensor, rebuilt as `cls((real, imag))`."""

    NAMES_FIELDS: ClassVar[bool] = False

    def build(self, builder: Builder, name: str, fields: dict[str, Any]) -> Any:
        return builder.find_class(name)((fields["real"], fields["imag"]))


class SliceForm(StructForm):
    """Python's slice."""

    NAMES: ClassVar[tuple[str, ...]] = ("slice",)
    NAMES_FIELDS: ClassVar[bool] = False
    RENAMED: ClassVar[Mapping[str, str]] = {str(place): name for place, name in enumerate(_SLICE)}

    def reader(self, live_class: LiveClass) -> LiveReader | None:
        describe_live = attributes(*_SLICE)
        return LiveReader(describe_live) if issubclass(live_class, slice) else None

    def build(self, builder: Builder, name: str, fields: dict[str, Any]) -> Any:  # noqa: ARG002 - it is Python's
        return slice(*(fields[each] for each in _SLICE))


class RenamedForm(StructForm):
    """Classes of which a field is printed by another name than the constructor's."""

    def __init__(self, name: str, renamed: Mapping[str, str]) -> None:
        self.NAMES = (name,)  # type: ignore[misc]  # one form per class
        self.RENAMED = renamed  # type: ignore[misc]


class StatelessForm(StructForm):
    """Classes whose objects hold nothing, so that the class alone makes one, whatever a trace kept of it."""

    NAMES: ClassVar[tuple[str, ...]] = (
        "ChunkGdnMonoProgramConfig",
        "PlacementReplicate",
        "ReaderConfigDescriptor",
        "SoftmaxDefaultProgramConfig",
        "WriterConfigDescriptor",
    )

    def register(self) -> None:
        for name in self.NAMES:
            register_stateless(name, Struct(name, ()))

    def reader(self, live_class: LiveClass) -> LiveReader | None:
        if not is_stateless(live_class):
            return None
        value = Struct(live_class.__name__, ())
        return LiveReader(lambda _live: value, lambda _live: (live_class, ()))


class LayerNormForm(StructForm):
    """The default program config of layer norms; distributed ones had a class of their own, which held nothing."""

    NAMES: ClassVar[tuple[str, ...]] = ("LayerNormDefaultProgramConfig",)
    PRINTED_NAMES: ClassVar[Mapping[str, str]] = {
        "LayerNormDistributedDefaultProgramConfig": "LayerNormDefaultProgramConfig"
    }

    def register(self) -> None:
        for former, name in self.PRINTED_NAMES.items():
            register_stateless(former, Struct(name, ()))


def is_stateless(live_class: LiveClass) -> bool:
    """Return whether objects of a class of ttnn hold nothing.

    They are made without arguments, in no other way, and show nothing but what every object of Python does.
    """
    if not is_of_ttnn(live_class) or set(dir(live_class)) - _OF_EVERY_OBJECT:
        return False
    constructors = constructors_of(live_class)
    return len(constructors) == 1 and not constructors[0].parameters


_OF_EVERY_OBJECT = frozenset({*dir(object), "__dict__", "__module__", "__weakref__"})


FORMS: tuple[StructForm, ...] = (
    ComplexTensorForm("ComplexTensor", attributes("real", "imag")),
    OneFieldForm("PlacementShard", attributes("dim"), {"0": "dim"}),
    OneFieldForm("SubDeviceId", numbered("id"), {"0": "id"}),
    OneFieldForm("QueueId", numbered("id"), {"0": "id"}),
    OneFieldForm("MeshShape", listed("shape"), {"0": "shape"}),
    OneFieldForm("MeshCoordinate", listed("coords"), {"0": "coords"}),
    DescribedForm("MeshMapperConfig", as_printed),
    RenamedForm("SDPAProgramConfig", {"compute_grid": "compute_with_storage_grid_size"}),
    SliceForm(),
    StatelessForm(),
    LayerNormForm(),
)
