"""Asks nanobind whether an overload accepts a call, without making the call.

nanobind converts the arguments of an overload in the order of its parameters, up to the first that it refuses. In
place of the numbers in a list stand objects that refuse to be converted, and say that they were to be: then the list's
length was right, and so was every argument before it. The function itself is never reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tracer.capture.positions import bound, is_array
from tracer.signatures import Overload, Type

_NUMBERS = frozenset({"int", "float"})


class Probe:
    """Asks the function of one operation."""

    def __init__(self, function: Any) -> None:
        self._function = function

    def accepts_lengths(self, overload: Overload, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
        """Return whether an overload accepts the lengths of a call's lists of numbers; their types are taken to fit."""
        passed = {parameter.name: value for parameter, value in bound(overload, args, kwargs)}
        nameless = [each.name for each in overload.parameters if each.kind == "positional_only" and each.name in passed]
        for name, refusal, stand_in in _stand_ins(overload, args, kwargs):
            arguments = {**passed, name: stand_in}
            positional = [arguments.pop(each) for each in nameless]
            try:
                self._function(*positional, **arguments)
            except Exception:  # noqa: BLE001 - that it is refused is what was asked for
                if not refusal.reached:
                    return False
        return True


class _Refusal:
    """A number that nanobind can't convert.

    Attributes:
        reached: whether it tried.
    """

    def __init__(self) -> None:
        self.reached = False

    def __index__(self) -> int:
        self.reached = True
        raise TypeError("a probe is no number")

    def __float__(self) -> float:
        self.reached = True
        raise TypeError("a probe is no number")


def _stand_ins(
    overload: Overload, args: Sequence[Any], kwargs: dict[str, Any]
) -> Iterator[tuple[str, _Refusal, list[Any]]]:
    """Yield each parameter that gets a list of numbers, or of lists of them, with a list that refuses instead."""
    for parameter, value in bound(overload, args, kwargs):
        for alternative in parameter.alternatives:
            if is_array(value) and len(value) > 0 and (depth := _depth(alternative)):
                refusal = _Refusal()
                if depth == 1:
                    yield parameter.name, refusal, [refusal] * len(value)
                elif is_array(value[-1]) and len(value[-1]) > 0:
                    yield parameter.name, refusal, [*value[:-1], [refusal] * len(value[-1])]
                break


def _depth(kind: Type) -> int:
    """Return 1 for a list of numbers, 2 for a list of such lists, 0 for anything else."""
    if kind.short != "Sequence" or not kind.arguments:
        return 0
    inside = kind.arguments[0]
    if all(each.short in _NUMBERS for each in inside):
        return 1
    return 2 if len(inside) == 1 and _depth(inside[0]) == 1 else 0
