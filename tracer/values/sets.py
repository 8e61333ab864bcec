"""Sets: ttnn takes one of mesh coordinates, for example."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tracer.errors import ConfigurationError
from tracer.values.base import Builder, LiveClass, LiveReader, MarkDecoder, TypedValue, Unprintable, Value, is_lost
from tracer.values.cores import CoreRange
from tracer.values.cpptext import Call, Range
from tracer.values.dispatch import decode_nested, describe, encode, interpret, show
from tracer.values.keys import keys
from tracer.values.mapping import hashable
from tracer.values.printing import printed
from tracer.values.text import brief

SETS = frozenset({"set", "frozenset", "Set", "AbstractSet", "unordered_set"})
"""Types that a set fits, in Python's and C++'s words."""


@dataclass(frozen=True, slots=True)
class ValueSet(TypedValue):
    """A set, in the order of its members' JSON, so that the same set is equal whichever source it came from.

    Use `of` to make one of members that are in another order, or there more than once.
    """

    members: tuple[Value, ...]

    JSON_TYPES: ClassVar[tuple[str, ...]] = ("set", "frozenset")
    PRINTED_NAMES: ClassVar[tuple[str, ...]] = ("set", "frozenset")
    NEEDS_DEVICE: ClassVar[bool] = True  # a call may change it
    IS_CONTAINER: ClassVar[bool] = True

    @classmethod
    def of(cls, members: Iterable[Value]) -> ValueSet:
        """Make a set of members in any order."""
        by_text = {json.dumps(encode(each), sort_keys=True): each for each in members}
        return cls(tuple(by_text[text] for text in sorted(by_text)))

    @classmethod
    def reader(cls, live_class: LiveClass) -> LiveReader | None:
        return LiveReader(cls.describe, cls.capture_key) if issubclass(live_class, (set, frozenset)) else None

    @classmethod
    def describe(cls, live: Any) -> ValueSet:
        return cls.of(map(describe, live))

    @classmethod
    def capture_key(cls, live: Any) -> Hashable:
        return (set, frozenset(keys(live)))

    def encode(self) -> dict[str, Any]:
        try:
            return {"type": "set", "value": self._text()}
        except Unprintable:
            return {"type": "set", "elements": [encode(each) for each in self.members]}

    def _text(self) -> str:
        """Return what Python prints, which is a set only by the class that stands beside it."""
        if not self.members:
            return "set()"
        return f"{{{', '.join(map(_printed, self.members))}}}"

    @classmethod
    def json_marks(cls) -> Mapping[str, MarkDecoder]:
        return {"elements": cls._decode_elements}

    @classmethod
    def _decode_elements(cls, name: str, raw: Any, depth: int) -> ValueSet:
        if not isinstance(raw, list):
            raise ConfigurationError(f"the elements of a {name} must be a list, not {brief(raw)}")
        return cls.of(decode_nested(part, depth + 1) for part in raw)

    @classmethod
    def decode(cls, raw: Any) -> ValueSet:
        raise ConfigurationError(f"a {raw['type']} must have its elements as a list")

    @classmethod
    def parse(cls, node: Any) -> ValueSet:
        if isinstance(node, Call):
            node = node.fields[0][1] if node.fields else ()
        if not isinstance(node, (tuple, list)):
            raise ConfigurationError(f"a set must be printed in braces, not {brief(node)}")
        return cls.of(map(_member, node))

    def build(self, builder: Builder) -> Any:
        return {hashable(builder.live(each)) for each in self.members}

    def show(self) -> str:
        return f"{{{', '.join(map(show, self.members))}}}" if self.members else "set()"

    @property
    def label(self) -> str:
        return f"set of {len(self.members)}"

    @property
    def is_lost(self) -> bool:
        return any(map(is_lost, self.members))


def _member(node: Any) -> Value:
    """Return the value of a member; a range in brackets is one, and no set of ranges, inside a set."""
    alone = isinstance(node, list) and len(node) == 1 and isinstance(node[0], Range)
    return interpret(node[0] if alone else node)


def _printed(member: Value) -> str:
    """Return the text of a member.

    Raises:
        Unprintable: reading it would not give the member back.
    """
    if isinstance(member, CoreRange):
        return member.printed()
    text = printed(member)
    if isinstance(member, tuple) or text == "{}":
        raise Unprintable
    return text
