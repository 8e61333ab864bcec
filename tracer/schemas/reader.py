"""Reads one configuration of a master, whichever schema it follows.

The schemas differ in two ways, independently. Arguments are a list of one-key dicts of printed values (version 1) or a
dict of structured ones (version 2), or a dict of version 1's. Provenance is nothing, a `source` with a `machine_info`,
`contexts` of these, or `executions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tracer.device_config import DeviceConfig
from tracer.errors import ConfigurationError
from tracer.schemas import v1
from tracer.values import v2
from tracer.values.configuration import BrokenConfiguration, Configuration, Execution, in_order
from tracer.values.forms import brief
from tracer.values.types import Value

_EXECUTION = frozenset({"source", "machine_info", "count", "trace_uid", "device_config"})
_CONFIGURATION = frozenset(
    {"arguments", "argument_names", "output", "raised", "executions", "contexts", "source", "machine_info"}
    | {"config_hash", "execution_count"}
)

MOST_OPENINGS = 1024
"""Ways of opening a board that are kept once read."""


class _Wrong(Exception):  # noqa: N818 - never leaves this module
    """What is wrong with one configuration, and with which of its arguments."""

    def __init__(self, message: str, argument: str = "") -> None:
        super().__init__(message)
        self.argument = argument


def configuration(operation: str, index: int, raw: Any) -> Configuration | BrokenConfiguration:
    """Reads one element of an operation's `configurations`; never raises for what is in it."""
    try:
        return _bare_list(operation, index, raw) if isinstance(raw, list) else _dict(operation, index, raw)
    except _Wrong as wrong:
        return BrokenConfiguration(operation, index, wrong.argument, str(wrong), raw)
    except ConfigurationError as error:
        return BrokenConfiguration(operation, index, "", str(error), raw)
    except RecursionError:
        return BrokenConfiguration(operation, index, "", "nested too deeply", raw)


def _bare_list(operation: str, index: int, raw: list[Any]) -> Configuration:
    return Configuration(operation, _printed_arguments(raw), index=index)


def _dict(operation: str, index: int, raw: Any) -> Configuration:
    if not isinstance(raw, dict):
        raise _Wrong(f"must be an object or a list of arguments, not {brief(raw)}")
    given = raw.get("arguments")
    kept = None
    if isinstance(given, list):
        arguments = _printed_arguments(given)
    elif isinstance(given, dict):
        mixed = any(map(_of_version_1, given.values()))
        arguments = _decoded(given, _either if mixed else v2.decode)
        kept = None if mixed else given
    else:
        raise _Wrong(f"must have its arguments as an object or a list, not {brief(given)}")
    return Configuration(
        operation,
        arguments,
        names=_names(raw.get("argument_names", [])),
        output=_decoded({"output": raw["output"]}, v2.decode)["output"] if "output" in raw else None,
        raised=_text(raw.get("raised"), "raised"),
        executions=list(_executions(raw)),
        index=index,
        given_hash=_text(raw.get("config_hash"), "config_hash"),
        extra={key: part for key, part in raw.items() if key not in _CONFIGURATION},
        raw=kept,
    )


def _printed_arguments(raw: list[Any]) -> dict[str, Value]:
    return _decoded(v1.arguments(raw), v1.decode)


def _decoded(raw: dict[str, Any], decode: Callable[[Any], Value]) -> dict[str, Value]:
    """Every argument decoded, in the order of the call."""
    found: dict[str, Value] = {}
    name = ""
    try:
        for name in in_order(raw):
            found[name] = decode(raw[name])
        return found
    except ConfigurationError as error:
        raise _Wrong(str(error), name) from None
    except RecursionError:
        raise _Wrong("nested too deeply", name) from None


def _of_version_1(raw: Any) -> bool:
    return type(raw) is dict and len(raw) == 1 and not v1.CLASSES.isdisjoint(raw)


def _either(raw: Any) -> Value:
    """An argument of a configuration that mixes both versions."""
    structured = isinstance(raw, dict) and ("type" in raw or "memory_layout" in raw)
    return v2.decode(raw) if structured else v1.decode(raw)


def _names(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw):
        raise _Wrong(f"argument_names must be a list of names, not {brief(raw)}")
    return tuple(raw)


def _text(raw: Any, what: str) -> str | None:
    if raw is not None and not isinstance(raw, str):
        raise _Wrong(f"{what} must be text, not {brief(raw)}")
    return raw


def _executions(raw: dict[str, Any]) -> Iterator[Execution]:
    """Where a configuration was seen, from whichever form of provenance it has."""
    if "executions" in raw:
        for part in _list(raw["executions"], "executions"):
            yield _execution(part)
    elif "contexts" in raw:
        for part in _list(raw["contexts"], "contexts"):
            if not isinstance(part, dict):
                raise _Wrong(f"a context must be an object, not {brief(part)}")
            yield from _unpaired(part, {key: rest for key, rest in part.items() if key not in _EXECUTION})
    else:
        yield from _unpaired(raw, {})


def _execution(raw: Any) -> Execution:
    if not isinstance(raw, dict):
        raise _Wrong(f"an execution must be an object, not {brief(raw)}")
    source, machine, count, opened = (
        raw.get("source"),
        raw.get("machine_info"),
        raw.get("count"),
        raw.get("device_config"),
    )
    if isinstance(machine, list) and len(machine) == 1:
        machine = machine[0]
    if machine is not None and not isinstance(machine, dict):
        raise _Wrong(f"machine_info must be an object, not {brief(machine)}")
    return Execution(
        _text(source, "source") or "",
        machine,
        _count(count),
        _text(raw.get("trace_uid"), "trace_uid"),
        None if opened is None else _opened(opened),
        {key: part for key, part in raw.items() if key not in _EXECUTION},
    )


_openings: dict[str, DeviceConfig] = {}


def _opened(raw: Any) -> DeviceConfig:
    """How a board was opened: there are few ways, in many executions."""
    text = repr(raw)
    known = _openings.get(text)
    if known is None:
        known = DeviceConfig.from_json(raw)
        if len(_openings) < MOST_OPENINGS:
            _openings[text] = known
    return known


def _count(raw: Any) -> int | None:
    if raw is not None and type(raw) is not int:
        raise _Wrong(f"count must be an int, not {brief(raw)}")
    return raw


def _unpaired(raw: dict[str, Any], extra: dict[str, Any]) -> Iterator[Execution]:
    """Sources and machines side by side. Which was seen on which is known only where there is one of either."""
    sources = raw.get("source")
    sources = [sources] if isinstance(sources, str) else _list(sources, "source")
    machines = raw.get("machine_info")
    machines = [machines] if isinstance(machines, dict) else _list(machines, "machine_info")
    if not all(isinstance(source, str) for source in sources) or not all(isinstance(m, dict) for m in machines):
        raise _Wrong("source must be text and machine_info an object, or lists of them")
    count = _count(raw.get("execution_count", raw.get("count")))
    if len(machines) > 1 and len(sources) > 1:
        extra, machines = {**extra, "machines": machines}, []
    for source in sources or ([""] if machines else []):
        for machine in machines or [None]:
            yield Execution(source, machine, count, extra=dict(extra))


def _list(raw: Any, what: str) -> list[Any]:
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise _Wrong(f"{what} must be a list, not {brief(raw)}")
    return raw
