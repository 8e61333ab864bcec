"""All other objects of ttnn, by class and field: program configs, compute kernel configs, Conv2dConfig, ...

Classes that differ from the rule have a `StructForm`; those are listed in `tracer.values.registry`, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, ClassVar

from tracer.errors import ConfigurationError, RebuildError
from tracer.signatures import Overload, Type, parse_overloads
from tracer.values.base import (
    ANY,
    RESERVED_NAMES,
    Builder,
    EnumMembers,
    LiveClass,
    LiveReader,
    MarkDecoder,
    TypedValue,
    Unprintable,
    Value,
    is_lost,
    is_of_ttnn,
)
from tracer.values.cpptext import is_word, last_part
from tracer.values.dispatch import decode_nested, describe, encode, show
from tracer.values.enums import ACTIVATIONS
from tracer.values.fitted import EMPTIES, OPEN, fitted
from tracer.values.keys import keys
from tracer.values.struct_fields import print_field, read_field
from tracer.values.text import brief, clean
from tracer.values.versions import CLASS, LeftOut, field_types, known_of, recorded_enum

_COMPUTE_CONFIG = "ComputeKernelConfig"


@dataclass(frozen=True, slots=True)
class Struct(TypedValue):
    """An object of a class that has no value type of its own, by class and field.

    The fields are what the object's own constructor takes, under the constructor's names, so that `cls(**fields)`
    makes an equal one; `StructForm`s say the exceptions. They are kept in the order of their names, so that the same
    object is equal whichever source it came from.
    """

    type: str
    fields: tuple[tuple[str, Value], ...]

    JSON_TYPES: ClassVar[tuple[str, ...]] = (ANY,)
    PRINTED_NAMES: ClassVar[tuple[str, ...]] = (ANY,)
    V1_NAMES: ClassVar[tuple[str, ...]] = (ANY,)
    NEEDS_DEVICE: ClassVar[bool] = True  # it may hold a tensor
    IS_CONTAINER: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", tuple(sorted(self.fields, key=itemgetter(0))))

    @classmethod
    def of_attributes(cls, live: Any, names: Iterable[str]) -> Struct:
        """Describe a live object by some of its attributes."""
        return cls(type(live).__name__, tuple((name, describe(getattr(live, name))) for name in names))

    @classmethod
    def reader(cls, live_class: LiveClass) -> LiveReader | None:
        reader = next((reader for form in _forms if (reader := form.reader(live_class)) is not None), None)
        if reader is None and is_dataclass(live_class):
            reader = _dataclass_reader(live_class)
        if reader is not None or not is_of_ttnn(live_class):
            return reader
        names = attributes_of(live_class)
        if names is None:
            return None
        return LiveReader(
            lambda live: cls.of_attributes(live, names),
            lambda live: (live_class, keys([getattr(live, name) for name in names])),
        )

    def encode(self) -> dict[str, Any]:
        raw = form_of(self.type).encode(self)
        if raw is not None:
            return raw
        try:
            return {"type": self.type, "value": self.printed()}
        except Unprintable:
            pairs = [(name, encode(part)) for name, part in self.fields]
            unique = dict(pairs)
            fields = unique if len(unique) == len(pairs) else [list(pair) for pair in pairs]
            return {"type": self.type, "fields": fields}

    def printed(self) -> str:
        return form_of(self.type).printed(self)

    @classmethod
    def json_marks(cls) -> Mapping[str, MarkDecoder]:
        return {"fields": cls._decode_fields}

    @classmethod
    def _decode_fields(cls, name: str, raw: Any, depth: int) -> Struct:
        pairs = list(raw.items()) if isinstance(raw, dict) else checked_pairs(raw, f"the fields of {name}")
        return cls(name, tuple((key, decode_nested(part, depth + 1)) for key, part in pairs))

    @classmethod
    def decode(cls, raw: Any) -> Struct:
        return cls.read(raw["type"], ((key, part) for key, part in raw.items() if key != "type"))

    @classmethod
    def parse(cls, node: Any) -> Struct:
        return cls.read(node.name, node.fields)

    @classmethod
    def decode_v1(cls, body: Any, name: str) -> Struct:
        return cls.read(name, body.items())

    @classmethod
    def read(cls, name: str, fields: Iterable[tuple[str, Any]]) -> Struct:
        """Read an object by class and fields.

        Args:
            name: the class, as printed.
            fields: name and value, as JSON or as parsed text; a positional value has its position for a name.
        """
        name = _printed_names.get(name) or last_part(name)
        name = _printed_names.get(name, name)
        form, types = form_of(name), field_types(name)
        read = [(form.RENAMED.get(key, key), read_field(form.RENAMED.get(key, key), raw)) for key, raw in fields]
        if types:
            read = [
                (key, fitted(part, types.get(key, ()), recorded_enum) if type(part) in OPEN else part)
                for key, part in read
            ]
        return cls(name, form.completed(tuple(read)))

    def left_out(self, builder: Builder) -> tuple[LeftOut, ...]:
        """Return the fields that this ttnn's class lacks; each holds the default of the ttnns that have it.

        Raises:
            RebuildError: one doesn't, so the object can't be made here; or this ttnn has no such class.
        """
        if not form_of(self.type).NAMES_FIELDS:
            return ()
        available = fields_of(builder.find_class(self.type))
        if available is None:
            return ()
        return tuple(self._left_out(name, part) for name, part in self.fields if name not in available)

    def _left_out(self, name: str, value: Value) -> LeftOut:
        default = known_of(CLASS + self.type).default(name)
        if default is not None and default.value == value:
            return LeftOut(f"{self.type}.{name}", name, value, default.version)
        reason = f"this ttnn's {self.type} has no field {name}, and the trace has {show(value)} there"
        if default is not None:
            reason += f"; the default with ttnn {default.version} is {show(default.value)}"
        raise RebuildError(reason)

    def build(self, builder: Builder) -> Any:
        left_out = {each.name for each in self.left_out(builder)}
        types = types_of(builder.find_class(self.type)) if form_of(self.type).NAMES_FIELDS else {}
        fields = {
            name: builder.live(fitted(part, types.get(name, ()), recorded_enum))
            for name, part in self.fields
            if name not in left_out
        }
        try:
            return form_of(self.type).build(builder, self.type, fields)
        except (TypeError, AttributeError, RuntimeError, ValueError, KeyError) as error:
            raise RebuildError(f"{self.type}: {_first_line(error)}") from error

    def show(self) -> str:
        return f"{clean(self.type)}({', '.join(f'{clean(name)}={show(part)}' for name, part in self.fields)})"

    def fits(self, parameter: Type, enum_members: EnumMembers) -> bool:  # noqa: ARG002 - it is no enum
        name = parameter.short
        if name in ACTIVATIONS:
            return self.type in ACTIVATIONS
        return self.type == name or (name.endswith(_COMPUTE_CONFIG) and self.type.endswith(_COMPUTE_CONFIG))

    @property
    def label(self) -> str:
        return self.type

    @property
    def is_lost(self) -> bool:
        return any(is_lost(part) for _, part in self.fields)

    def named_parts(self) -> Iterator[tuple[str, Value]]:
        return iter(self.fields)


class StructForm:
    """How objects of some classes differ from the rule of `Struct`; each method here is the rule."""

    NAMES: ClassVar[tuple[str, ...]] = ()
    """The classes."""
    PRINTED_NAMES: ClassVar[Mapping[str, str]] = {}
    """Other names that the classes are printed by."""
    RENAMED: ClassVar[Mapping[str, str]] = {}
    """Fields whose name in print, or position, is not the constructor's."""
    NAMES_FIELDS: ClassVar[bool] = True
    """Whether the fields have the names of the constructor's parameters or of attributes."""

    def matches(self, name: str) -> bool:
        """Return whether a class has this form."""
        return name in self.NAMES

    def reader(self, live_class: LiveClass) -> LiveReader | None:  # noqa: ARG002 - a form of its own may read objects
        """Return how objects of a live class are read; None if by the parameters of their constructor."""
        return None

    def register(self) -> None:
        """Add to the tables of `tracer.values.dispatch` what reading by class and field cannot know."""

    def completed(self, fields: tuple[tuple[str, Value], ...]) -> tuple[tuple[str, Value], ...]:
        """Return the fields with those that ttnn doesn't print where they are empty."""
        return fields

    def encode(self, value: Struct) -> dict[str, Any] | None:  # noqa: ARG002 - a form may have JSON of its own
        """Return the JSON that tt-metal writes; None if that is class and printed text, or would lose something."""
        return None

    def printed(self, value: Struct) -> str:
        """Return the text that ttnn prints; see `TypedValue.printed`."""
        if not is_word(value.type) or value.type in RESERVED_NAMES or value.type in _printed_names:
            raise Unprintable
        return f"{value.type}({', '.join(_print_field(value.type, name, part) for name, part in value.fields)})"

    def build(self, builder: Builder, name: str, fields: dict[str, Any]) -> Any:
        """Build the live object from its live fields; those that the constructor doesn't take are set afterwards."""
        live_class = builder.find_class(name)
        try:
            return live_class(**fields)
        except TypeError:
            documented = {name for overload in constructors_of(live_class) for name in overload.by_name}
            parameters = {field: value for field, value in fields.items() if field in documented}
            if len(parameters) == len(fields):
                raise
            live = live_class(**parameters)
        for field in fields.keys() - parameters.keys():
            if fields[field] is not None or getattr(live, field) is not None:
                setattr(live, field, fields[field])
        return live


def _dataclass_reader(live_class: LiveClass) -> LiveReader:
    """Return how a dataclass of Python's is read; one of a model's own is named with its module, and never rebuilt."""
    name = live_class.__name__ if is_of_ttnn(live_class) else f"{live_class.__module__}:{live_class.__qualname__}"
    names = [field.name for field in fields(live_class) if field.init]
    return LiveReader(lambda live: Struct(name, tuple((each, describe(getattr(live, each))) for each in names)))


_forms: list[StructForm] = []
_printed_names: dict[str, str] = {}
_RULE = StructForm()


def register_form(form: StructForm) -> None:
    """Add a form; of several that match a class, the first counts."""
    _forms.append(form)
    _printed_names.update(form.PRINTED_NAMES)
    form_of.cache_clear()
    form.register()


@lru_cache(maxsize=1024)
def form_of(name: str) -> StructForm:
    """Return the form of a class."""
    return next((form for form in _forms if form.matches(name)), _RULE)


def attributes_of(live_class: LiveClass) -> tuple[str, ...] | None:
    """Return the constructor's parameters, if objects show every one of them as an attribute.

    Of a class that is made without arguments, the attributes that can be set, if there are no others. Else None.
    """
    ways = [
        tuple(parameter.name for parameter in overload.parameters)
        for overload in constructors_of(live_class)
        if all(parameter.kind in ("positional", "keyword_only") for parameter in overload.parameters)
    ]
    shown = [names for names in ways if names and set(names) <= set(dir(live_class))]
    return max(shown, key=len) if shown else _settable(live_class, ways)


def _settable(live_class: LiveClass, ways: list[tuple[str, ...]]) -> tuple[str, ...] | None:
    properties = {name: each for name, each in vars(live_class).items() if isinstance(each, property)}
    whole = ways == [()] and all(each.fset is not None for each in properties.values())
    return tuple(properties) if whole and properties else None


def is_read_as(name: str, field: str, part: Value) -> bool:
    """Return whether a field is read back as this value, whose text or JSON tells all but what the field's type does.

    Args:
        name: the class.
        field: the field.
        part: its value.
    """
    empty = isinstance(part, (tuple, TypedValue)) and part in (*EMPTIES, ())
    read = fitted(() if empty else part, field_types(name).get(field, ()), recorded_enum)
    return type(read) is type(part) and read == part if empty else read is part


def _print_field(name: str, field: str, part: Value) -> str:
    if not is_read_as(name, field, part):
        raise Unprintable
    return print_field(field, part)


@cache
def types_of(live_class: LiveClass) -> Mapping[str, tuple[Type, ...]]:
    """Return the types of the parameters of a class's constructors; empty if it documents none."""
    types: dict[str, tuple[Type, ...]] = {}
    for constructor in constructors_of(live_class):
        for name, parameter in constructor.by_name.items():
            types[name] = tuple(dict.fromkeys((*types.get(name, ()), *parameter.alternatives)))
    return types


@cache
def fields_of(live_class: LiveClass) -> frozenset[str] | None:
    """Return the parameters of a class's constructor and the public attributes; None if it documents no constructor."""
    constructors = constructors_of(live_class)
    if not constructors:
        return None
    attributes = {name for name in dir(live_class) if not name.startswith("_")}
    return frozenset(attributes.union(*(constructor.by_name for constructor in constructors)))


def constructors_of(live_class: LiveClass) -> list[Overload]:
    """Return the overloads of a class's constructor; empty if it documents none."""
    try:
        return parse_overloads(live_class.__init__.__doc__ or "")
    except ValueError:
        return []


def checked_pairs(raw: Any, what: str) -> list[Any]:
    """Return names and values as a list, which keeps their order, or a name that is there twice."""
    pairs = raw if isinstance(raw, list) else [raw]
    if not all(isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) for pair in pairs):
        raise ConfigurationError(f"{what} must be pairs of a name and a value, not {brief(raw)}")
    return pairs


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
