"""What a schema of configurations is, and what reading one can come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from tracer.errors import ConfigurationError
from tracer.limits import TOO_DEEP
from tracer.values import Value
from tracer.values.configuration import in_order


class MalformedConfigurationError(ConfigurationError):
    """One configuration follows no schema, or holds something impossible.

    Attributes:
        argument: the argument that is wrong; "" where it is something else.
    """

    def __init__(self, message: str, argument: str = "") -> None:
        super().__init__(message)
        self.argument = argument


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one configuration.

    Attributes:
        values: by name, in the order of the call.
        raw: version 2's JSON of them, if the file has that; it is written back unchanged.
    """

    values: dict[str, Value]
    raw: dict[str, Any] | None = None


class Schema(Protocol):
    """One form of the arguments of a configuration. Each has a file here and a line in `tracer.schemas.reader`."""

    def matches(self, raw: Any) -> bool:
        """Return whether an element of an operation's `configurations` follows this schema."""

    def arguments(self, raw: Any) -> Arguments:
        """Read its arguments.

        Raises:
            ConfigurationError: they hold something impossible.
        """


def decoded(raw: dict[str, Any], decode: Callable[[Any], Value]) -> dict[str, Value]:
    """Decode every argument, in the order of the call.

    Raises:
        MalformedConfigurationError: one can't be decoded; it is named.
    """
    values: dict[str, Value] = {}
    name = ""
    try:
        for name in in_order(raw):
            values[name] = decode(raw[name])
        return values
    except ConfigurationError as error:
        raise MalformedConfigurationError(str(error), name) from None
    except RecursionError:
        raise MalformedConfigurationError(TOO_DEEP, name) from None
