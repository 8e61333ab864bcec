"""How the command line writes a field of `SweepSpec`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Group(str, Enum):
    """The groups of options in `farm sweep --help`."""

    WHAT = "What to run"
    BOARDS = "Boards"
    LIMITS = "Time limits and retries"
    MEASURES = "Measurements"
    NUMBERS = "Numbers, on boards that compute"
    FARM = "Sharing a farm"


@dataclass(frozen=True, slots=True)
class Flag:
    """An option without a value that adds one value to its field.

    Attributes:
        name: `--perf`.
        value: what it adds to the field.
        help: a sentence.
    """

    name: str
    value: str
    help: str


@dataclass(frozen=True, slots=True)
class Option:
    """How the command line writes a field.

    Attributes:
        name: `--op`; empty if `flags` write the field.
        group: where `--help` lists it.
        help: what the field means, for the command line.
        flags: one option for each value that the field can hold.
        python_help: what the field means, for Python; empty where it is `help`.
        off: the option that writes False, if the field is a switch that is neither on nor off by default.
    """

    name: str
    group: Group
    help: str
    flags: tuple[Flag, ...] = ()
    python_help: str = ""
    off: str = ""

    def names(self) -> tuple[str, ...]:
        """Every option that writes the field."""
        names = (self.name, self.off, *(flag.name for flag in self.flags))
        return tuple(name for name in names if name)

    def written(self, value: Any) -> tuple[str, ...]:
        """The options that write this value, which is not the field's default."""
        if self.flags:
            return tuple(flag.name for flag in self.flags if flag.value in value)
        return (self.off if self.off and value is False else self.name,)
