"""Arguments that a trace could not keep."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tracer.errors import RebuildError
from tracer.signatures import Type
from tracer.values.base import Builder, EnumMembers, LiveClass, MarkDecoder, TypedValue, Value
from tracer.values.cpptext import Elided
from tracer.values.spellings import expect_text
from tracer.values.text import clean

ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
"""An object's address in its printed text, which differs between runs."""

LONGEST = 400
"""Characters that are kept of an object that cannot be described."""


@dataclass(frozen=True, slots=True)
class Lost(TypedValue):
    """An argument that a trace could not keep.

    Attributes:
        left: the text that was left of it.
        type: its type, C++ or Python, where the text says so; else "".
    """

    left: str
    type: str = ""

    NOT_KEPT: ClassVar[str] = "content"
    NEEDS_DEVICE: ClassVar[bool] = True

    @classmethod
    def of(cls, live: object, text: str | None = None) -> Lost:
        """Return what is kept of a live object that cannot be described: a text, by default what it prints."""
        live_class = type(live)
        if text is None:
            text = ADDRESS.sub("", repr(live))
        return cls(text[:LONGEST], f"{live_class.__module__}.{live_class.__qualname__}")

    @classmethod
    def of_text(cls, text: str, name: str) -> Lost:
        """Return what is kept of an object's printed text that cannot be read."""
        return cls(ADDRESS.sub("", text), name)

    def encode(self) -> dict[str, Any]:
        return {"type": self.type, "lost": self.left}

    @classmethod
    def json_marks(cls) -> Mapping[str, MarkDecoder]:
        return {"lost": lambda name, text, _depth: cls(expect_text(text, "lost"), name)}

    @classmethod
    def printed_nodes(cls) -> Mapping[LiveClass, Callable[[Any], Value]]:
        return {Elided: lambda _node: cls("{...}")}

    def build(self, builder: Builder) -> Any:  # noqa: ARG002 - nothing is left to build
        raise RebuildError(f"{self.left or self.type} was lost in the trace")

    def show(self) -> str:
        kind = f"{self.type}: " if self.type and not self.left.startswith("[ unsupported type") else ""
        return f"lost({clean(kind + self.left)})"

    def fits(self, parameter: Type, enum_members: EnumMembers) -> bool:  # noqa: ARG002 - it is no enum
        # the C++ type names the Python one; without a type, nothing rules the parameter out
        return not self.type or parameter.short in self.type

    @property
    def is_lost(self) -> bool:
        return True
