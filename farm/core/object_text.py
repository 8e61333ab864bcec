"""The texts of objects whose classes come from code that nobody has read: `__str__` may raise, or return megabytes."""

from __future__ import annotations

from collections.abc import Callable

from farm.core.errors import WorkerInterrupted

LONGEST_TEXT = 16384
"""Characters of a text that are read: its beginning, and its end where it is longer."""
_LEFT_OUT = "\n...\n"
_LONGEST_NAME = 200
_name_of = vars(type)["__name__"].__get__  # a metaclass may have a `__name__` of its own


def text_of(value: object) -> str:
    """Return `str(value)`, shortened in its middle, whatever `value` does."""
    return _read(str, value)


def repr_of(value: object) -> str:
    """Return `repr(value)`, shortened in its middle, whatever `value` does."""
    return _read(repr, value)


def class_name(value: object) -> str:
    """The name of an object's class, at most 200 characters of it."""
    return _exact(_name_of(type(value)), 0, _LONGEST_NAME)


def _read(read: Callable[[object], str], value: object) -> str:
    try:
        text = read(value)
        length = str.__len__(text)
        if length <= LONGEST_TEXT:
            return _exact(text, 0, length)
        half = LONGEST_TEXT // 2
        return _exact(text, 0, half) + _LEFT_OUT + _exact(text, length - half, length)
    except WorkerInterrupted:
        raise
    except BaseException as problem:  # noqa: BLE001 - a module's `__str__` may even raise SystemExit
        return f"its text can't be read: {class_name(problem)}"


def _exact(text: str, start: int, end: int) -> str:
    """A part of a text as a `str` itself: a subclass may redefine any method."""
    return "".join([str.__getitem__(text, slice(start, end))])
