"""The values of tt-metal's vector exports, read back as tt-metal's runner does; nothing is ever evaluated.

Numbers, booleans and null stand for themselves, arrays for lists. Text that names a member of one of ttnn's enums
(`DataType.BFLOAT16`, `ttnn.Layout.TILE`) is that member; other text is the Python literal that it spells (`(32, 32)`,
`1`, `None`), or else text. An object of `type` and `data` is built by `from_json` of ttnn's class of that name; every
other object is a dict.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from types import ModuleType
from typing import Any

from farm.sweeps.errors import Unencodable
from farm.sweeps.hashing import ENUM_FIELDS, with_enum_names

_OBJECT_KEYS = {"type", "data"}
_CLASS_NAME = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*")
_CLASSES_OF_TT_METAL = frozenset(("MemoryConfig", "ShardSpec", "CoreRangeSet", "CoreRange", "CoreCoord"))


def read_back(raw: Any) -> Any:
    """Return the value that a parameter of an exported vector stands for. Needs ttnn for text with a dot and objects.

    Raises:
        Unencodable: this ttnn has no class of an object's type, or can't build an object from its data.
    """
    if isinstance(raw, str):
        return _of_text(raw)
    if isinstance(raw, list):
        return [read_back(part) for part in raw]
    if isinstance(raw, dict):
        name = raw.get("type")
        if raw.keys() == _OBJECT_KEYS and isinstance(name, str) and _CLASS_NAME.fullmatch(name):
            return _of_object(name, raw["data"])
        return {key: read_back(part) for key, part in raw.items()}
    return raw


def is_read_by_tt_metal(raw: Any) -> bool:
    """Return whether tt-metal's runner builds all objects of an exported value; `read_back` builds more."""
    if isinstance(raw, list):
        return all(map(is_read_by_tt_metal, raw))
    if not isinstance(raw, dict):
        return True
    name = raw.get("type")
    if raw.keys() == _OBJECT_KEYS and isinstance(name, str) and _CLASS_NAME.fullmatch(name):
        return name.rpartition(".")[2] in _CLASSES_OF_TT_METAL
    return all(map(is_read_by_tt_metal, raw.values()))


def _of_text(text: str) -> Any:
    if "." in text and (member := _enum_member(text)) is not None:
        return member
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escape sequences in text that is no Python
            return ast.literal_eval(text)
    # tt-metal's runner ends at errors other than the first two, such as that of a dict in a set
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return text


def _enum_member(text: str) -> Any:
    """Return the member of one of ttnn's enums that a text names, `Enum.MEMBER` or `ttnn.Enum.MEMBER`; else None."""
    import ttnn

    enum, *members = [part for part in text.split(".") if part != "ttnn"] or [""]
    candidate = vars(ttnn).get(enum)
    if not members or not isinstance(candidate, type) or not hasattr(candidate, "__members__"):
        return None
    return candidate.__members__.get(members[0])


def _of_object(name: str, data: Any) -> Any:
    import ttnn

    ttnn_class = _class(name)
    text = json.dumps(_with_enum_numbers(data)) if isinstance(data, (dict, list)) else data
    try:
        return ttnn_class.from_json(text)
    except Exception as error:
        config = _memory_config(text) if ttnn_class is ttnn.MemoryConfig and isinstance(text, str) else None
        if config is not None:
            return config
        problem = " ".join(str(error).split())
        raise Unencodable(
            f"{name} can't be built from {text!r:.120}: {type(error).__name__}: {problem:.200}"
        ) from error


def _memory_config(text: str) -> Any:
    """Return the memory config that an older ttnn wrote, without fields that this one's `from_json` requires.

    None if it is none.
    """
    from tracer.errors import TracerError
    from tracer.values import MemoryConfig
    from tracer.values.live import Rebuilder

    try:
        return Rebuilder(None).live(MemoryConfig.decode(with_enum_names(json.loads(text))))
    except (ValueError, TracerError):
        return None


def _class(name: str) -> Any:
    """Return ttnn's class of a name: where the name says, or else where this ttnn has it.

    Raises:
        Unencodable: it has none, or can't read it from JSON.
    """
    import ttnn

    from tracer.errors import TracerError
    from tracer.values.live import find_class

    root, *modules, short = name.split(".") if "." in name else ("", name)
    holder: Any = ttnn if root == "ttnn" else None
    for each in modules:
        inner = vars(holder).get(each) if holder is not None else None
        holder = inner if isinstance(inner, ModuleType) else None
    candidate = vars(holder).get(short) if holder is not None else None
    if not isinstance(candidate, type):
        try:
            candidate = find_class(short)
        except TracerError:
            raise Unencodable(f"unknown type {name!r}: this ttnn has no such class") from None
    if not hasattr(candidate, "from_json"):
        raise Unencodable(f"unknown type {name!r}: this ttnn can't build it from JSON")
    return candidate


def _with_enum_numbers(data: Any) -> Any:
    """Replace the names of enum members in the JSON of an object of ttnn by their numbers, which `from_json` takes."""
    if isinstance(data, list):
        return [_with_enum_numbers(part) if isinstance(part, dict) else part for part in data]
    if not isinstance(data, dict):
        return data
    return {
        key: _number(ENUM_FIELDS[key], part)
        if key in ENUM_FIELDS and isinstance(part, str)
        else _with_enum_numbers(part)
        for key, part in data.items()
    }


def _number(enum: str, name: str) -> Any:
    from tracer.values.live import enum_members, find_class

    members = enum_members(enum) or frozenset()
    return find_class(enum).__members__[name].value if name in members else name
