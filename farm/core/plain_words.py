"""Pydantic's messages in plain words, for errors that users read."""

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


def in_plain_words(kind: str, message: str) -> str:
    """Return what to give instead of a wrong value.

    Args:
        kind: pydantic's type of the error, such as `int_parsing`.
        message: pydantic's own message, for types of errors that have no words here.
    """
    return _ADVICE.get(kind, message[:1].lower() + message[1:])
