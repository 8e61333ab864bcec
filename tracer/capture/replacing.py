"""Functions of ttnn replaced by others that watch them, wherever an imported module holds them."""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tracer.signatures import overloads


def is_operation(function: object) -> bool:
    """Whether a function of ttnn is a registered operation, which calls its attribute `function`."""
    from ttnn import decorators

    return isinstance(function, (decorators.FastOperation, decorators.Operation))


class Replacements:
    """The functions that are replaced now."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def replace(self, module: str, name: str, wrap: Callable[[Any], Any]) -> None:
        """Replace a function, in all modules that hold it, by what `wrap` makes of it; do nothing if there is none."""
        original = getattr(importlib.import_module(module), name, None)
        if original is None:
            return  # this ttnn has no such function
        wrapped = wrap(original)
        for holder in list(sys.modules.values()):
            if getattr(holder, "__dict__", {}).get(name) is original:
                self._set(holder, name, original, wrapped)

    def replace_everywhere(self, replacements: Sequence[tuple[Any, Any]]) -> None:
        """Replace functions by others in all modules, under any name: `from ttnn import execute_trace as replay`.

        It looks at every name of every module, which takes some 20 ms: `replace` is for what is done often.
        """
        others = {id(original): (original, other) for original, other in replacements}
        for holder in list(sys.modules.values()):
            for name, value in list(getattr(holder, "__dict__", {}).items()):
                if id(value) in others:
                    self._set(holder, name, *others[id(value)])

    def replace_named(self, module: Any, names: Iterable[str], stand_in: Callable[[str, Any], Any]) -> None:
        """Replace functions, methods and registered operations; pass over those that this ttnn doesn't have.

        Args:
            module: ttnn.
            names: as they are in the module: `execute_trace`, `Tensor.cpu`.
            stand_in: makes the other function, of a name and the function that is replaced.
        """
        functions: list[tuple[Any, Any]] = []
        for name in names:
            *holders, function = name.split(".")
            holder = functools.reduce(lambda parent, part: getattr(parent, part, None), holders, module)
            original = getattr(holder, function, None)
            if original is None:
                continue
            if is_operation(original):
                self._replace_inside(original, stand_in(name, original))
            elif holder is module:
                functions.append((original, stand_in(name, original)))
            else:
                self.set(holder, function, stand_in(name, original))
        if functions:
            self.replace_everywhere(functions)

    def set(self, holder: Any, name: str, wrapped: Any) -> None:
        """Replace one attribute, such as a method of a class."""
        self._set(holder, name, getattr(holder, name), wrapped)

    def _replace_inside(self, operation: Any, stand_in: Any) -> None:
        """Replace what a registered operation calls; its name and overloads stay."""
        overloads(operation)  # reads and keeps them: the stand-in documents none
        self.set(operation, "function", stand_in)

    def _set(self, holder: Any, name: str, original: Any, wrapped: Any) -> None:
        setattr(holder, name, wrapped)
        self._undo.append(lambda: setattr(holder, name, original))

    def undo(self) -> None:
        """Put all functions back."""
        while self._undo:
            self._undo.pop()()
