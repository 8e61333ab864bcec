"""Reads one configuration of a master, whichever schema it follows.

A schema says what form the arguments have; what is around them is the same for all that are objects. Provenance has
forms of its own, independent of the arguments' (`tracer.schemas.provenance`).
"""

from __future__ import annotations

from typing import Any

from tracer.errors import ConfigurationError
from tracer.limits import FILE_LEVELS, TOO_DEEP, is_deeper
from tracer.schemas.base import MalformedConfigurationError, Schema, decoded
from tracer.schemas.mixed import Mixed
from tracer.schemas.provenance import executions, text
from tracer.schemas.v1 import BareList, Version1
from tracer.schemas.v2 import Version2
from tracer.values import decode
from tracer.values.configuration import BrokenConfiguration, Configuration, Execution
from tracer.values.padding import PADDED_SHAPES, joined
from tracer.values.text import brief

SCHEMAS: tuple[Schema, ...] = (Mixed(), Version2(), Version1(), BareList())
"""Every schema that is read; the first that matches counts."""

_CONFIGURATION_KEYS = frozenset(
    {"arguments", "argument_names", "output", "raised", "executions", "contexts", "source", "machine_info"}
    | {"config_hash", "execution_count", PADDED_SHAPES}
)


def read_configuration(operation: str, index: int, raw: Any) -> Configuration | BrokenConfiguration:
    """Read one element of an operation's `configurations`; never raises for what is in it."""
    try:
        return _read(operation, index, raw)
    except MalformedConfigurationError as error:
        argument, message = error.argument, str(error)
    except ConfigurationError as error:
        argument, message = "", str(error)
    except RecursionError:
        argument, message = "", TOO_DEEP
    return BrokenConfiguration(operation, index, argument, message, raw, _where_seen(raw))


def _where_seen(raw: Any) -> tuple[Execution, ...] | None:
    """Return the executions of what can't be read as a whole; None if they can't be read either."""
    try:
        return tuple(executions(raw)) if isinstance(raw, dict) else None
    except (ConfigurationError, RecursionError):
        return None


def _read(operation: str, index: int, raw: Any) -> Configuration:
    schema = next((schema for schema in SCHEMAS if schema.matches(raw)), None)
    if schema is None:
        raise MalformedConfigurationError(_why_none(raw))
    envelope = raw if isinstance(raw, dict) else {}
    arguments = schema.arguments(raw if PADDED_SHAPES not in envelope else _with_padding(envelope))
    return Configuration(
        operation,
        arguments.values,
        names=_names(envelope.get("argument_names", [])),
        output=decoded({"output": envelope["output"]}, decode)["output"] if "output" in envelope else None,
        raised=text(envelope.get("raised"), "raised"),
        executions=list(executions(envelope)),
        index=index,
        given_hash=text(envelope.get("config_hash"), "config_hash"),
        extra=_extra(envelope),
        raw=None if arguments.raw is None else envelope["arguments"],
    )


def _extra(envelope: dict[str, Any]) -> dict[str, Any]:
    """Return the keys that no schema knows, which are kept as they are."""
    if envelope.keys() <= _CONFIGURATION_KEYS:
        return {}
    extra = {key: part for key, part in envelope.items() if key not in _CONFIGURATION_KEYS}
    if is_deeper(extra, FILE_LEVELS):
        raise MalformedConfigurationError(TOO_DEEP)
    return extra


def _with_padding(envelope: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration with the padded shapes that are beside its arguments inside them."""
    if not isinstance(envelope["arguments"], dict):
        raise MalformedConfigurationError(f"{PADDED_SHAPES} is of arguments by name, not of a list")
    return {**envelope, "arguments": joined(envelope["arguments"], envelope[PADDED_SHAPES])}


def _why_none(raw: Any) -> str:
    """Say why an element follows no schema."""
    if isinstance(raw, dict):
        return f"must have its arguments as an object or a list, not {brief(raw.get('arguments'))}"
    return f"must be an object or a list of arguments, not {brief(raw)}"


def _names(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw):
        raise MalformedConfigurationError(f"argument_names must be a list of names, not {brief(raw)}")
    return tuple(raw)
