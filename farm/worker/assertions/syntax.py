"""The source of functions: the statement that a line is part of, what guards it, and where names get their values."""

from __future__ import annotations

import ast
import functools
import linecache
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import TypeAlias

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_FILLING = frozenset({"add", "append", "appendleft", "copy_", "extend", "insert", "put", "setdefault", "update"})
"""Methods that put values into what they are called on."""
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


@dataclass(frozen=True, slots=True)
class Definition:
    """A place where a name gets a value, or where its value changes.

    Attributes:
        statement: where.
        sources: what the value is made of.
        replaces: whether nothing of the earlier value is left.
    """

    statement: ast.stmt
    sources: tuple[ast.expr, ...]
    replaces: bool


class Function:
    """The source of one function.

    Attributes:
        node: its syntax tree; a module's own code counts as a function.
        parents: the node that each node of its file is part of.
    """

    def __init__(self, node: FunctionNode, parents: Mapping[ast.AST, ast.AST]) -> None:
        self.node = node
        self.parents = parents
        self._definitions: dict[str, list[Definition]] | None = None

    @property
    def parameters(self) -> tuple[list[str], str, str]:
        """The names of its parameters, of `*args` and of `**kwargs`; empty where it has none."""
        if isinstance(self.node, ast.Module):
            return [], "", ""
        arguments = self.node.args
        names = [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        return names, arguments.vararg.arg if arguments.vararg else "", arguments.kwarg.arg if arguments.kwarg else ""

    def statement_at(self, line: int) -> ast.stmt | None:
        """The innermost statement that covers a line."""
        innermost = None
        for node in self.own_nodes():
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
                innermost = node  # a parent comes before its children
        return innermost

    def own_nodes(self) -> Iterator[ast.AST]:
        """Every node of its body, without the bodies of functions inside it."""
        stack: list[ast.AST] = list(reversed(_body(self.node)))
        while stack:
            node = stack.pop()
            yield node
            if not isinstance(node, _FUNCTIONS):
                stack.extend(reversed(list(ast.iter_child_nodes(node))))

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node is part of, from the inside out, up to this function."""
        while node is not self.node and (parent := self.parents.get(node)) is not None:
            if parent is self.node:
                return
            yield parent
            node = parent

    def statement_of(self, node: ast.AST) -> ast.AST:
        """The statement that a node is part of."""
        if isinstance(node, ast.stmt):
            return node
        return next((each for each in self.ancestors(node) if isinstance(each, ast.stmt)), node)

    def in_handler(self, node: ast.AST) -> bool:
        """Whether a node is part of the handler of an exception."""
        return any(isinstance(each, ast.ExceptHandler) for each in self.ancestors(node))

    def guards(self, node: ast.AST) -> list[ast.expr]:
        """The conditions that decide whether a statement is reached.

        They are those around it, those in front of it that leave the block otherwise, and, in a handler of
        AssertionError, what the block that it belongs to asserts and calls.
        """
        conditions: list[ast.expr] = []
        inner = self.statement_of(node)
        for outer in (*self.ancestors(inner), self.node):
            conditions += [
                before.test for before in _before(outer, inner) if isinstance(before, ast.If) and _leaves(before)
            ]
            if isinstance(outer, (ast.If, ast.While)) and inner is not outer.test:
                conditions.append(outer.test)
            elif isinstance(outer, ast.Match):
                conditions.append(outer.subject)
            elif isinstance(outer, ast.ExceptHandler) and _catches_assertions(outer):
                conditions += _asserted(self.parents[outer])
            inner = outer
        return conditions

    def definitions(self, name: str, use: ast.AST) -> list[Definition]:
        """Where the value that a name has in a place may come from.

        Args:
            name: dotted for attributes.
            use: the place.
        """
        if self._definitions is None:
            self._definitions = defaultdict(list)
            for defined, definition in _all_definitions(self):
                self._definitions[defined].append(definition)
        here = self.statement_of(use)
        around = list(self.ancestors(here))
        loops = [each for each in around if isinstance(each, _LOOPS)]
        reaching, last = [], (0, 0)
        for each in self._definitions.get(name, ()):
            before = _position(each.statement) < _position(here) or (each.statement is here and not each.replaces)
            if not before and not any(loop in loops for loop in self.ancestors(each.statement)):
                continue
            reaching.append(each)
            if before and each.replaces and self._always(each.statement, here, around):
                last = max(last, _position(each.statement))
        return [each for each in reaching if _position(each.statement) >= last]

    def _always(self, statement: ast.stmt, use: ast.AST, around: Sequence[ast.AST]) -> bool:
        """Whether a statement runs whenever a later one does."""
        parent = self.parents.get(statement)
        return any(statement in _before(parent, each) for each in (use, *around)) if parent is not None else False


def function_of(code: CodeType) -> Function | None:
    """The source of a function that has this code; None where it can't be read."""
    here = _file(code.co_filename).get(code.co_firstlineno, {})
    if len(here) == 1:
        return next(iter(here.values()))  # whatever it is called: a decorator may have named it for what it decorates
    return here.get(code.co_name)


@functools.lru_cache(maxsize=64)
def _file(name: str) -> dict[int, dict[str, Function]]:
    """The functions of a source file, by their first lines and names."""
    try:
        tree = ast.parse("".join(linecache.getlines(name)))
    except (SyntaxError, ValueError):
        return {}
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    functions: dict[int, dict[str, Function]] = defaultdict(dict)
    functions[1]["<module>"] = Function(tree, parents)
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            functions[node.lineno]["<lambda>"] = Function(node, parents)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            functions[first][node.name] = Function(node, parents)
    return functions


def path_of(node: ast.AST) -> str:
    """The dotted name of what an expression changes or reads, without subscripts; empty where it has none."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, (ast.Subscript, ast.Starred)):
        return path_of(node.value)
    if isinstance(node, ast.Attribute) and (base := path_of(node.value)):
        return f"{base}.{node.attr}"
    return ""


def _body(node: FunctionNode) -> Sequence[ast.AST]:
    return [node.body] if isinstance(node, ast.Lambda) else node.body


def _position(node: ast.AST) -> tuple[int, int]:
    return (node.lineno, node.col_offset) if isinstance(node, (ast.stmt, ast.expr)) else (0, 0)


def _before(parent: ast.AST, child: ast.AST) -> list[ast.stmt]:
    """The statements in front of one in the same block."""
    for _name, value in ast.iter_fields(parent):
        if isinstance(value, list) and child in value:
            return [each for each in value[: value.index(child)] if isinstance(each, ast.stmt)]
    return []


def _leaves(statement: ast.If) -> bool:
    """Whether what follows is reached only where a condition is one way."""
    blocks = (statement.body, statement.orelse)
    return any(block and isinstance(block[-1], _LEAVES) for block in blocks)


def _catches_assertions(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(each, ast.Name) and each.id == AssertionError.__name__ for each in caught)


def _asserted(block: ast.AST) -> list[ast.expr]:
    """What the body of a `try` asserts and calls."""
    nodes = [node for statement in block.body for node in ast.walk(statement)] if isinstance(block, ast.Try) else []
    return [
        node.test if isinstance(node, ast.Assert) else node
        for node in nodes
        if isinstance(node, (ast.Assert, ast.Call))
    ]


def _all_definitions(function: Function) -> Iterator[tuple[str, Definition]]:
    for node in function.own_nodes():
        statement = function.statement_of(node)
        if not isinstance(statement, ast.stmt):
            continue  # in a lambda
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _targets(statement, target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from _targets(statement, node.target, node.value)
        elif isinstance(node, ast.NamedExpr):
            yield node.target.id, Definition(statement, (node.value,), replaces=False)
        elif isinstance(node, ast.AugAssign):
            yield path_of(node.target), Definition(statement, (node.value,), replaces=False)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            yield from _targets(statement, node.target, node.iter, each=True)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            yield from _targets(statement, node.optional_vars, node.context_expr)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            call = node.value
            if (
                isinstance(call.func, ast.Attribute)
                and call.func.attr in _FILLING
                and (changed := path_of(call.func.value))
            ):
                arguments = (*call.args, *(keyword.value for keyword in call.keywords))
                yield changed, Definition(statement, arguments, replaces=False)


def _targets(
    statement: ast.stmt, target: ast.expr, value: ast.expr, *, each: bool = False
) -> Iterator[tuple[str, Definition]]:
    """The names that an assignment defines.

    Args:
        statement: the assignment.
        target: what is assigned to.
        value: what is assigned.
        each: whether the elements of the value are assigned, one after the other.
    """
    if isinstance(target, (ast.Tuple, ast.List)):
        parts = _parts(value, len(target.elts), each=each)
        for place, element in enumerate(target.elts):
            if parts is None:
                yield from _targets(statement, element, value, each=each)
            elif (part := parts[place]) is not None:
                yield from _targets(statement, element, part, each=each)
            else:
                yield path_of(element), Definition(statement, (), replaces=True)
    elif name := path_of(target):
        plain = isinstance(target, ast.Name) and not each
        yield name, Definition(statement, (value,), replaces=plain)


def _parts(value: ast.expr, count: int, *, each: bool) -> list[ast.expr | None] | None:
    """What each of several targets gets; None for one that gets a number of no tensor, or where it can't be told."""
    if not each:
        if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == count:
            return list(value.elts)
        return None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        if value.func.id == "enumerate" and count == 2 and value.args:
            return [None, value.args[0]]
        if value.func.id == "zip" and len(value.args) == count:
            return list(value.args)
    return None
