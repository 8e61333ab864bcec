"""The parameters of a vector as tt-metal's records have them: one flat list, names joined by dots.

Objects of ttnn become dicts of their fields, dtypes, layouts and other enum members their names. A list stays whole,
whatever is in it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from farm.core.payload import ModelTrace, ModuleVector, Payload, TracedCall
from farm.report.forms.optest_models import OpParam
from farm.store.columns import jsonable

DEEPEST = 64
"""How deeply lists and objects in a record may be nested."""


def op_params(payload: Payload, clean: Callable[[str], str]) -> list[OpParam]:
    """Return the parameters of a vector.

    Args:
        payload: the vector's; what can't be read has none.
        clean: what each name and text passes through.
    """
    return [_parameter(clean(name), cleaned(value, clean)) for name, value in _flat("", _parameters(payload))]


def _parameters(payload: Payload) -> dict[str, Any]:
    if isinstance(payload, TracedCall):
        names = {f"arg{at}": name for at, name in enumerate(payload.names) if name}
        return {names.get(key, key): _plain_traced(value) for key, value in payload.arguments.items()}
    if isinstance(payload, ModuleVector):
        # the value is unknown here, as only the module can make it
        values = {name: _plain(value) for name, value in payload.values.items()}
        return {**values, **{name: f"not written: {why}" for name, why in payload.unwritten.items()}}
    if isinstance(payload, ModelTrace):
        return {"target": payload.target, "arguments": list(payload.arguments)}
    return {}


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested dicts: what isn't a dict, and dicts that are empty."""
    if isinstance(value, dict) and (value or prefix):
        if not value:
            yield prefix, value
        for key, part in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), part)
    elif prefix:
        yield prefix, value


def _parameter(name: str, value: Any) -> OpParam:
    if isinstance(value, (bool, int, float)):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return OpParam(param_name=name, param_value_numeric=number)
    if isinstance(value, (dict, list)):
        return OpParam(param_name=name, param_value_json=value)
    return OpParam(param_name=name, param_value_text=value if isinstance(value, str) else str(value))


def cleaned(value: Any, clean: Callable[[str], str], level: int = 0) -> Any:
    """Return JSON with every text in it, keys included, passed through `clean`.

    What JSON lacks becomes text, and so does what is nested deeper than `DEEPEST`, which pydantic may not write.
    """
    if isinstance(value, str):
        return clean(value)
    if not isinstance(value, (list, tuple, Mapping)):
        return jsonable(value)
    if level == DEEPEST:
        return clean(json.dumps(jsonable(value)))
    if isinstance(value, Mapping):
        return {clean(str(key)): cleaned(part, clean, level + 1) for key, part in value.items()}
    return [cleaned(part, clean, level + 1) for part in value]


def _plain_traced(value: Any) -> Any:
    """Return what `tracer.values` encodes, with the text of enum members and of other objects that have one."""
    if isinstance(value, Mapping):
        if "type" in value and value.keys() <= {"type", "repr", "value"}:
            return value.get("repr", value.get("value", value["type"]))
        return {str(key): _plain_traced(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain_traced(part) for part in value]
    return value


def _plain(value: Any) -> Any:
    """Return what `farm.sweeps.values` encodes in JSON's own types."""
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if not isinstance(value, Mapping):
        return value
    [(form, body)] = value.items()
    return _PLAIN[form](body)


def _of_parts(body: Any) -> list[Any]:
    return [_plain(part) for part in body]


def _called(name: str) -> Callable[[Any], str]:
    """Return what writes a value as the call that makes it."""
    return lambda body: f"{name}({', '.join(str(_plain(part)) for part in body)})"


_PLAIN: Mapping[str, Callable[[Any], Any]] = {
    "float": str,
    "tuple": _of_parts,
    "set": _of_parts,
    "frozenset": _of_parts,
    "dict": lambda body: {str(_plain(key)): _plain(part) for key, part in body},
    "complex": _called("complex"),
    "bytes": str,
    "range": _called("range"),
    "slice": _called("slice"),
    "shapes": lambda body: dict(zip(("self", "other"), _of_parts(body), strict=True)),
    "operation": str,
    "numpy": lambda body: _plain(body[1]),
    "ttnn": _plain_traced,
}
"""By the forms of `farm.sweeps.values`."""
