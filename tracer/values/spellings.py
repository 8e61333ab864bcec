"""Parts that several value types share, read in every spelling that a schema has for them.

Enum members come as `DataType::X`, `DataType.X` or `ttnn.x`; shapes as lists or `{224, 224}`; a None as `None` or
`nullopt`; an object as JSON, as a printed call, or as the text of either. A spelling that is none of these is an error:
nothing is ever filled in.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tracer.errors import ConfigurationError
from tracer.limits import MOST_DIMENSIONS
from tracer.values.cpptext import Call, CppTextError, Word, parse
from tracer.values.text import brief

LARGEST_SIZE = 2**32 - 1
"""ttnn keeps the size of a dimension in 32 bits."""

_NONE = frozenset({"None", "nullopt", "std::nullopt"})


@lru_cache(maxsize=4096)
def member_name(text: str, what: str) -> str:
    """Return `X` of `Type::X`, `Type.X` or `X`; of ttnn's aliases (`ttnn.bfloat16`, `ttnn.TILE_LAYOUT`) the member."""
    name = text.replace("::", ".").rpartition(".")[2]
    if text.startswith("ttnn."):
        name = name.upper().removesuffix("_LAYOUT")
    if not name.isidentifier():
        raise ConfigurationError(f"{what} must be the name of a member, not {text!r}")
    return name


def member(raw: object, what: str) -> str:
    """Return the name of an enum member in any spelling."""
    if type(raw) is str:
        return member_name(raw, what)
    if isinstance(raw, Word):
        return raw.name
    raise ConfigurationError(f"{what} must be the name of a member, not {brief(raw)}")


def dimensions(raw: object, what: str) -> tuple[int, ...]:
    """Return a shape that is a list, or the text of one."""
    if isinstance(raw, str):
        raw = parsed(raw, what)
    if isinstance(raw, Call) and len(raw.fields) == 1:
        raw = raw.fields[0][1]
    if raw == {}:
        return ()  # C++ prints every empty collection so
    if isinstance(raw, (list, tuple)):
        sizes = tuple(raw)
        for size in sizes:
            if type(size) is not int:
                break
        else:
            return sizes
    raise ConfigurationError(f"{what} must be a list of ints, not {brief(raw)}")


def in_range(sizes: tuple[int, ...], what: str) -> tuple[int, ...]:
    """Return a shape whose sizes ttnn can hold.

    Raises:
        ConfigurationError: one is negative, or larger than `LARGEST_SIZE`; or there are more than any tensor has.
    """
    if len(sizes) > MOST_DIMENSIONS:
        raise ConfigurationError(f"{what} must have at most {MOST_DIMENSIONS} dimensions, not {len(sizes)}")
    if sizes and (min(sizes) < 0 or max(sizes) > LARGEST_SIZE):
        raise ConfigurationError(f"{what} must hold sizes from 0 to {LARGEST_SIZE}, not {brief(list(sizes))}")
    return sizes


def pair(raw: object, what: str) -> tuple[int, int]:
    """Return a shape of two dimensions."""
    sizes = dimensions(raw, what)
    if len(sizes) != 2:
        raise ConfigurationError(f"{what} must be two ints, not {list(sizes)}")
    return sizes[0], sizes[1]


def is_none(raw: object) -> bool:
    """Return whether this is a None, in any spelling."""
    return raw is None or (isinstance(raw, str) and raw in _NONE)


def parsed(text: str, what: str) -> Any:
    """Parse text that must be printed text."""
    try:
        return parse(text)
    except CppTextError as error:
        raise ConfigurationError(f"{what}: {error}") from None


def fields_of(raw: object, what: str) -> dict[str, Any]:
    """Return the fields of an object that is JSON, a printed call, or the text of either."""
    if isinstance(raw, str):
        raw = parsed(raw, what)
    if isinstance(raw, dict):
        return raw
    if isinstance(raw, Call):
        return dict(raw.fields)
    raise ConfigurationError(f"{what} must be an object, not {brief(raw)}")


def expect_text(raw: Any, what: str) -> str:
    """Return text; anything else is an error."""
    if type(raw) is not str:
        raise ConfigurationError(f"{what} must be text, not {brief(raw)}")
    return raw
