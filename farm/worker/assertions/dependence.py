"""Whether the value of an expression depends on numbers that were read back from a board."""

from __future__ import annotations

import ast
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeAlias

from farm.worker.assertions.syntax import Function, function_of, path_of

READ_BACKS = frozenset({"to_list", "to_numpy", "to_torch"})
"""The functions and methods of ttnn that give a tensor's numbers."""
_READ_BACKS_OF_TENSORS = frozenset({"item", "tolist"})
"""Methods that do so for a tensor of ttnn; torch and numpy have them for their own."""

FORM = frozenset(
    name
    for names in (
        "device dim dtype element_size flags is_complex is_contiguous is_floating_point is_tensor itemsize layout",
        "nbytes ndim ndimension nelement numel rank requires_grad shape size stride strides",
        "buffer_address buffer_num_pages buffer_page_size buffer_type get_dtype get_layout get_tile is_allocated",
        "is_sharded logical_shape logical_volume memory_config padded_shape physical_volume shard_spec spec",
        "storage_type tensor_id tensor_topology tile volume",
    )
    for name in names.split()
)
"""Attributes, methods and functions that describe a tensor's form, not its numbers."""

_BUILTINS_OF_FORM = frozenset({"callable", "hasattr", "id", "isinstance", "issubclass", "len", "type"})
_SELECTIONS = frozenset({"argwhere", "flatnonzero", "masked_select", "nonzero", "unique", "where"})
"""Functions whose output's form depends on numbers."""

_LIBRARIES = tuple(
    str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
_SHARED = (bool, int, float, complex, str, bytes, type(None), type, FunctionType, ModuleType)
"""Types whose values can be the same object without being the same value of a test."""
_MAX_DEPTH = 12
"""How many nested calls are followed."""

IsDeviceData: TypeAlias = Callable[[object], bool]
"""Whether a live value is a tensor of ttnn."""
_Depends: TypeAlias = "Callable[[ast.AST, Scope], bool]"
"""`Dependence.depends`, or `Dependence.form_depends`."""


@dataclass(eq=False)
class Scope:
    """A function whose expressions are examined.

    Attributes:
        function: its source.
        variables: the live values of its variables; empty where it doesn't run.
        globals: those of its module.
        argument: whether a parameter depends on numbers read back.
        depth: the number of calls between the traceback and it.
        outer: the function that it is defined in, if that is examined, too.
    """

    function: Function
    variables: Mapping[str, Any]
    globals: Mapping[str, Any]
    argument: Callable[[str], bool]
    depth: int = 0
    outer: Scope | None = None


class Dependence:
    """Follows values back to where they come from.

    Attributes:
        is_device_data: whether a live value is a tensor of ttnn.
        read_back: live values that are known to depend on numbers read back, whatever their names.

    Results are cached, for the sources of values and for the results of functions. While an expression is being
    examined, it counts as independent, because values in a loop may depend on each other.
    """

    def __init__(self, is_device_data: IsDeviceData) -> None:
        self.is_device_data = is_device_data
        self.read_back: list[object] = []
        self._sources: dict[tuple[Scope, ast.AST, _Depends], bool] = {}
        self._calls: dict[tuple[CodeType, frozenset[str], Scope | None], bool] = {}

    def decides(self, node: ast.AST, scope: Scope) -> bool:
        """Whether an expression's value depends on numbers read back, from scratch."""
        self._sources.clear()
        self._calls.clear()
        return self.depends(node, scope)

    def remember(self, scope: Scope, place: ast.AST) -> None:
        """Record a function's live values that depend on numbers read back, to recognize them under other names."""
        for name, value in scope.variables.items():
            if not isinstance(value, _SHARED) and self._name(name, place, scope):
                self.read_back.append(value)

    def depends(self, node: ast.AST, scope: Scope) -> bool:
        """Whether an expression's value depends on numbers read back."""
        if isinstance(node, ast.Name):
            return self._name(node.id, node, scope)
        if isinstance(node, ast.Attribute):
            if node.attr in FORM:
                return self.form_depends(node.value, scope)
            if self._is_live(node.value, scope):
                return False
            if self.read_back and self._carries(_attribute(node, scope)):
                return True
            return self.depends(node.value, scope) or self._stored(path_of(node), node, scope)
        if isinstance(node, ast.Call):
            return self._call(node, scope)
        if isinstance(node, ast.Compare) and all(isinstance(each, (ast.Is, ast.IsNot)) for each in node.ops):
            return False
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return False
        return any(self.depends(child, scope) for child in ast.iter_child_nodes(node))

    def form_depends(self, node: ast.AST, scope: Scope) -> bool:
        """Whether the form of an expression's value depends on them: it may hold only the wrong elements."""
        if isinstance(node, ast.Name):
            return self._stored(node.id, node, scope, self.form_depends)
        if isinstance(node, ast.Subscript):
            return self.depends(node.slice, scope) or self.form_depends(node.value, scope)
        if isinstance(node, ast.comprehension):
            return self.any_depends(node.ifs, scope) or self.form_depends(node.iter, scope)
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else path_of(node.func)
            if name in _SELECTIONS:
                return any(self.depends(child, scope) for child in ast.iter_child_nodes(node))
        return any(self.form_depends(child, scope) for child in ast.iter_child_nodes(node))

    def any_depends(self, nodes: list[ast.expr], scope: Scope) -> bool:
        """Whether one of several expressions depends on numbers read back."""
        return any(self.depends(node, scope) for node in nodes)

    def _name(self, name: str, use: ast.AST, scope: Scope) -> bool:
        if self._carries(scope.variables.get(name, scope.globals.get(name) if self.read_back else None)):
            return True
        names, arguments, keywords = scope.function.parameters
        definitions = scope.function.definitions(name, use)
        if name in (*names, arguments, keywords):
            replaced = any(each.replaces and not scope.function.guards(each.statement) for each in definitions)
            if not replaced and scope.argument(name):
                return True
        elif not definitions and scope.outer is not None:
            return self._name(name, scope.function.node, scope.outer)
        return self._stored(name, use, scope)

    def _stored(self, name: str, use: ast.AST, scope: Scope, depends: _Depends | None = None) -> bool:
        """Whether what was assigned to a name, or put into it, depends on numbers read back.

        Args:
            name: dotted for attributes.
            use: where the name is used.
            scope: the function.
            depends: the kind of dependence; None for `depends`.
        """
        depends = depends or self.depends
        around = scope.function.guards(use)
        for each in scope.function.definitions(name, use):
            guards = [guard for guard in scope.function.guards(each.statement) if guard not in around]
            if any(self._once(source, scope, depends) for source in each.sources) or any(
                self._once(guard, scope, self.depends) for guard in guards
            ):
                return True
        return False

    def _once(self, node: ast.AST, scope: Scope, depends: _Depends) -> bool:
        key = (scope, node, depends)
        if key not in self._sources:
            self._sources[key] = False
            self._sources[key] = depends(node, scope)
        return self._sources[key]

    def _is_live(self, node: ast.expr, scope: Scope) -> bool:
        """Whether an expression is the name of a tensor of ttnn; other attributes of it describe its form."""
        return isinstance(node, ast.Name) and self.is_device_data(scope.variables.get(node.id))

    def _carries(self, value: object, depth: int = 0) -> bool:
        """Whether a live value is a tensor of ttnn, is known to depend on numbers read back, or holds one that is."""
        if any(value is each for each in self.read_back):
            return True
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, (list, tuple)):
            return depth < 3 and any(self._carries(each, depth + 1) for each in value[:64])
        return self.is_device_data(value)

    def _call(self, call: ast.Call, scope: Scope) -> bool:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else path_of(call.func)
        if name in READ_BACKS:
            return True
        if name in FORM or (isinstance(call.func, ast.Name) and name in _BUILTINS_OF_FORM):
            return self.form_depends(call, scope)
        if isinstance(call.func, ast.Attribute) and self._is_live(call.func.value, scope):
            return name in _READ_BACKS_OF_TENSORS
        function = resolved(call.func, scope)
        source = None if function is None or scope.depth >= _MAX_DEPTH or _in_library(function) else source_of(function)
        if function is not None and source is not None:
            return self._returned(call, scope, function, source)
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        if not isinstance(call.func, ast.Attribute):
            return self.any_depends(values, scope)
        if _is_of_ttnn(call.func, scope):
            values = [value for value in values if not self._is_live(value, scope)]
        return self.any_depends(values, scope) or self.depends(call.func.value, scope)

    def _returned(self, call: ast.Call, scope: Scope, function: FunctionType, source: Function) -> bool:
        """Whether what a function of the test's own returns, or asserts, depends on numbers read back."""
        names, rest, keywords = source.parameters
        dependent = frozenset(
            name
            for name in (*names, rest, keywords)
            if name and self.any_depends(arguments_for(name, call, source), scope)
        )
        outer = scope if source.node in ast.walk(scope.function.node) else None
        key = (function.__code__, dependent, outer)
        if key not in self._calls:
            self._calls[key] = False
            inner = Scope(source, {}, function.__globals__, dependent.__contains__, scope.depth + 1, outer)
            self._calls[key] = self._returns(inner)
        return self._calls[key]

    def _returns(self, scope: Scope) -> bool:
        function = scope.function
        if isinstance(function.node, ast.Lambda):
            return self.depends(function.node.body, scope)
        for node in function.own_nodes():
            if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
                if self.any_depends([node.value, *function.guards(node)], scope):
                    return True
            elif isinstance(node, ast.Assert) and self.depends(node.test, scope):
                return True
        return False


def arguments_for(parameter: str, call: ast.Call, function: Function) -> list[ast.expr]:
    """The arguments of a call that may be passed to a parameter."""
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
    value = _value(node, scope)
    while isinstance(value, FunctionType) and "__wrapped__" in vars(value):
        value = vars(value)["__wrapped__"]
    return value if isinstance(value, FunctionType) else None


def source_of(function: FunctionType) -> Function | None:
    """The source of a function; None where it can't be read."""
    return function_of(function.__code__)


def _value(node: ast.expr, scope: Scope) -> Any:
    """The live value of a dotted name."""
    if isinstance(node, ast.Name):
        return scope.variables.get(node.id, scope.globals.get(node.id))
    if not isinstance(node, ast.Attribute):
        return None
    base = _value(node.value, scope)
    if isinstance(base, ModuleType):
        return vars(base).get(node.attr)
    kinds: Iterator[type] = iter(base.__mro__ if isinstance(base, type) else type(base).__mro__)
    return next((vars(kind)[node.attr] for kind in kinds if node.attr in vars(kind)), None)


def _attribute(node: ast.Attribute, scope: Scope) -> object:
    """The live value of an attribute that an object itself has; None if it can't be determined."""
    base = _attribute(node.value, scope) if isinstance(node.value, ast.Attribute) else _value(node.value, scope)
    return vars(base).get(node.attr) if hasattr(base, "__dict__") else None


def _is_of_ttnn(function: ast.Attribute, scope: Scope) -> bool:
    """Whether a function is one of ttnn's: all but the known ones leave numbers on the board."""
    root: ast.expr = function
    while isinstance(root, ast.Attribute):
        root = root.value
    module = _value(root, scope)
    return isinstance(module, ModuleType) and module.__name__.partition(".")[0] == "ttnn"


def _in_library(function: FunctionType) -> bool:
    return function.__code__.co_filename.startswith(_LIBRARIES)
