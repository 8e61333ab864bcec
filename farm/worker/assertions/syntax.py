"""The source of functions: the statement that a line is part of, what guards it, and where names get their values."""

from __future__ import annotations

import ast
import functools
import itertools
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
_COPYING = frozenset({"copyto", "place", "put", "putmask"})
"""Functions of numpy that put values into their first argument."""
_LEAVES_LOOPS = (ast.Continue, ast.Break)


@dataclass(frozen=True, slots=True)
class Definition:
    """A place where a name gets a value, or where its value changes.

    Attributes:
        statement: where.
        sources: the expressions that the value is made of.
        replaces: whether nothing of the earlier value is left.
        key: of the only element that changes.
    """

    statement: ast.stmt
    sources: tuple[ast.expr, ...]
    replaces: bool
    key: object = None


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
        self._leaves: dict[tuple[ast.stmt, tuple[type[ast.stmt], ...]], list[ast.AST]] = {}
        self._nodes: list[ast.AST] | None = None
        self._inner: list[Function] | None = None
        self._guards: dict[ast.AST, list[ast.AST]] = {}

    @property
    def parameters(self) -> tuple[list[str], str, str]:
        """The names of its parameters, of `*args` and of `**kwargs`; empty where it has none."""
        if isinstance(self.node, ast.Module):
            return [], "", ""
        arguments = self.node.args
        names = [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        return names, arguments.vararg.arg if arguments.vararg else "", arguments.kwarg.arg if arguments.kwarg else ""

    def statement_at(self, line: int, column: int | None) -> ast.stmt | None:
        """The innermost statement at a line and a byte of it; if that byte is not known, an assertion first."""
        innermost = None
        for node in self.own_nodes():  # a parent comes before its children
            if not isinstance(node, ast.stmt) or not node.lineno <= line <= (node.end_lineno or node.lineno):
                continue
            if column is None:
                innermost = innermost if isinstance(innermost, ast.Assert) else node
            elif _position(node) <= (line, column) < (node.end_lineno or line, node.end_col_offset or 0):
                innermost = node
        return innermost

    def own_nodes(self) -> list[ast.AST]:
        """Every node of its body, without the bodies of functions inside it."""
        if self._nodes is None:
            self._nodes = list(nodes_of(*_body(self.node)))
        return self._nodes

    def holds(self, node: ast.AST) -> bool:
        """Whether a node is this function, or part of it."""
        parent: ast.AST | None = node
        while parent is not None and parent is not self.node:
            parent = self.parents.get(parent)
        return parent is not None

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

    def guards(self, node: ast.AST) -> list[ast.AST]:
        """What decides whether a statement is reached.

        Conditions around it, conditions in front of it under which the block is left, and the handlers of exceptions
        that it is part of. Where an exception leaves the block, nothing that follows is at stake.
        """
        statement = self.statement_of(node)
        if statement not in self._guards:
            self._guards[statement] = []
            self._guards[statement] = list(dict.fromkeys(self._all_guards(statement)))
        return self._guards[statement]

    def _all_guards(self, inner: ast.AST) -> Iterator[ast.AST]:
        for outer in (*self.ancestors(inner), self.node):
            for before in _before(outer, inner):
                yield from self._leaving(before, (ast.Return, *_LEAVES_LOOPS))
            if isinstance(outer, _LOOPS) and inner in outer.orelse:
                for within in outer.body:
                    yield from self._leaving(within, (ast.Break,))
            yield from _condition(outer, inner)
            inner = outer

    def _leaving(self, statement: ast.stmt, leaves: tuple[type[ast.stmt], ...]) -> list[ast.AST]:
        """What decides whether a statement leaves the block that it is part of."""
        if (statement, leaves) not in self._leaves:
            self._leaves[statement, leaves] = list(self._all_leaving(statement, leaves))
        return self._leaves[statement, leaves]

    def _all_leaving(self, statement: ast.stmt, leaves: tuple[type[ast.stmt], ...]) -> Iterator[ast.AST]:
        for node in nodes_of(statement):
            if node is statement or not isinstance(node, leaves):
                continue
            within = [*itertools.takewhile(lambda each: each is not statement, self.ancestors(node)), statement]
            if isinstance(node, _LEAVES_LOOPS) and any(isinstance(each, _LOOPS) for each in within):
                continue
            for outer, inner in zip(within, [node, *within], strict=False):
                yield from _condition(outer, inner)

    def definitions(self, name: str, use: ast.AST) -> list[Definition]:
        """Where the value that a name has in a place may come from.

        Args:
            name: dotted for attributes.
            use: the place.
        """
        here = self.statement_of(use)
        around = list(self.ancestors(here))
        loops = [each for each in around if isinstance(each, _LOOPS)]
        reaching, last = [], (0, 0)
        for each in self._defined(name):
            before = _position(each.statement) < _position(here) or (each.statement is here and not each.replaces)
            if not before and not any(loop in loops for loop in self.ancestors(each.statement)):
                continue
            reaching.append(each)
            if before and each.replaces and self._always(each.statement, here, around):
                last = max(last, _position(each.statement))
        return [each for each in reaching if _position(each.statement) >= last]

    def only_definition(self, name: str) -> ast.stmt | None:
        """The only statement that gives a name its value; None where there are several, or none."""
        statements = {each.statement for each in self._defined(name)}
        return statements.pop() if len(statements) == 1 else None

    def attributes(self) -> list[str]:
        """The dotted names that it assigns to."""
        self._defined("")
        return [name for name in self._definitions or () if "." in name]

    def definitions_of_attribute(self, name: str) -> list[Definition]:
        """Where a method gives a value to an attribute of its object."""
        names = self.parameters[0]
        return self._defined(f"{names[0]}.{name}") if names else []

    @property
    def name(self) -> str:
        """Its name; empty for one that has none."""
        return self.node.name if isinstance(self.node, (ast.FunctionDef, ast.AsyncFunctionDef)) else ""

    def is_parameter(self, name: str) -> bool:
        """Whether a name is one of its parameters."""
        names, rest, keywords = self.parameters
        return name in (*names, rest, keywords)

    def returns(self) -> list[ast.Return | ast.Yield]:
        """Where it gives a value to its caller."""
        return [node for node in self.own_nodes() if isinstance(node, (ast.Return, ast.Yield))]

    def inner_functions(self) -> list[Function]:
        """The functions that are defined in it."""
        if self._inner is None:
            nodes = (node for node in self.own_nodes() if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
            self._inner = [Function(node, self.parents) for node in nodes]
        return self._inner

    def changes_outside(self, name: str) -> list[Definition]:
        """Where it changes a name of the function that it is defined in."""
        own = self.is_parameter(name)
        shared = any(isinstance(node, ast.Nonlocal) and name in node.names for node in self.own_nodes())
        definitions = self._defined(name)
        return [] if own or (not shared and any(each.replaces for each in definitions)) else definitions

    def _defined(self, name: str) -> list[Definition]:
        if self._definitions is None:
            self._definitions = defaultdict(list)
            for defined, definition in _all_definitions(self):
                self._definitions[defined].append(definition)
        return self._definitions.get(name, [])

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


def nodes_of(*roots: ast.AST) -> Iterator[ast.AST]:
    """Nodes and all that they are made of, in order, without the bodies of functions inside them."""
    stack = list(reversed(roots))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _FUNCTIONS):
            stack.extend(reversed(list(ast.iter_child_nodes(node))))


def element_of(value: ast.expr, key: object) -> ast.expr:
    """An expression for one element of a value."""
    constant = ast.Constant(value=key)  # type: ignore[arg-type]
    return ast.copy_location(ast.Subscript(value=value, slice=constant, ctx=ast.Load()), value)


def literal_element(literal: ast.Tuple | ast.List | ast.Dict, key: object) -> ast.expr | None:
    """The element of a literal that a key names; None if it can't be determined."""
    if isinstance(literal, ast.Dict):
        keys = [each.value if isinstance(each, ast.Constant) else None for each in literal.keys]
        return literal.values[keys.index(key)] if key in keys and None not in keys else None
    starred = any(isinstance(each, ast.Starred) for each in literal.elts)
    return literal.elts[key] if isinstance(key, int) and key < len(literal.elts) and not starred else None


def called_name(call: ast.Call) -> str:
    """The name of the function or method that a call calls; empty where it has none."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else path_of(call.func)


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


def _condition(outer: ast.AST, inner: ast.AST) -> list[ast.AST]:
    """What decides in a statement whether a part of it is reached."""
    if isinstance(outer, (ast.If, ast.While)) and inner is not outer.test:
        return [outer.test]
    if isinstance(outer, ast.Match):
        return [outer.subject]
    return [outer] if isinstance(outer, ast.ExceptHandler) else []


def _before(parent: ast.AST, child: ast.AST) -> list[ast.stmt]:
    """The statements in front of one in the same block."""
    for _name, value in ast.iter_fields(parent):
        if isinstance(value, list) and child in value:
            return [each for each in value[: value.index(child)] if isinstance(each, ast.stmt)]
    return []


def _all_definitions(function: Function) -> Iterator[tuple[str, Definition]]:
    for node in function.own_nodes():
        statement = function.statement_of(node)
        if not isinstance(statement, ast.stmt):
            continue  # in a lambda
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _targets(statement, target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _targets(statement, target, value)
            case ast.NamedExpr(target=target, value=value) | ast.AugAssign(target=target, value=value):
                yield path_of(target), Definition(statement, (value,), replaces=False)
            case (
                ast.For(target=target, iter=value)
                | ast.AsyncFor(target=target, iter=value)
                | ast.comprehension(target=target, iter=value)
            ):
                yield from _targets(statement, target, value, each=True)
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                yield from _targets(statement, target, value)
            case ast.Call():
                yield from _changes(statement, node)


def _changes(statement: ast.stmt, call: ast.Call) -> Iterator[tuple[str, Definition]]:
    """The names whose values a call changes."""
    for keyword in call.keywords:
        if keyword.arg == "out" and (changed := path_of(keyword.value)):
            yield changed, Definition(statement, tuple(call.args), replaces=False)
    if called_name(call) in _COPYING and call.args and (changed := path_of(call.args[0])):
        yield changed, Definition(statement, tuple(call.args[1:]), replaces=False)
    if isinstance(call.func, ast.Attribute) and call.func.attr in _FILLING and (changed := path_of(call.func.value)):
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
            if parts is None and (each or isinstance(element, ast.Starred)):
                yield from _targets(statement, element, value, each=each)
            elif parts is None:
                yield from _targets(statement, element, element_of(value, place))
            elif (part := parts[place]) is not None:
                yield from _targets(statement, element, part, each=each)
            else:
                yield path_of(element), Definition(statement, (), replaces=True)
    elif name := path_of(target):
        plain = isinstance(target, ast.Name) and not each
        key = (
            target.slice.value if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant) else None
        )
        yield name, Definition(statement, (value,), replaces=plain, key=key)


def _parts(value: ast.expr, count: int, *, each: bool) -> list[ast.expr | None] | None:
    """What each of several targets gets; None for one that gets a number of no tensor, or if it can't be determined."""
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
