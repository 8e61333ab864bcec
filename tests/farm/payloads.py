"""Payloads and encoded vectors for tests."""

from __future__ import annotations

from pathlib import Path

from farm.core.payload import EncodedVector, ModuleVector, TracedCall, encode
from farm.core.sweep_module import SweepModule
from farm.planning.vectors import Vector


def text_of(name: str, operation: str = "ttnn.add") -> str:
    """The encoded payload of a call without arguments."""
    return encode(TracedCall(name, operation))


def encoded_vector(
    name: str, operation: str = "ttnn.add", timeout: float | None = None, deadline: float | None = None
) -> EncodedVector:
    """A call without arguments, on its way to a board."""
    return EncodedVector(name, operation, text_of(name, operation), timeout, deadline)


def encoded_module_vector(name: str) -> EncodedVector:
    """A vector of a sweep module that need not exist, on its way to a board."""
    return EncodedVector(name, "module", encode(ModuleVector(name, SweepModule("module", Path("module.py")))))


def module_vector(vector: Vector) -> ModuleVector:
    """The payload of a sweep module's vector."""
    payload = vector.payload
    assert isinstance(payload, ModuleVector)
    return payload
