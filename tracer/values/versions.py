"""What differs between versions of ttnn, in one place.

What the installed ttnn takes is asked of itself: the overloads of its operations and the constructors of its classes,
which it documents (`tracer.signatures`). What it cannot tell is how the ttnn that recorded a trace had it. That is
written down here, for a ttnn that was the newest when version-1 traces were made and for a later one:

* the order in which C++ passed an operation's parameters, which positional arguments of version-1 traces follow;
* the defaults of parameters and fields that the installed ttnn lacks. A trace may hold one; it can be left out where it
  holds its default, since the call is then the same without it.

The files hold signatures as each ttnn documents them itself; `tests/tracer/record_signatures.py` writes them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from tracer.errors import ConfigurationError
from tracer.signatures import Overload, Type, parse_overloads
from tracer.values.base import RESERVED_NAMES, Value
from tracer.values.cpptext import CppTextError, parse
from tracer.values.dispatch import interpret, show
from tracer.values.text import clean

OF_VERSION_1 = "0.66.0"
"""The ttnn in whose order version-1 traces have their arguments."""

RECORDED = (OF_VERSION_1, "0.81.1")
"""The ttnns whose signatures are written down; of the later one, only what differs from the first."""

CLASS = "class "
"""What the name of a class begins with in the files."""


@dataclass(frozen=True, slots=True)
class Default:
    """The default of a parameter or field, and the ttnn that has it."""

    value: Value
    version: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A parameter or field that the installed ttnn lacks, left out of a call because it held its default.

    Attributes:
        place: the argument, or the class and the field, for a message.
        name: the parameter's or the field's.
        value: what the trace has there.
        version: the ttnn whose default that is.
    """

    place: str
    name: str
    value: Value
    version: str

    def __str__(self) -> str:
        return f"{clean(self.place)}: {show(self.value)}, the default with ttnn {self.version}; this ttnn has none such"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an operation or a class in other ttnns than the installed one.

    Attributes:
        overloads: those of the ttnn whose order version-1 traces follow; empty where it had no such operation.
        default: returns the default of a parameter; None where none is known, or where ttnns or overloads differ in it.
    """

    overloads: tuple[Overload, ...]
    default: Callable[[str], Default | None]


NOTHING_KNOWN = Known((), lambda _: None)


@cache
def known_of(name: str) -> Known:
    """Return what is known of an operation, or of a class by `CLASS` and its name without its module."""
    return Known(_overloads(name, OF_VERSION_1), lambda parameter: _default(name, parameter))


@cache
def field_types(name: str) -> Mapping[str, tuple[Type, ...]]:
    """Return the types of the fields that the constructors of a class of the recorded ttnns have; empty if of none."""
    types: dict[str, tuple[Type, ...]] = {}
    for version in RECORDED:
        for overload in _overloads(CLASS + name, version):
            for field, parameter in overload.by_name.items():
                types[field] = tuple(dict.fromkeys((*types.get(field, ()), *parameter.alternatives)))
    return types


def recorded_enum(names: Iterable[str], member: str) -> str | None:
    """Return the one of some types that can be an enum, for a member without its enum; None for none or several."""
    enums = [name for name in names if member.isidentifier() and name[:1].isupper() and _may_be_enum(name)]
    return enums[0] if len(enums) == 1 else None


@cache
def _may_be_enum(name: str) -> bool:
    recorded = any(CLASS + name in _signatures(version) for version in RECORDED)
    return not recorded and name not in RESERVED_NAMES and name not in _ABSTRACT


_ABSTRACT = frozenset({"Any", "Callable", "Iterable", "None", "Sequence", "Set"})
_UNREADABLE = math.nan


@cache
def recorded_operations() -> frozenset[str]:
    """The names of the operations that the recorded ttnns register."""
    return frozenset(name for version in RECORDED for name in _signatures(version) if not name.startswith(CLASS))


def recorded_overloads(name: str) -> tuple[Overload, ...]:
    """Return the overloads of an operation in every ttnn whose signatures are written down; empty if none has it."""
    return tuple(dict.fromkeys(overload for version in RECORDED for overload in _overloads(name, version)))


@cache
def _default(name: str, parameter: str) -> Default | None:
    defaults = list(_defaults(name, parameter))
    if not defaults or any(each.value != defaults[0].value for each in defaults):
        return None
    return defaults[0]


def _defaults(name: str, parameter: str) -> Iterator[Default]:
    """Yield every default that a parameter had. Nothing equals one that there wasn't, or that can't be read."""
    for version in RECORDED:
        for overload in _overloads(name, version):
            declared = overload.by_name.get(parameter)
            if declared is not None:
                yield Default(_read_default(declared.default), version)


def _read_default(text: str | None) -> Value:
    try:
        return _UNREADABLE if text is None else interpret(parse(text.replace("'", '"')))
    except (CppTextError, ConfigurationError):
        return _UNREADABLE


@cache
def _overloads(name: str, version: str) -> tuple[Overload, ...]:
    return tuple(parse_overloads(f"f{text} -> None")[0] for text in _signatures(version).get(name, []))


@cache
def _signatures(version: str) -> dict[str, list[str]]:
    return read_signatures((resources.files("tracer") / "data" / f"signatures_{version}.txt").read_text())


def read_signatures(text: str) -> dict[str, list[str]]:
    """Return the signatures of a file by name; one `(parameter: type = default, ...)` per overload."""
    signatures: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, bracket, rest = line.partition("(")
        if bracket and not line.startswith("#"):
            signatures.setdefault(name, []).append(bracket + rest)
    return signatures
