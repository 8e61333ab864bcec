"""Evaluate an expression about the form of tensors, such as `y.shape == (1, 32)`, in a frame that has ended."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from farm.worker.assertions.names import FORM

Variables = Mapping[str, Any]
"""Live values, by the names of variables."""

_CALLED: Mapping[str, Callable[..., Any]] = {
    "int": int,
    "isinstance": isinstance,
    "len": len,
    "list": list,
    "str": str,
    "tuple": tuple,
    "type": type,
}
_COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda value, values: value in values,
    ast.NotIn: lambda value, values: value not in values,
}


class Unknown(Exception):  # noqa: N818 - it names the finding
    """The expression is of a kind that isn't evaluated."""


def is_false(node: ast.expr, variables: Variables) -> bool:
    """Whether a condition is known not to hold. Calls that may have an effect are not made again."""
    try:
        return not value_of(node, variables)
    except Exception:  # noqa: BLE001 - whatever the values raise, nothing is known
        return False


def is_true(node: ast.expr, variables: Variables) -> bool:
    """Whether a condition is known to hold."""
    try:
        return bool(value_of(node, variables))
    except Exception:  # noqa: BLE001 - whatever the values raise, nothing is known
        return False


def value_of(node: ast.expr, variables: Variables) -> Any:
    """The value of an expression.

    Raises:
        Unknown: the expression holds something else than names, constants and the form of tensors.
        Exception: what the values raise.
    """
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            for names in (variables, _CALLED):
                if node.id in names:
                    return names[node.id]
        case ast.Attribute(attr=name) if name in FORM:
            return getattr(value_of(node.value, variables), name)
        case ast.Tuple() | ast.List():
            values = [value_of(each, variables) for each in node.elts]
            return tuple(values) if isinstance(node, ast.Tuple) else values
        case ast.Subscript():
            return value_of(node.value, variables)[value_of(node.slice, variables)]
        case ast.UnaryOp(op=ast.Not()):
            return not value_of(node.operand, variables)
        case ast.UnaryOp(op=ast.USub()):
            return -value_of(node.operand, variables)
        case ast.Compare(ops=[op], comparators=[right]):
            return _COMPARED[type(op)](value_of(node.left, variables), value_of(right, variables))
        case ast.Call(keywords=[]):
            return _called(node, variables)
    raise Unknown(ast.dump(node))


def _called(call: ast.Call, variables: Variables) -> Any:
    match call.func:
        case ast.Name(id=name) if name in _CALLED:
            return _CALLED[name](*(value_of(each, variables) for each in call.args))
        case ast.Attribute(attr=name) if name in FORM and not call.args:
            return value_of(call.func, variables)()
    raise Unknown(ast.dump(call))
