"""Version 2's envelope around version 1's values: arguments by name, some of them as C++ printed them."""

from __future__ import annotations

from typing import Any

from tracer.schemas import v1
from tracer.schemas.base import Arguments, decoded
from tracer.values import Value, decode


class Mixed:
    """An object with arguments by name of which at least one is a version-1 object."""

    def matches(self, raw: Any) -> bool:
        arguments = raw.get("arguments") if isinstance(raw, dict) else None
        return isinstance(arguments, dict) and any(map(v1.is_version_1, arguments.values()))

    def arguments(self, raw: Any) -> Arguments:
        return Arguments(decoded(raw["arguments"], _decode))


def _decode(raw: Any) -> Value:
    if isinstance(raw, list) and any(map(_is_version_2, raw)):
        return tuple(map(_decode, raw))
    return decode(raw) if _is_version_2(raw) else v1.decode(raw)


def _is_version_2(raw: Any) -> bool:
    return isinstance(raw, dict) and ("type" in raw or "memory_layout" in raw)
