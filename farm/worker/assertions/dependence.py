"""Whether the value of an expression depends on numbers that were read back from a board."""

from __future__ import annotations

import ast
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from farm.worker.assertions.syntax import Function, function_of, path_of

READ_BACKS = frozenset({"to_list", "to_numpy", "to_torch"})
"""The functions and methods of ttnn that give a tensor's numbers."""

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
"""Attributes, methods and functions that tell of a tensor's form, whatever its numbers are."""

_BUILTINS_OF_FORM = frozenset({"callable", "hasattr", "id", "isinstance", "issubclass", "len", "type"})
_SELECTIONS = frozenset({"argwhere", "flatnonzero", "masked_select", "nonzero", "unique", "where"})
"""Functions whose output has a form that depends on numbers."""

_LIBRARIES = tuple(
    str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
_DEEPEST = 12
"""The most functions that call each other are looked into."""

IsDeviceData = Callable[[object], bool]


Way = Callable[[ast.AST, "Scope"], bool]


@dataclass(eq=False)
class Scope:
    """A function whose expressions are looked at.

    Attributes:
        function: its source.
        variables: the live values of its variables; empty where it doesn't run.
        globals: those of its module.
        argument: whether a parameter depends on numbers read back.
        depth: the number of calls between the traceback and it.
        outer: the function that it is defined in, where that is looked at, too.
        pending: the definitions that are being looked at, by name: a loop's are made of each other.
    """

    function: Function
    variables: Mapping[str, Any]
    globals: Mapping[str, Any]
    argument: Callable[[str], bool]
    depth: int = 0
    outer: Scope | None = None
    pending: set[tuple[str, int, str]] = field(default_factory=set)


class Dependence:
    """Follows values back to where they come from.

    Attributes:
        is_device_data: whether a live value is a tensor of ttnn.
    """

    def __init__(self, is_device_data: IsDeviceData) -> None:
        self.is_device_data = is_device_data

    def depends(self, node: ast.AST, scope: Scope) -> bool:
        """Whether an expression's value depends on numbers read back."""
        if isinstance(node, ast.Name):
            return self._name(node.id, node, scope)
        if isinstance(node, ast.Attribute):
            if node.attr in FORM:
                return self.form_depends(node.value, scope)
            return self.depends(node.value, scope) or self._stored(path_of(node), node, scope)
        if isinstance(node, ast.Call):
            return self._call(node, scope)
        if isinstance(node, ast.Compare) and all(isinstance(each, (ast.Is, ast.IsNot)) for each in node.ops):
            return False
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return False
        return any(self.depends(child, scope) for child in ast.iter_child_nodes(node))

    def form_depends(self, node: ast.AST, scope: Scope) -> bool:
        """Whether the form of an expression's value does: it holds only the elements that are wrong, for example."""
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
        if self._is_device_data(scope.variables.get(name)):
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

    def _stored(self, name: str, use: ast.AST, scope: Scope, way: Way | None = None) -> bool:
        """Whether what was assigned to a name, or put into it, depends on numbers read back.

        Args:
            name: dotted for attributes.
            use: where the name is used.
            scope: the function.
            way: the way in which it depends: `depends`, or `form_depends`.
        """
        way = way or self.depends
        around = scope.function.guards(use)
        for each in scope.function.definitions(name, use):
            key = (name, id(each), way.__name__)
            if key in scope.pending:
                continue
            scope.pending.add(key)
            try:
                guards = [guard for guard in scope.function.guards(each.statement) if guard not in around]
                if any(way(source, scope) for source in each.sources) or self.any_depends(guards, scope):
                    return True
            finally:
                scope.pending.discard(key)
        return False

    def _is_device_data(self, value: object, depth: int = 0) -> bool:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, (list, tuple)):
            return depth < 3 and any(self._is_device_data(each, depth + 1) for each in value[:64])
        return self.is_device_data(value)

    def _call(self, call: ast.Call, scope: Scope) -> bool:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else path_of(call.func)
        if name in READ_BACKS:
            return True
        if name in FORM or (isinstance(call.func, ast.Name) and name in _BUILTINS_OF_FORM):
            return self.form_depends(call, scope)
        function = resolved(call.func, scope)
        source = None if function is None or scope.depth >= _DEEPEST or _in_library(function) else source_of(function)
        if function is not None and source is not None:
            return self._returned(call, scope, function, source)
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        return self.any_depends(values, scope) or (
            isinstance(call.func, ast.Attribute) and self.depends(call.func.value, scope)
        )

    def _returned(self, call: ast.Call, scope: Scope, function: FunctionType, source: Function) -> bool:
        """Whether what a function of the test's own returns, or asserts, depends on numbers read back."""
        inner = Scope(
            source,
            {},
            function.__globals__,
            lambda name: self.any_depends(arguments_for(name, call, source), scope),
            scope.depth + 1,
            scope if source.node in ast.walk(scope.function.node) else None,
        )
        if isinstance(source.node, ast.Lambda):
            return self.depends(source.node.body, inner)
        for node in source.own_nodes():
            if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
                if self.any_depends([node.value, *source.guards(node)], inner):
                    return True
            elif isinstance(node, ast.Assert) and self.depends(node.test, inner):
                return True
        return False


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
    """The Python function that an expression names; None where that can't be told."""
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


def _in_library(function: FunctionType) -> bool:
    return function.__code__.co_filename.startswith(_LIBRARIES)
