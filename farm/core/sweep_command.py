"""The `farm sweep` command of a spec; parsing the command gives an equal spec."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from farm.core.errors import FarmError, WrongValue
from farm.core.spec_option import Option
from farm.core.sweep_spec import SweepSpec, options


def command_of(spec: SweepSpec) -> list[str]:
    """The words of the `farm sweep` command that runs a spec: an option for each field that isn't at its default."""
    words = ["farm", "sweep"]
    values = spec.model_dump(exclude_defaults=True)
    for name, option in options().items():
        if name in values:
            words += _words_of(option, values[name])
    return words


def listing_command(spec: SweepSpec) -> list[str]:
    """The words of the `farm vectors` command that lists the modules of a spec, in all their suites."""
    words = ["farm", "vectors"]
    for name in ("modules", "skip", "tt_metal", "sweeps"):
        if value := getattr(spec, name):
            words += _words_of(options()[name], value)
    return words if spec.vectors_file is None else [*words, "--from", str(spec.vectors_file)]


def typed_error(error: WrongValue) -> FarmError:
    """The error about a wrong value of a spec, which names the option as the command line writes it."""
    return FarmError(f"{options()[error.field].name or error.field} {error.value}: {error.advice}")


def _words_of(option: Option, value: object) -> Iterator[str]:
    if option.flags or isinstance(value, bool):
        yield from option.written(value)
    else:
        for each in value if isinstance(value, tuple) else (value,):
            yield from (option.name, _text(each))


def _text(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)
