"""Version 2: arguments by name, in the JSON that `tracer.values` encodes and decodes."""

from __future__ import annotations

from typing import Any

from tracer.schemas.base import Arguments, decoded
from tracer.values import decode


class Version2:
    """An object with arguments by name."""

    def matches(self, raw: Any) -> bool:
        return isinstance(raw, dict) and isinstance(raw.get("arguments"), dict)

    def arguments(self, raw: Any) -> Arguments:
        arguments = raw["arguments"]
        return Arguments(decoded(arguments, decode), arguments)
