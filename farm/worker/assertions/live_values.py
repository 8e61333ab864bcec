"""Recognize the live values of a traceback that depend on numbers read back from a board."""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import TypeAlias

from farm.worker.assertions.resolution import Scope

_SHARED = (bool, int, float, complex, str, bytes, type(None), type, BaseException, FunctionType, ModuleType)
"""Types whose values can be the same object without being the same value of a test."""
_MAX_ELEMENTS = 64
"""How many elements of a list are examined."""
_MAX_DEPTH = 3
"""How deeply lists in lists are examined."""

IsDeviceData: TypeAlias = Callable[[object], bool]
FailedForNumbers: TypeAlias = Callable[[BaseException], bool]


class LiveValues:
    """Recognizes live values that depend on numbers read back.

    Attributes:
        is_device_data: whether a live value is a tensor of ttnn.
        failed_for_numbers: whether an exception that a variable holds is a failed comparison of numbers read back.
        read_back: live values that are known to depend on numbers read back, whatever their names.
    """

    def __init__(self, is_device_data: IsDeviceData, failed_for_numbers: FailedForNumbers) -> None:
        self.is_device_data = is_device_data
        self.failed_for_numbers = failed_for_numbers
        self.read_back: list[object] = []

    def remember(self, value: object) -> None:
        """Record that a value, or all values of a dict, depend on numbers read back."""
        values = value.values() if isinstance(value, dict) else [value]
        self.read_back += [each for each in values if not isinstance(each, _SHARED)]

    def is_tensor(self, node: ast.expr, scope: Scope) -> bool:
        """Whether an expression is the name of a tensor of ttnn; other attributes of it describe its form."""
        return isinstance(node, ast.Name) and self.is_device_data(scope.variables.get(node.id))

    def are_failed_comparisons(self, value: object) -> bool | None:
        """Whether exceptions that a variable holds are failed comparisons of numbers; None if it holds none."""
        errors = list(value) if isinstance(value, (list, tuple)) else [value]
        if not errors or not all(isinstance(each, BaseException) for each in errors[:_MAX_ELEMENTS]):
            return None
        return all(isinstance(each, BaseException) and self.failed_for_numbers(each) for each in errors[:_MAX_ELEMENTS])

    def carries(self, value: object, depth: int = 0) -> bool:
        """Whether a live value is a tensor of ttnn, is known to depend on numbers read back, or holds one that is."""
        if any(value is each for each in self.read_back):
            return True
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, (list, tuple)):
            return depth < _MAX_DEPTH and any(self.carries(each, depth + 1) for each in value[:_MAX_ELEMENTS])
        return self.is_device_data(value)
