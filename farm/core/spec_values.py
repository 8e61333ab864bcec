"""The types of the fields of `SweepSpec`: each takes what callers may give for it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from farm.core.errors import FarmError
from farm.core.measures import MODES, Mode
from farm.core.numeric_options import InputStyle


def _as_tuple(value: object) -> object:
    if isinstance(value, str):
        raise FarmError(f"{value!r} is a single string: give a list, such as [{value!r}]")
    return tuple(value) if isinstance(value, Iterable) else value


def _as_path(value: object) -> object:
    return Path(value) if isinstance(value, str) else value


def _as_modes(value: object) -> object:
    modes = _as_tuple(value)
    if not isinstance(modes, tuple):
        return modes
    for mode in modes:
        if mode not in MODES:
            raise FarmError(f"measure {mode!r}: choose from {', '.join(MODES)}")
    return tuple(mode for mode in MODES if mode in modes)


def _as_style(value: object) -> object:
    try:
        return InputStyle(value)
    except ValueError:
        raise ValueError(f"choose from {', '.join(InputStyle)}") from None


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
Place = Annotated[Path | None, BeforeValidator(_as_path)]
Modes = Annotated[tuple[Mode, ...], BeforeValidator(_as_modes)]
Count = Annotated[int | None, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]
MaybeSeconds = Annotated[float | None, Field(gt=0)]
Style = Annotated[InputStyle, BeforeValidator(_as_style)]
Times = Annotated[int, Field(ge=1)]
