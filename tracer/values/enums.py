"""Members of enums, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tracer.errors import RebuildError
from tracer.signatures import Type
from tracer.values.base import (
    RESERVED_NAMES,
    Builder,
    EnumMembers,
    LiveClass,
    LiveReader,
    MarkDecoder,
    TypedValue,
    Unprintable,
    Value,
    is_of_ttnn,
)
from tracer.values.cpptext import Word, is_word
from tracer.values.spellings import expect_text
from tracer.values.text import clean

TORCH_DTYPE = "torch.dtype"
UNARY_OPERATION = "UnaryOpType"
ACTIVATIONS = frozenset({"UnaryWithParam", "EltwiseUnaryWithParam"})
"""Classes of activations, which ttnn also makes of a bare `UnaryOpType`."""


@dataclass(frozen=True, slots=True)
class EnumMember(TypedValue):
    """A member of one of ttnn's enums, or a dtype of torch, by name.

    Attributes:
        type: the enum's name (`DataType`), or "" where a trace printed the bare member (`CACHE`); then the
            parameter it is bound to decides.
        name: the member's name.
    """

    type: str
    name: str

    @classmethod
    def of_class(cls, class_name: str, word: Word) -> EnumMember:
        """Return the member that version 2's JSON has as printed text under its class."""
        return cls(TORCH_DTYPE if class_name == "dtype" else class_name, word.name)

    @classmethod
    def reader(cls, live_class: LiveClass) -> LiveReader | None:
        name = live_class.__qualname__
        if issubclass(live_class, Enum) and issubclass(live_class, (int, float, str)) and not is_of_ttnn(live_class):
            return LiveReader(lambda member: member.value, lambda member: (live_class, member.value))  # it is passed so
        if issubclass(live_class, Enum):
            # members of different enums may be equal by number; `name` takes ten times as long as `_name_`
            return LiveReader(lambda member: cls(name, member.name), lambda member: (live_class, member._name_))
        # nanobind lists an enum's members by name; some versions don't make it a Python Enum
        if is_of_ttnn(live_class) and hasattr(live_class, "__members__"):
            return LiveReader(lambda member: cls(name, member.name))
        if live_class.__module__.partition(".")[0] == "torch" and live_class.__name__ == "dtype":
            return LiveReader(lambda dtype: cls(TORCH_DTYPE, str(dtype).removeprefix("torch.")))
        return None

    def encode(self) -> dict[str, Any]:
        if self.type == TORCH_DTYPE and self.name.isidentifier():
            return {"type": "dtype", "value": f"torch.{self.name}"}
        if self.type.isidentifier() and self.name.isidentifier() and self.type not in RESERVED_NAMES:
            return {"type": self.type, "repr": f"{self.type}.{self.name}"}
        return {"type": self.type, "member": self.name}

    def printed(self) -> str:
        if not (is_word(self.type) and is_word(self.name)):
            raise Unprintable
        return f"{self.type}::{self.name}"

    @classmethod
    def json_marks(cls) -> Mapping[str, MarkDecoder]:
        return {"member": lambda enum, name, _depth: cls(enum, expect_text(name, "member"))}

    @classmethod
    def printed_nodes(cls) -> Mapping[LiveClass, Callable[[Any], Value]]:
        return {Word: lambda word: cls(word.type, word.name)}

    def build(self, builder: Builder) -> Any:
        if self.type == TORCH_DTYPE:
            import torch

            return getattr(torch, self.name)
        if not self.type:
            raise RebuildError(f"{self.name} is a member of an enum that the trace doesn't name")
        return builder.member(self.type, self.name)

    def show(self) -> str:
        return clean(f"{self.type}.{self.name}" if self.type else self.name)

    def fits(self, parameter: Type, enum_members: EnumMembers) -> bool:
        name = parameter.short
        if name in ACTIVATIONS:
            return self.type == UNARY_OPERATION
        if self.type:
            return self.type == name
        members = enum_members(name)
        return members is None or self.name in members

    @property
    def label(self) -> str:
        return f"{self.type}.{self.name}".lstrip(".")
