"""Dicts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tracer.errors import ConfigurationError
from tracer.values.base import Builder, LiveClass, LiveReader, MarkDecoder, TypedValue, Value, is_lost
from tracer.values.dispatch import decode_nested, describe, encode, interpret, interpret_object, show, untyped_keys
from tracer.values.text import brief, clean


@dataclass(frozen=True, slots=True)
class Mapping(TypedValue):
    """A dict, in the order of its keys, so that the same dict is equal in whatever order it was filled."""

    items: tuple[tuple[Value, Value], ...]

    NEEDS_DEVICE: ClassVar[bool] = True  # it may hold a tensor
    IS_CONTAINER: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", tuple(sorted(self.items, key=_place)))

    @classmethod
    def reader(cls, live_class: LiveClass) -> LiveReader | None:
        return LiveReader(cls.describe) if issubclass(live_class, dict) else None

    @classmethod
    def describe(cls, live: Any) -> Mapping:
        return cls(tuple((describe(key), describe(each)) for key, each in live.items()))

    def encode(self) -> dict[str, Any]:
        keys = {key for key, _ in self.items}
        if len(keys) == len(self.items) and not untyped_keys() & keys and all(isinstance(key, str) for key in keys):
            return {str(key): encode(part) for key, part in self.items}
        return {"type": "dict", "items": [[_encode_key(key), encode(part)] for key, part in self.items]}

    @classmethod
    def json_marks(cls) -> AnyMapping[str, MarkDecoder]:
        return {"items": cls._decode_items}

    @classmethod
    def _decode_items(cls, name: str, raw: Any, depth: int) -> Value:
        if name == "str" and type(raw) is str:
            return raw
        pairs = raw if isinstance(raw, list) else [raw]
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            raise ConfigurationError(f"the items of a {name} must be pairs of a key and a value, not {brief(raw)}")
        return cls(tuple((_decode_key(key, depth + 1), decode_nested(part, depth + 1)) for key, part in pairs))

    @classmethod
    def printed_nodes(cls) -> AnyMapping[LiveClass, Callable[[Any], Value]]:
        return {dict: cls._of_object}

    @classmethod
    def _of_object(cls, raw: dict[str, Any]) -> Value:
        if not raw:
            return ()  # C++ prints every empty collection so
        value = interpret_object(raw)
        return cls(tuple([(key, interpret(part)) for key, part in raw.items()])) if value is None else value

    def build(self, builder: Builder) -> Any:
        return {hashable(builder.live(key)): builder.live(part) for key, part in self.items}

    def show(self) -> str:
        return f"{{{', '.join(f'{_shown(key)}: {show(part)}' for key, part in self.items)}}}"

    @property
    def is_lost(self) -> bool:
        return any(is_lost(key) or is_lost(part) for key, part in self.items)

    def named_parts(self) -> Iterator[tuple[str, Value]]:
        for key, part in self.items:
            yield _shown(key), part


def _place(item: tuple[Value, Value]) -> tuple[bool, str]:
    """Return a sort key: text before other keys."""
    key, _ = item
    return (False, key) if isinstance(key, str) else (True, json.dumps(encode(key), sort_keys=True))


def _encode_key(key: Value) -> Any:
    raw = key if isinstance(key, str) else encode(key)
    return raw if isinstance(key, str) or not isinstance(raw, str) else {"type": "float", "value": raw}


def _decode_key(raw: Any, depth: int) -> Value:
    return raw if type(raw) is str else decode_nested(raw, depth)


def _shown(key: Value) -> str:
    return clean(key) if isinstance(key, str) else show(key)


def hashable(live: Any) -> Any:
    """Return a live value with tuples for lists, as a dict's keys and a set's members are."""
    return tuple(map(hashable, live)) if isinstance(live, list) else live
