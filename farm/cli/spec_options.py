"""The command line's options for the fields of `SweepSpec`: generated, so that no field is declared twice."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from farm.core.board import AUTO
from farm.core.errors import FarmError, WrongValue
from farm.core.sweep_command import typed_error
from farm.core.sweep_spec import SweepSpec, options

if TYPE_CHECKING:
    from farm.core.sweep_options import SweepOptions

_ALL_FIELDS = tuple(options())

EXTRA_WORDS = {"allow_extra_args": True}
"""Context settings of a command that refuses further words itself, and names the option that they may belong to."""


@dataclass(frozen=True, slots=True)
class SpecOptions:
    """The fields of a `SweepSpec` that a command line gave.

    Attributes:
        typed: the fields that stand on the command line.
        settings: the fields that come from farm's settings.
    """

    typed: SweepOptions
    settings: SweepOptions

    def spec(self, **more: Any) -> SweepSpec:
        """The spec that the command line and the settings give; `more` are fields that the command fills itself.

        The `boards` of the settings are this host's: they choose none of a farm's.

        Raises:
            FarmError: an option is wrong, or two options exclude each other.
        """
        with _named_as_typed():
            return SweepSpec.of(**cast("SweepOptions", {**self._settings_for(more), **self.typed, **more}))

    def left_out_boards(self, **more: Any) -> str:
        """The boards of the settings, where `spec` leaves them out since the command is about a farm; else empty."""
        boards = str(self.settings.get("boards", AUTO))
        is_used = "boards" in {**self._settings_for(more), **self.typed, **more}
        return "" if is_used or boards == AUTO else boards

    def _settings_for(self, more: Mapping[str, Any]) -> dict[str, Any]:
        """The settings, without those of this host's boards where the command is about a farm."""
        addresses: dict[str, Any] = {**self.settings, **self.typed, **more}
        is_of_farm = addresses.get("address") is not None
        return {name: value for name, value in self.settings.items() if name != "boards" or not is_of_farm}

    def override(self, spec: SweepSpec) -> SweepSpec:
        """Another spec, with what stands on the command line in place of its own.

        Raises:
            FarmError: see `spec`.
        """
        base = spec.of_vectors(()) if "vectors" in self.typed else spec
        with _named_as_typed():
            return base.updated(**self.typed)


@contextmanager
def _named_as_typed() -> Iterator[None]:
    """Name the option as the command line writes it, in the error about a wrong value."""
    try:
        yield
    except WrongValue as error:
        raise typed_error(error) from error


@dataclass(frozen=True, slots=True)
class _SpecParameter:
    """A command's parameter that writes a field; `flag` is the value that it adds to a field of several flags."""

    parameter: inspect.Parameter
    field: str
    flag: str | None = None


def takes_spec(fields: Sequence[str] = _ALL_FIELDS) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each of these fields of `SweepSpec`, in front of its own options.

    The command's first parameter gets the options on the command line and in the settings, as a `SpecOptions`.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        _, *own = signature.parameters.values()
        of_spec = [each for name in fields for each in _parameters(name)]
        parameters = [
            _keyword("context", typer.Context),
            *(each.parameter for each in of_spec),
            *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own),
        ]

        @wraps(command)
        def run(*, context: typer.Context, **values: Any) -> None:
            if context.args:
                option = options()["operations" if "operations" in fields else "modules"].name
                word = context.args[0]
                raise FarmError(f"unexpected argument {word!r}: did you mean {option} {word}?")
            own_values = {each.name: values[each.name] for each in own}
            command(_read_options(context, of_spec, values), **own_values)

        run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        return run

    return decorate


def _read_options(context: typer.Context, of_spec: Sequence[_SpecParameter], values: Mapping[str, Any]) -> SpecOptions:
    by_source: dict[str, dict[str, Any]] = {"COMMANDLINE": {}, "DEFAULT_MAP": {}}  # the names are click's
    for each in of_spec:
        source = context.get_parameter_source(each.parameter.name)
        if source is None or source.name not in by_source:
            continue
        fields = by_source[source.name]
        value = values[each.parameter.name]
        fields[each.field] = value if each.flag is None else (*fields.get(each.field, ()), each.flag)
    return SpecOptions(cast("SweepOptions", by_source["COMMANDLINE"]), cast("SweepOptions", by_source["DEFAULT_MAP"]))


def _parameters(name: str) -> Iterator[_SpecParameter]:
    """The parameters of a command that write a field: typer makes an option of each."""
    option, field = options()[name], SweepSpec.model_fields[name]
    panel = option.group.value
    for flag in option.flags:
        info = typer.Option(flag.name, help=flag.help, rich_help_panel=panel)
        yield _SpecParameter(_keyword(f"{name}_{flag.value}", Annotated[bool, info], default=False), name, flag.value)
    if option.flags:
        return
    info = typer.Option("/".join(option.names()), help=option.help, rich_help_panel=panel)
    several = field.annotation == tuple[str, ...]
    annotation = list[str] | None if several else field.annotation
    default = None if several else field.default
    yield _SpecParameter(_keyword(name, Annotated[annotation, info], default=default), name)


def _keyword(name: str, annotation: Any, default: object = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
