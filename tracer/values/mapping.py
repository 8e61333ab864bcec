"""Dicts with text for keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tracer.values.base import Builder, LiveClass, LiveReader, MarkDecoder, TypedValue, Value, is_lost
from tracer.values.dispatch import decode_nested, describe, encode, interpret, interpret_object, show, untyped_keys
from tracer.values.lost import Lost
from tracer.values.structs import checked_pairs
from tracer.values.text import clean


@dataclass(frozen=True, slots=True)
class Mapping(TypedValue):
    """A dict with string keys, in the order of the call."""

    items: tuple[tuple[str, Value], ...]

    NEEDS_DEVICE: ClassVar[bool] = True  # it may hold a tensor

    @classmethod
    def reader(cls, live_class: LiveClass) -> LiveReader | None:
        return LiveReader(cls.describe) if issubclass(live_class, dict) else None

    @classmethod
    def describe(cls, live: Any) -> Mapping | Lost:
        if not all(isinstance(key, str) for key in live):
            return Lost.of(live)
        return cls(tuple((str(key), describe(each)) for key, each in live.items()))

    def encode(self) -> dict[str, Any]:
        keys = [key for key, _ in self.items]
        pairs = [(key, encode(part)) for key, part in self.items]
        # a dict in a master is sorted, so one in another order needs the form that keeps it
        plain = keys == sorted(set(keys)) and not untyped_keys() & set(keys)
        return dict(pairs) if plain else {"type": "dict", "items": [list(pair) for pair in pairs]}

    @classmethod
    def json_marks(cls) -> AnyMapping[str, MarkDecoder]:
        return {"items": cls._decode_items}

    @classmethod
    def _decode_items(cls, name: str, raw: Any, depth: int) -> Value:
        if name == "str" and type(raw) is str:
            return raw
        pairs = checked_pairs(raw, f"the items of a {name}")
        return cls(tuple((key, decode_nested(part, depth + 1)) for key, part in pairs))

    @classmethod
    def printed_nodes(cls) -> AnyMapping[LiveClass, Callable[[Any], Value]]:
        return {dict: cls._of_object}

    @classmethod
    def _of_object(cls, raw: dict[str, Any]) -> Value:
        value = interpret_object(raw)
        return cls(tuple([(key, interpret(part)) for key, part in raw.items()])) if value is None else value

    def build(self, builder: Builder) -> Any:
        return {name: builder.live(part) for name, part in self.items}

    def show(self) -> str:
        return f"{{{', '.join(f'{clean(key)}: {show(part)}' for key, part in self.items)}}}"

    @property
    def is_lost(self) -> bool:
        return any(is_lost(part) for _, part in self.items)

    def named_parts(self) -> Iterator[tuple[str, Value]]:
        return iter(self.items)
