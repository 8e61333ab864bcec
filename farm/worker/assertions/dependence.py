"""Whether the value of an expression depends on numbers that were read back from a board."""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import Callable, Iterable
from typing import TypeAlias

from farm.worker.assertions.form import is_false, is_true
from farm.worker.assertions.handlers import caught_for_numbers
from farm.worker.assertions.live_values import LiveValues
from farm.worker.assertions.names import BUILTINS, BUILTINS_OF_FORM, FORM, READ_BACKS, READ_BACKS_OF_TENSORS, SELECTIONS
from farm.worker.assertions.resolution import (
    Scope,
    arguments_for,
    in_library,
    is_of_ttnn,
    live_attribute,
    live_element,
    own_methods,
    resolved,
    source_of,
    values_of,
)
from farm.worker.assertions.syntax import Definition, Function, called_name, element_of, literal_element, path_of

_MAX_DEPTH = 12
"""How many nested calls are followed."""

_Depends: TypeAlias = Callable[[ast.AST, Scope], bool]
"""`Dependence.depends`, `form_depends` or `choice_depends`."""


class Dependence:
    """Follows values back to where they come from.

    Attributes:
        live: recognizes live values that depend on numbers read back.
        callers: the functions in the traceback.

    Results are cached, for the sources of values and for the results of functions. While an expression is being
    examined, it counts as independent, because values in a loop may depend on each other.
    """

    def __init__(self, live: LiveValues) -> None:
        self.live = live
        self.callers: list[Scope] = []
        self._sources: dict[tuple[Scope, ast.AST, _Depends], bool] = {}
        self._calls: dict[tuple[object, ...], bool] = {}
        self._elements: dict[tuple[ast.expr, object], ast.expr] = {}

    def decides(self, node: ast.AST, scope: Scope) -> bool:
        """Whether an expression's value depends on numbers read back, from scratch."""
        self._sources.clear()
        self._calls.clear()
        return self.depends(node, scope)

    def remember(self, scope: Scope, place: ast.AST) -> None:
        """Record a function's live values that depend on numbers read back, to recognize them under other names."""
        for name, value in scope.variables.items():
            if self._name(name, place, scope):
                self.live.remember(value)
        for name in scope.function.attributes():
            value = live_attribute(ast.parse(name, mode="eval").body, scope)
            if self._stored(name, place, scope):
                self.live.remember(value)

    def depends(self, node: ast.AST, scope: Scope) -> bool:
        """Whether an expression's value depends on numbers read back; for a handler, whether it caught one that did."""
        match node:
            case ast.Name():
                return self._name(node.id, node, scope)
            case ast.Attribute(attr=name) if name in FORM:
                return self.form_depends(node.value, scope)
            case ast.Attribute():
                return self._attribute(node, scope)
            case ast.Subscript(slice=ast.Constant(value=key)):
                return self._element(node.value, key, scope)
            case ast.Call():
                return self._call(node, scope)
            case ast.Compare(ops=ops, comparators=others) if all(isinstance(op, (ast.Is, ast.IsNot)) for op in ops):
                flags = all(isinstance(each, ast.Constant) and isinstance(each.value, bool) for each in others)
                return self.depends(node.left, scope) if flags else self.choice_depends(node.left, scope)
            case ast.comprehension():
                return self.form_depends(node, scope)
            case ast.ExceptHandler():
                return caught_for_numbers(node, scope, self)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return False
        return self.any_depends(ast.iter_child_nodes(node), scope)

    def form_depends(self, node: ast.AST, scope: Scope) -> bool:
        """Whether the form of an expression's value depends on them: it may hold only the wrong elements."""
        match node:
            case ast.Name():
                if (failed := self.live.are_failed_comparisons(scope.variables.get(node.id))) is not None:
                    return failed
                return self._stored(node.id, node, scope, self.form_depends)
            case ast.Subscript():
                return self.depends(node.slice, scope) or self.form_depends(node.value, scope)
            case ast.comprehension():
                return self.any_depends(node.ifs, scope) or self.form_depends(node.iter, scope)
            case ast.Call():
                name = called_name(node)
                if name in SELECTIONS:
                    return self.any_depends(ast.iter_child_nodes(node), scope)
        return self.any_form_depends(ast.iter_child_nodes(node), scope)

    def choice_depends(self, node: ast.AST, scope: Scope) -> bool:
        """Whether numbers read back decide which of several values an expression has, such as None or a message."""
        match node:
            case ast.Name():
                return self._stored(node.id, node, scope, self.choice_depends)
            case ast.IfExp():
                return self.depends(node.test, scope)
            case ast.BoolOp():
                return self.any_depends(node.values[:-1], scope)
            case ast.Call():
                inner = self.called(node, scope)
                return inner is not None and any(
                    self.any_depends(inner.function.guards(each), inner) for each in inner.function.returns()
                )
        return False

    def any_depends(self, nodes: Iterable[ast.AST], scope: Scope) -> bool:
        """Whether one of several expressions depends on numbers read back."""
        return any(self.depends(node, scope) for node in nodes)

    def any_form_depends(self, nodes: Iterable[ast.AST], scope: Scope) -> bool:
        """Whether the form of one of several expressions does."""
        return any(self.form_depends(node, scope) for node in nodes)

    def is_harmless(self, name: str) -> bool:
        """Whether a function or method of this name tells of tensors, and asserts nothing."""
        return name in READ_BACKS or name in FORM or name in BUILTINS or name in BUILTINS_OF_FORM

    def called(self, call: ast.Call, scope: Scope) -> Scope | None:
        """The function of the test's own that a call calls, with what is known of its arguments; None for others."""
        function = resolved(call.func, scope)
        source = None
        if function is not None and scope.depth < _MAX_DEPTH and not in_library(function.__code__):
            source = source_of(function)
        if function is None or source is None:
            return None
        names, rest, keywords = source.parameters
        by_name = {name: arguments_for(name, call, source) for name in (*names, rest, keywords) if name}
        dependent = frozenset(name for name, values in by_name.items() if self.any_depends(values, scope))
        outer = scope if scope.function.holds(source.node) else None
        return Scope(
            source,
            {},
            function.__globals__,
            dependent.__contains__,
            scope.depth + 1,
            outer,
            values_of(by_name, scope),
            (function.__code__, dependent, outer),
        )

    def _attribute(self, node: ast.Attribute, scope: Scope) -> bool:
        if self.live.is_tensor(node.value, scope):
            return False
        if self.live.read_back and self.live.carries(live_attribute(node, scope)):
            return True
        stored = self.depends(node.value, scope) or self._stored(path_of(node), node, scope)
        return stored or self._stored_by_methods(node, scope)

    def _stored_by_methods(self, node: ast.Attribute, scope: Scope) -> bool:
        """Whether a method of a live object puts what depends on numbers into an attribute of it."""
        if scope.depth or not isinstance(node.value, ast.Name):
            return False
        for function, source in own_methods(scope.variables.get(node.value.id)):
            definitions = source.definitions_of_attribute(node.attr)
            if not definitions or source.node is scope.function.node:
                continue
            within = Scope(source, {}, function.__globals__, self._passed_to_method(source), scope.depth + 1)
            for each in definitions:
                parts = (*each.sources, *source.guards(each.statement))
                if any(self._once(part, within, self.depends) for part in parts):
                    return True
        return False

    def _passed_to_method(self, method: Function) -> Callable[[str], bool]:
        """Whether a parameter of a method gets what depends on numbers, from the functions in the traceback."""
        return lambda name: any(
            self._once(value, caller, self.depends)
            for caller in self.callers
            for call in caller.function.own_nodes()
            if isinstance(call, ast.Call) and called_name(call) == method.name
            for value in arguments_for(name, call, method)
        )

    def _name(self, name: str, use: ast.AST, scope: Scope) -> bool:
        if (failed := self.live.are_failed_comparisons(scope.variables.get(name))) is not None:
            return failed
        if self.live.carries(scope.variables.get(name, scope.globals.get(name) if self.live.read_back else None)):
            return True
        if self._argument_depends(name, use, scope):
            return True
        own = scope.function.is_parameter(name) or scope.function.definitions(name, use)
        if not own and scope.outer is not None:
            return self._name(name, scope.function.node, scope.outer)
        return self._stored(name, use, scope)

    def _argument_depends(self, name: str, use: ast.AST, scope: Scope) -> bool:
        """Whether a parameter still has the caller's argument, and that depends on numbers read back."""
        if not scope.function.is_parameter(name):
            return False
        definitions = scope.function.definitions(name, use)
        replaced = any(each.replaces and not scope.function.guards(each.statement) for each in definitions)
        return not replaced and scope.argument(name)

    def _stored(
        self, name: str, use: ast.AST, scope: Scope, depends: _Depends | None = None, key: object = None
    ) -> bool:
        """Whether what was assigned to a name, or put into it, depends on numbers read back.

        Args:
            name: dotted for attributes.
            use: where the name is used.
            scope: the function.
            depends: the kind of dependence; None for `depends`.
            key: of the only element that matters.
        """
        depends = depends or self.depends
        around = scope.function.guards(use)
        for each in scope.function.definitions(name, use):
            if key is not None and each.key not in (None, key):
                continue
            guards = [guard for guard in scope.function.guards(each.statement) if guard not in around]
            sources = self._parts(each, key)
            if any(self._once(source, scope, depends) for source in sources) or any(
                self._once(guard, scope, self.depends) for guard in guards
            ):
                return True
        return self._stored_inside(name, scope, depends)

    def _stored_inside(self, name: str, scope: Scope, depends: _Depends) -> bool:
        """Whether a function that is defined in another one puts what depends on numbers into a name of the outer."""
        for inner in scope.function.inner_functions():
            definitions = inner.changes_outside(name)
            if not definitions:
                continue
            within = Scope(inner, {}, scope.globals, self._passed_to(inner, scope), scope.depth + 1, scope)
            for each in definitions:
                guards = inner.guards(each.statement)
                if any(self._once(source, within, depends) for source in each.sources) or self.any_depends(
                    guards, within
                ):
                    return True
        return False

    def _passed_to(self, inner: Function, scope: Scope) -> Callable[[str], bool]:
        """Whether a parameter of a function gets what depends on numbers, from the function that it is defined in."""

        def argument(name: str) -> bool:
            calls = [node for node in scope.function.own_nodes() if isinstance(node, ast.Call)]
            for call in calls:
                if path_of(call.func) == inner.name:
                    values: Iterable[ast.AST] = arguments_for(name, call, inner)
                elif any(path_of(each) == inner.name for each in ast.iter_child_nodes(call) if each is not call.func):
                    values = (each for each in call.args if path_of(each) != inner.name)
                else:
                    continue
                if any(self._once(value, scope, self.depends) for value in values):
                    return True
            return False

        return argument

    def _parts(self, definition: Definition, key: object) -> tuple[ast.expr, ...]:
        """What a value, or one element of it, is made of in a place."""
        if key is None or definition.key is not None or not definition.replaces:
            return definition.sources
        return tuple(self._element_of(source, key) for source in definition.sources)

    def _element_of(self, value: ast.expr, key: object) -> ast.expr:
        if isinstance(value, ast.Subscript):
            return value
        return self._elements.setdefault((value, key), element_of(value, key))

    def _element(self, base: ast.expr, key: object, scope: Scope) -> bool:
        """Whether an element of a value depends on numbers read back."""
        match base:
            case ast.BoolOp(values=parts):
                return any(self._element(part, key, scope) for part in parts)
            case ast.Tuple() | ast.List() | ast.Dict() if (part := literal_element(base, key)) is not None:
                return self.depends(part, scope)
            case ast.Call(func=ast.Name(id="dict" | "list" | "tuple"), args=[copied], keywords=[]):
                return self._element(copied, key, scope)
            case ast.Call():
                if (inner := self._reached(base, scope)) is not None:
                    return self._returned(inner, key)
            case ast.Name(id=name) if scope.function.definitions(name, base) or scope.function.is_parameter(name):
                value = scope.variables.get(name)
                if self.live.carries(value if isinstance(value, list) else live_element(value, key)):
                    return True
                return self._argument_depends(name, base, scope) or self._stored(name, base, scope, key=key)
        return self.depends(base, scope)

    def _once(self, node: ast.AST, scope: Scope, depends: _Depends) -> bool:
        place = (scope, node, depends)
        if place not in self._sources:
            self._sources[place] = False
            self._sources[place] = depends(node, scope)
        return self._sources[place]

    def _call(self, call: ast.Call, scope: Scope) -> bool:
        name = called_name(call)
        if name in READ_BACKS:
            return True
        if name in FORM or (isinstance(call.func, ast.Name) and name in BUILTINS_OF_FORM):
            return self.form_depends(call, scope)
        if isinstance(call.func, ast.Attribute) and self.live.is_tensor(call.func.value, scope):
            return name in READ_BACKS_OF_TENSORS
        if (inner := self.called(call, scope)) is not None:
            return self._returned(inner)
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        if not isinstance(call.func, ast.Attribute):
            return self.any_depends(values, scope)
        if is_of_ttnn(call.func, scope):
            values = [value for value in values if not self.live.is_tensor(value, scope)]
        return self.any_depends(values, scope) or self.depends(call.func.value, scope)

    def _reached(self, call: ast.Call, scope: Scope) -> Scope | None:
        name = called_name(call)
        return None if name in READ_BACKS or name in FORM else self.called(call, scope)

    def _returned(self, inner: Scope, key: object = None) -> bool:
        """Whether what a function of the test's own returns, or one element of it, depends on numbers read back."""
        place = (*inner.call, key)
        if place not in self._calls:
            self._calls[place] = False
            self._calls[place] = self._returns(inner, key)
        return self._calls[place]

    def _returns(self, scope: Scope, key: object) -> bool:
        function = scope.function
        if isinstance(function.node, ast.Lambda):
            return self.depends(function.node.body, scope)
        values = [(node, node.value) for node in function.returns() if node.value is not None]
        for node, value in values:
            is_taken = self._is_taken(node, scope)
            if is_taken is None:
                break
            if is_taken:
                return self.depends(value, scope)
        return any(
            self.any_depends([value if key is None else self._element_of(value, key), *function.guards(node)], scope)
            for node, value in values
        )

    def _is_taken(self, node: ast.AST, scope: Scope) -> bool | None:
        """Whether a `return` under a condition on the form of arguments was reached; None if it can't be determined."""
        parent = scope.function.parents.get(node)
        if (
            not isinstance(parent, ast.If)
            or node not in parent.body
            or scope.function.parents[parent] is not (scope.function.node)
        ):
            return None
        names = [each.id for each in ast.walk(parent.test) if isinstance(each, ast.Name)]
        changed = any(scope.function.definitions(name, parent) for name in names)
        if changed or self.depends(parent.test, scope):
            return None
        variables = ChainMap(dict(scope.arguments), dict(scope.globals))
        return True if is_true(parent.test, variables) else False if is_false(parent.test, variables) else None
