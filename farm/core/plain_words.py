"""Numbers and pydantic's messages in plain words, for what users read."""

from __future__ import annotations

_ADVICE = {
    "int_parsing": "give a whole number",
    "int_type": "give a whole number",
    "int_from_float": "give a whole number",
    "float_parsing": "give a number",
    "float_type": "give a number",
    "finite_number": "give a finite number",
    "bool_parsing": "give true or false",
    "bool_type": "give true or false",
    "string_type": "give a text",
    "list_type": "give a list",
    "tuple_type": "give a list",
    "dict_type": "give keys with values",
    "model_type": "give keys with values",
    "path_type": "give a path",
}


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return `1 vector` or `2 vectors`.

    Args:
        number: how many.
        noun: the singular.
        plural: the plural; empty if it is the singular and an s.
    """
    return f"{number} {noun}" if number == 1 else f"{number} {plural or f'{noun}s'}"


def in_plain_words(kind: str, message: str) -> str:
    """Return what to give instead of a wrong value.

    Args:
        kind: pydantic's type of the error, such as `int_parsing`.
        message: pydantic's own message, for types of errors that have no words here.
    """
    return _ADVICE.get(kind, message[:1].lower() + message[1:])
