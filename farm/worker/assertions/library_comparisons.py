"""Comparisons of numpy and torch: determine whether one failed because of numbers, or of the form of its arguments."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

COMPARING_PACKAGES = ("numpy.testing", "torch.testing")
"""Packages whose functions compare what tests give them."""
_FILLS = ((0, 0), (0, 1), (1, 0))


def is_comparison(frame: FrameType) -> bool:
    """Whether a frame is that of a comparison that numpy or torch offers to tests."""
    name = str(frame.f_globals.get("__name__", ""))
    return name.startswith(COMPARING_PACKAGES) and len(_parameters(frame)) >= 2


def same_form(frame: FrameType) -> bool:
    """Whether the comparison of a frame succeeds for other numbers of the same form: zeros or ones on either side."""
    function = frame.f_globals.get(frame.f_code.co_name)
    if not callable(function):
        return True
    first, second = (frame.f_locals[name] for name in _parameters(frame)[:2])
    return any(_holds(function, _filled(first, left), _filled(second, right)) for left, right in _FILLS)


def _holds(function: Callable[..., Any], first: Any, second: Any) -> bool:
    try:
        function(first, second)
    except AssertionError:
        return False
    except Exception:  # noqa: BLE001 - it can't be called in this way: nothing is known against the form
        return True
    return True


def _parameters(frame: FrameType) -> tuple[str, ...]:
    return frame.f_code.co_varnames[: frame.f_code.co_argcount + frame.f_code.co_kwonlyargcount]


def _filled(value: Any, number: int) -> Any:
    """A value of the same form, with one number everywhere."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return torch.full_like(value, number)
    if isinstance(value, np.ndarray):
        return np.full_like(value, number)
    if isinstance(value, list):
        return [_filled(each, number) for each in value]
    if isinstance(value, tuple):
        return tuple(_filled(each, number) for each in value)
    if isinstance(value, dict):
        return {name: _filled(each, number) for name, each in value.items()}
    return type(value)(number) if isinstance(value, (bool, int, float, complex)) else value
