"""What names stand for in a frame that has ended, or in a function that it called."""

from __future__ import annotations

import ast
import sysconfig
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from farm.worker.assertions.form import value_of
from farm.worker.assertions.syntax import Function, function_of

_LIBRARIES = tuple(
    str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "platstdlib", "purelib", "platlib")
)


@dataclass(eq=False)
class Scope:
    """A function whose expressions are examined.

    Attributes:
        function: its source.
        variables: the live values of its variables; empty if it doesn't run.
        globals: those of its module.
        argument: whether a parameter depends on numbers read back.
        depth: the number of calls between the traceback and it.
        outer: the function that it is defined in, if that is examined, too.
        arguments: live values of its parameters, if it doesn't run.
        call: identifies the call, if it doesn't run.
    """

    function: Function
    variables: Mapping[str, Any]
    globals: Mapping[str, Any]
    argument: Callable[[str], bool]
    depth: int = 0
    outer: Scope | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    call: tuple[object, ...] = ()


def arguments_for(parameter: str, call: ast.Call, function: Function) -> list[ast.expr]:
    """The arguments of a call that a parameter may get."""
    names, rest, keywords = function.parameters
    by_name = {keyword.arg: keyword.value for keyword in call.keywords}
    if parameter in by_name:
        return [by_name[parameter]]
    starred = [each for each in call.args if isinstance(each, ast.Starred)]
    unpacked = [keyword.value for keyword in call.keywords if keyword.arg is None]
    if parameter == keywords:
        return [value for name, value in by_name.items() if name not in names]
    if starred:
        return [*starred, *unpacked]
    if isinstance(function.node, (ast.FunctionDef, ast.AsyncFunctionDef)) and names[:1] in (["self"], ["cls"]):
        method = function.parents.get(function.node)
        names = names[1:] if isinstance(method, ast.ClassDef) else names
    if parameter == rest:
        return call.args[len(names) :]
    if parameter in names and names.index(parameter) < len(call.args):
        return [call.args[names.index(parameter)]]
    return unpacked if parameter in names else []


def resolved(node: ast.expr, scope: Scope) -> FunctionType | None:
    """The Python function that an expression names; None if it can't be determined."""
    value = live_value(node, scope)
    while "__wrapped__" in getattr(value, "__dict__", {}):
        value = vars(value)["__wrapped__"]
    if isinstance(value, (staticmethod, classmethod, MethodType)):
        value = value.__func__
    return value if isinstance(value, FunctionType) else None


def source_of(function: FunctionType) -> Function | None:
    """The source of a function; None where it can't be read."""
    return function_of(function.__code__)


def own_methods(value: object) -> Iterator[tuple[FunctionType, Function]]:
    """The methods of a live object that are the test's own."""
    for kind in type(value).__mro__:
        for function in vars(kind).values():
            if isinstance(function, FunctionType) and not in_library(function.__code__):
                source = source_of(function)
                if source is not None:
                    yield function, source


def live_value(node: ast.expr, scope: Scope) -> Any:
    """The live value of a dotted name."""
    if isinstance(node, ast.Name):
        return scope.variables.get(node.id, scope.globals.get(node.id))
    if not isinstance(node, ast.Attribute):
        return None
    base = live_value(node.value, scope)
    if isinstance(base, ModuleType):
        return vars(base).get(node.attr)
    kinds: Iterator[type] = iter(base.__mro__ if isinstance(base, type) else type(base).__mro__)
    return next((vars(kind)[node.attr] for kind in kinds if node.attr in vars(kind)), None)


def live_attribute(node: ast.expr, scope: Scope) -> object:
    """The live value of an attribute that an object itself has; None if it can't be determined."""
    if not isinstance(node, ast.Attribute):
        return None
    base = live_attribute(node.value, scope) if isinstance(node.value, ast.Attribute) else live_value(node.value, scope)
    return vars(base).get(node.attr) if hasattr(base, "__dict__") else None


def is_of_ttnn(function: ast.expr, scope: Scope) -> bool:
    """Whether a function is one of ttnn's, which leave numbers on the board but for the known ones."""
    root: ast.expr = function
    while isinstance(root, ast.Attribute):
        root = root.value
    return package_of(live_value(root, scope)) == "ttnn"


def package_of(value: object) -> str:
    """The package that a live value comes from; empty if it can't be determined."""
    module = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return module.partition(".")[0] if isinstance(module, str) else ""


def in_library(code: CodeType) -> bool:
    """Whether code is part of Python, or of an installed package."""
    return code.co_filename.startswith(_LIBRARIES)


def live_element(value: object, key: object) -> object:
    """An element of a live value; None where it has none."""
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, (list, tuple)) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


def values_of(by_name: Mapping[str, list[ast.expr]], scope: Scope) -> Mapping[str, Any]:
    """The live values of arguments, as far as they are known."""
    variables = ChainMap(dict(scope.variables), dict(scope.arguments), dict(scope.globals))
    values = {}
    for name, arguments in by_name.items():
        if len(arguments) == 1:
            try:
                values[name] = value_of(arguments[0], variables)
            except Exception:  # noqa: BLE001, S112 - the value stays unknown
                continue
    return values
