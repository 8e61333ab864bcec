"""Payloads and encoded vectors for tests."""

from __future__ import annotations

from farm.core.payload import EncodedVector, ModuleVector, TracedCall, encode
from farm.planning.vectors import Vector


def text_of(name: str, operation: str = "ttnn.add") -> str:
    """The encoded payload of a call without arguments."""
    return encode(TracedCall(name, operation))


def encoded_vector(
    name: str, operation: str = "ttnn.add", timeout: float | None = None, deadline: float | None = None
) -> EncodedVector:
    """A call without arguments, on its way to a board."""
    return EncodedVector(name, operation, text_of(name, operation), timeout, deadline)


def module_vector(vector: Vector) -> ModuleVector:
    """The payload of a sweep module's vector."""
    payload = vector.payload
    assert isinstance(payload, ModuleVector)
    return payload
