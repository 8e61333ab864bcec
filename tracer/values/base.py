"""The base of the value types, and `Value`: everything that an argument of an operation can be.

A value is one of

* None, bool, int, float or str, as they are;
* a tuple of values (lists and tuples alike: ttnn accepts either for the other);
* an instance of a subclass of `TypedValue`.

Sizes are in elements unless a name says otherwise, core coordinates are logical (x, y). Members of enums are kept by
name (`BFLOAT16`, `HEIGHT_SHARDED`), without the enum's name where a field determines it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol, TypeAlias, Union

from tracer.signatures import Type

LiveClass: TypeAlias = type[Any]
"""A class of live objects, or of nodes of parsed text. Value types have a field `type`, which hides Python's."""

Scalar: TypeAlias = bool | int | float | str | None
Value: TypeAlias = Union[Scalar, tuple["Value", ...], "TypedValue"]

EnumMembers = Callable[[str], "frozenset[str] | None"]
"""The members of the enum of this name; None where there is no such enum."""

MarkDecoder = Callable[[str, Any, int], Value]
"""Decodes JSON of this project's own by its `type`, the part under the mark, and how deep that is nested."""

ANY = "*"
"""In place of a class's name: every class that no other value type reads."""

RESERVED_NAMES: set[str] = set()
"""Names whose printed text is not that of a plain struct or enum; filled as value types are registered."""


@dataclass(frozen=True, slots=True)
class LiveReader:
    """How live objects of one class are read.

    Attributes:
        describe: returns the value of an object.
        key: returns a key that is cheaper than the description: equal keys mean equal descriptions. None if there is
            no cheaper one.
    """

    describe: Callable[[Any], Value]
    key: Callable[[Any], Hashable] | None = None


class Unprintable(Exception):  # noqa: N818 - it says what a value is; no caller outside this package sees it
    """A value's printed text would not be read back as the same value."""


class Builder(Protocol):
    """What a value needs to become a live object; `tracer.values.live.Rebuilder` is the implementation."""

    ttnn: Any
    device: Any

    def live(self, value: Value) -> Any:
        """Build the live object of a value."""

    def member(self, enum: str, name: str) -> Any:
        """Return the member of one of ttnn's enums."""

    def find_class(self, name: str) -> Any:
        """Return a class of ttnn by name."""

    def live_tensor(self, value: Any) -> Any:
        """Build a tensor on the open device, or on the host."""


class TypedValue:
    """A value that Python itself has no type for; subclasses are frozen dataclasses.

    A subclass is the codec of one type of object: it knows how to describe a live object, encode and decode version 2's
    JSON, parse printed text, build a live object, compare, and show itself. To add a type, write its file and add the
    class to `tracer.values.registry`. What a type does not override works as described here.
    """

    __slots__ = ()

    NAMES: ClassVar[tuple[str, ...]] = ()
    """ttnn's classes that the type stands for."""
    JSON_TYPES: ClassVar[tuple[str, ...]] = ()
    """The `type`s of version 2's JSON that `decode` reads."""
    JSON_KEY: ClassVar[str] = ""
    """A key that JSON of `JSON_TYPES` is recognised by before any other form; only for what must decode fast."""
    PRINTED_NAMES: ClassVar[tuple[str, ...]] = ()
    """The classes whose printed text `parse` reads."""
    V1_NAMES: ClassVar[tuple[str, ...]] = ()
    """The classes whose version-1 JSON `decode_v1` reads."""
    NEEDS_DEVICE: ClassVar[bool] = False
    """Whether a live object belongs to an open device, or may hold one that does; others are built once and shared."""
    IS_CONTAINER: ClassVar[bool] = False
    """Whether it holds values of any type, so that containers may be nested without end."""
    NOT_KEPT: ClassVar[str] = ""
    """What the value does not keep of its object, so that it cannot be written down as a whole."""

    @classmethod
    def reader(cls, live_class: LiveClass) -> LiveReader | None:
        """Return how objects of a live class are read; None if they are not of this type."""
        if is_of_ttnn(live_class) and live_class.__name__ in cls.NAMES:
            return LiveReader(cls.describe, cls.capture_key)
        return None

    @classmethod
    def describe(cls, live: Any) -> Value:
        """Return the value of a live object."""
        raise NotImplementedError

    @classmethod
    def capture_key(cls, live: Any) -> Hashable:
        """Return a key of a live object: equal keys mean equal descriptions."""
        return cls.describe(live)

    def encode(self) -> Any:
        """Return version 2's JSON."""
        raise NotImplementedError

    def printed(self) -> str:
        """Return the text that ttnn prints.

        Raises:
            Unprintable: reading it would not give the value back.
        """
        raise Unprintable

    @classmethod
    def decode(cls, raw: Any) -> Value:
        """Read version 2's JSON.

        Raises:
            ConfigurationError: it holds something impossible.
        """
        raise NotImplementedError

    @classmethod
    def parse(cls, node: Any) -> Value:
        """Read printed text that `tracer.values.cpptext` has parsed.

        Raises:
            ConfigurationError: it holds something impossible.
        """
        return cls.decode(node)

    @classmethod
    def decode_v1(cls, body: Any, name: str) -> Value:
        """Read version 1's JSON.

        Raises:
            ConfigurationError: it holds something impossible.
        """
        raise NotImplementedError

    @classmethod
    def opaque_names(cls) -> Mapping[str, Value]:
        """Return the values of classes whose printed text says nothing."""
        return {}

    @classmethod
    def json_marks(cls) -> Mapping[str, MarkDecoder]:
        """Return the decoders of this project's own JSON, by the key beside `type`."""
        return {}

    @classmethod
    def json_keys(cls) -> Mapping[str, Callable[[Any], Value]]:
        """Return the decoders of JSON without a `type`, by a key that identifies it."""
        return {}

    @classmethod
    def json_shapes(cls) -> Mapping[frozenset[str], Callable[[Any], Value]]:
        """Return the parsers of objects inside printed text, by the set of their keys."""
        return {}

    @classmethod
    def object_keys(cls) -> Mapping[str, Callable[[Any], Value]]:
        """Return the parsers of objects inside printed text or version 1's JSON, by a key that identifies them.

        Those of `json_keys` count as well.
        """
        return {}

    @classmethod
    def printed_nodes(cls) -> Mapping[LiveClass, Callable[[Any], Value]]:
        """Return the parsers of nodes of `tracer.values.cpptext`, by their type."""
        return {}

    def build(self, builder: Builder) -> Any:
        """Build the live object.

        Raises:
            RebuildError: this ttnn has no such class, field or enum member.
        """
        raise NotImplementedError

    def show(self) -> str:
        """Return the value in one line, safe on a terminal."""
        raise NotImplementedError

    def fits(self, parameter: Type, enum_members: EnumMembers) -> bool:  # noqa: ARG002 - enums need the members
        """Return whether a parameter of this documented type accepts the value."""
        return parameter.short in self.NAMES

    @property
    def label(self) -> str:
        """The value in a message that says what was passed."""
        return f"{type(self).__name__} {self!r}"[:80]

    @property
    def is_lost(self) -> bool:
        """Whether a trace lost too much of the value to build it."""
        return False

    @property
    def is_partial(self) -> bool:
        """Whether a trace lost anything of the value."""
        return self.is_lost

    def named_parts(self) -> Iterator[tuple[str, Value]]:
        """Yield the values directly inside, each with the name of its field."""
        for field in fields(self):  # type: ignore[arg-type]  # subclasses are dataclasses
            yield field.name, getattr(self, field.name)

    def used_cores(self, field: str) -> Iterator[tuple[int, int]]:  # noqa: ARG002 - a CoreCoord needs the field
        """Yield the last compute core of every grid in the value; see `used_cores`."""
        for name, part in self.named_parts():
            yield from used_cores(part, name)


def is_of_ttnn(live_class: LiveClass) -> bool:
    """Return whether a class is one of ttnn's own."""
    return live_class.__module__.partition(".")[0] == "ttnn"


def walk(value: Value) -> Iterator[Value]:
    """Yield a value and every value inside it, outermost first."""
    yield value
    if isinstance(value, tuple):
        for part in value:
            yield from walk(part)
    elif isinstance(value, TypedValue):
        for _, part in value.named_parts():
            yield from walk(part)


def is_nested_deeper(value: Value, levels: int) -> bool:
    """Return whether there is a value inside more containers than this."""
    layer = [value] if _is_container(value) else []
    for _ in range(levels):
        layer = [part for each in layer for part in _parts(each) if type(part) not in _SCALARS and _is_container(part)]
        if not layer:
            return False
    return any(True for each in layer for _ in _parts(each))


_SCALARS = frozenset({bool, int, float, str, type(None)})


def _is_container(value: Value) -> bool:
    return isinstance(value, tuple) or (isinstance(value, TypedValue) and value.IS_CONTAINER)


def _parts(container: Any) -> Iterable[Value]:
    return container if isinstance(container, tuple) else (part for _, part in container.named_parts())


def used_cores(value: Value, field: str = "") -> Iterator[tuple[int, int]]:
    """Yield the (x, y) of the last compute core of every grid in a value. Banks of DRAM are not compute cores.

    Args:
        value: a value of any type.
        field: the name of the field that holds it.
    """
    if isinstance(value, tuple):
        for part in value:
            yield from used_cores(part)
    elif isinstance(value, TypedValue):
        yield from value.used_cores(field)


def is_lost(value: Value) -> bool:
    """Return whether a trace lost too much of a value, or of any inside it, to build it.

    Asked of every argument of every call, so it looks only where a lost value can be.
    """
    if isinstance(value, tuple):
        return any(map(is_lost, value))
    return isinstance(value, TypedValue) and value.is_lost
