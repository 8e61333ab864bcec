"""Handlers of exceptions: whether what they caught was a failed comparison of numbers read back.

The exception itself is gone where a handler has noted no more than that there was one. A handler of `AssertionError`
caught what its block asserts. One of every exception may have caught the failure of an operation, too: it counts only
where the block calls no operation that can still have failed.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from typing import Protocol

from farm.worker.assertions.library_comparisons import COMPARING_PACKAGES
from farm.worker.assertions.resolution import Scope, in_library, is_of_ttnn, live_value, resolved, source_of
from farm.worker.assertions.syntax import Function, called_name, nodes_of, path_of

_MAX_DEPTH = 6
"""How many nested calls are followed."""
_ANY = frozenset({"Exception", "BaseException"})


class DependenceQueries(Protocol):
    """Questions about values and functions; see `farm.worker.assertions.dependence.Dependence`."""

    def any_depends(self, nodes: Iterable[ast.AST], scope: Scope) -> bool:
        """Whether one of several expressions depends on numbers read back."""

    def is_harmless(self, name: str) -> bool:
        """Whether a function or method of this name tells of tensors, and asserts nothing."""

    def called(self, call: ast.Call, scope: Scope) -> Scope | None:
        """The function of the test's own that a call calls; None where it isn't one."""


def caught_for_numbers(handler: ast.ExceptHandler, scope: Scope, dependence: DependenceQueries) -> bool:
    """Whether a handler caught a failed comparison of numbers read back."""
    block = scope.function.parents[handler]
    if not isinstance(block, ast.Try):
        return False
    names = _names(handler)
    if AssertionError.__name__ in names:
        return _asserts(block.body, scope, dependence)
    earlier = {name for each in block.handlers[: block.handlers.index(handler)] for name in _names(each)}
    if AssertionError.__name__ in earlier or not (names & _ANY or handler.type is None):
        return False
    return _asserts(block.body, scope, dependence) and not _may_fail_otherwise(block, scope, dependence)


def _names(handler: ast.ExceptHandler) -> set[str]:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {each.id for each in caught if isinstance(each, ast.Name)}


def _asserts(body: list[ast.stmt], scope: Scope, dependence: DependenceQueries, depth: int = 0) -> bool:
    """Whether statements assert anything about numbers read back, or call what does."""
    conditions = [node.test for statement in body for node in nodes_of(statement) if isinstance(node, ast.Assert)]
    within = {node for condition in conditions for node in ast.walk(condition)}
    if dependence.any_depends(conditions, scope):
        return True
    for statement in body:
        for node in nodes_of(statement):
            if isinstance(node, ast.Raise) and dependence.any_depends(scope.function.guards(node), scope):
                return True
            if isinstance(node, ast.Call) and node not in within and _call_asserts(node, scope, dependence, depth):
                return True
    return False


def _call_asserts(call: ast.Call, scope: Scope, dependence: DependenceQueries, depth: int) -> bool:
    name = called_name(call)
    if dependence.is_harmless(name):
        return False
    if (inner := dependence.called(call, scope)) is not None:
        return depth < _MAX_DEPTH and _asserts(_statements(inner.function), inner, dependence, depth + 1)
    function = live_value(call.func, scope)
    if isinstance(function, type) or is_of_ttnn(call.func, scope):
        return False
    module = str(getattr(function, "__module__", ""))
    unknown = function is None or module.startswith(COMPARING_PACKAGES) or name.startswith("assert")
    return unknown and dependence.any_depends(_arguments(call), scope)


def _may_fail_otherwise(block: ast.Try, scope: Scope, dependence: DependenceQueries) -> bool:
    """Whether an operation that a block calls may be what failed."""
    statements = [statement for statement in block.body if not _has_ended(statement, block, scope)]
    return _any_operates(statements, scope, dependence, 0)


def _any_operates(statements: list[ast.stmt], scope: Scope, dependence: DependenceQueries, depth: int) -> bool:
    return any(
        _operates(node, scope, dependence, depth)
        for statement in statements
        for node in nodes_of(statement)
        if isinstance(node, ast.Call)
    )


def _has_ended(statement: ast.stmt, block: ast.Try, scope: Scope) -> bool:
    """Whether a live frame shows that a statement of a block was done: a name that it alone defines has a value."""
    if any(isinstance(each, (ast.For, ast.AsyncFor, ast.While)) for each in scope.function.ancestors(block)):
        return False
    if not isinstance(statement, ast.Assign):
        return False
    names = [node.id for target in statement.targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return any(name in scope.variables and scope.function.only_definition(name) is statement for name in names)


def _operates(call: ast.Call, scope: Scope, dependence: DependenceQueries, depth: int) -> bool:
    """Whether a call may run an operation of ttnn, which may fail."""
    if dependence.is_harmless(called_name(call)):
        return False
    if is_of_ttnn(call.func, scope):
        return called_name(call) != "from_torch" or any(each.arg == "device" for each in call.keywords)
    for local in scope.function.inner_functions():
        if local.name == path_of(call.func):
            return depth >= _MAX_DEPTH or _any_operates(_statements(local), scope, dependence, depth + 1)
    function = resolved(call.func, scope)
    if function is None:
        return isinstance(call.func, ast.Name) and live_value(call.func, scope) is None and not _is_builtin(call.func)
    if in_library(function.__code__):
        return False
    source = source_of(function)
    if source is None or depth >= _MAX_DEPTH:
        return True
    inner = Scope(source, {}, function.__globals__, dict[str, bool]().__contains__, scope.depth + 1)
    return _any_operates(_statements(source), inner, dependence, depth + 1)


def _is_builtin(name: ast.Name) -> bool:
    return hasattr(builtins, name.id)


def _statements(function: Function) -> list[ast.stmt]:
    return [] if isinstance(function.node, ast.Lambda) else function.node.body


def _arguments(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args
    yield from (keyword.value for keyword in call.keywords)
