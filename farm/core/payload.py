"""Vectors as they travel to a board.

A payload is written as JSON once, where it is planned, and read once, where it runs. On the way nobody looks into it.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

# made once: `json.dumps` makes a new encoder for each call that isn't all defaults
_encode = json.JSONEncoder(separators=(",", ":")).encode


class EncodedVector(NamedTuple):
    """A vector on its way to a board.

    Attributes:
        id: the vector's.
        operation: the operation's, or its sweep module's.
        text: its payload as JSON, in one line of ASCII.
        timeout: seconds that it brings as its own limit.
        deadline: seconds that follow from what it took before.
    """

    id: str
    operation: str
    text: str
    timeout: float | None = None
    deadline: float | None = None

    @property
    def payload(self) -> dict[str, Any]:
        """What the worker gets."""
        return unpacked(self.text)


def packed(payload: object) -> str:
    """A payload as JSON: one line of ASCII, and no space that isn't needed."""
    return _encode(payload)


def unpacked(text: str) -> dict[str, Any]:
    """The payload that `packed` wrote."""
    payload: dict[str, Any] = json.loads(text)
    return payload


def encoded_vector(payload: dict[str, Any]) -> EncodedVector:
    """The parcel of a payload: `id`, `operation`, `timeout` and `deadline` as they stand in it."""
    return EncodedVector(
        payload["id"],
        payload.get("operation", ""),
        packed(payload),
        payload.get("timeout"),
        payload.get("deadline"),
    )


def line_of(message: object) -> bytes:
    """A message as the pipes carry it: JSON, and the end of a line."""
    return packed(message).encode() + b"\n"
