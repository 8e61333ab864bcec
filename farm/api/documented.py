"""Docstrings that list the fields of `SweepSpec`, which `help()` shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from farm.core.sweep_spec import field_help

Function = TypeVar("Function", bound=Callable[..., object])


def lists_fields(function: Function) -> Function:
    """Append the fields of `SweepSpec` to a function's docstring."""
    function.__doc__ = f"{function.__doc__}\n\n    Options:\n{field_help()}\n"
    return function
