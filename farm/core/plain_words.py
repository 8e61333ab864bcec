"""Numbers and pydantic's messages in plain words, for what users read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ADVICE = {
    "int_parsing": "give a whole number",
    "int_type": "give a whole number",
    "int_from_float": "give a whole number",
    "float_parsing": "give a number",
    "float_type": "give a number",
    "finite_number": "give a finite number",
    "bool_parsing": "give true or false",
    "bool_type": "give true or false",
    "string_type": "give a string",
    "list_type": "give a list",
    "tuple_type": "give a list",
    "dict_type": "give keys with values",
    "model_type": "give keys with values",
    "path_type": "give a path",
    "greater_than_equal": "give {ge:g} or more",
    "greater_than": "give more than {gt:g}",
    "less_than_equal": "give {le:g} or less",
    "less_than": "give less than {lt:g}",
    "literal_error": "give {expected}",
    "enum": "give {expected}",
}
_OWN_ERROR = "Value error, "
"""What pydantic puts before the message of a ValueError."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return `1 vector` or `2 vectors`.

    Args:
        number: how many.
        noun: the singular.
        plural: the plural; empty if it is the singular and an s.
    """
    return f"{number} {noun}" if number == 1 else f"{number} {plural or f'{noun}s'}"


def in_plain_words(kind: str, message: str, context: Mapping[str, Any] | None = None) -> str:
    """Return what to give instead of a wrong value.

    Args:
        kind: pydantic's type of the error, such as `int_parsing`.
        message: pydantic's own message, for types of errors that have no words here.
        context: pydantic's limits and choices, such as `ge`.
    """
    if kind in _ADVICE:
        return _ADVICE[kind].format_map(context or {})
    message = message.removeprefix(_OWN_ERROR)
    return message[:1].lower() + message[1:]


def reason_of(error: BaseException) -> str:
    """What an error says, in one line; its type where it says nothing."""
    text = error.strerror if isinstance(error, OSError) else ""
    lines = (text or str(error)).strip().splitlines()
    return lines[0] if lines else type(error).__name__
