"""Whether a failed assertion is about numbers that were read back from a board."""

from __future__ import annotations

import ast
import logging
import sys
from collections import ChainMap
from dataclasses import dataclass
from itertools import dropwhile, islice
from types import FrameType, TracebackType
from typing import Any

from farm.worker.assertions.dependence import Dependence
from farm.worker.assertions.form import is_false, is_true
from farm.worker.assertions.library_comparisons import is_comparison, same_form
from farm.worker.assertions.live_values import IsDeviceData, LiveValues
from farm.worker.assertions.resolution import Scope, arguments_for, in_library
from farm.worker.assertions.syntax import Function, called_name, function_of

_LOG = logging.getLogger(__name__)
_FARM = __name__.partition(".")[0]
_TTNN = "ttnn"
_UNITTEST = "unittest"
_ON_IDENTITY = frozenset(
    {"assertIs", "assertIsInstance", "assertIsNone", "assertIsNot", "assertIsNotNone", "assertNotIsInstance"}
)
"""Methods of unittest that look at no numbers."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A frame of a traceback, and what it had reached: a line and, from Python 3.11 on, a column in bytes."""

    frame: FrameType
    position: tuple[int, int | None]


def is_about_numbers(error: AssertionError, is_device_data: IsDeviceData) -> bool:
    """Whether an assertion failed for numbers that were read back from a board.

    It did if what is asserted depends on such numbers: it is followed back through the variables, calls and conditions
    of the functions in the traceback. A tensor's form (shape, dtype, layout, ...) doesn't depend on its numbers.

    Args:
        error: the exception, with its traceback.
        is_device_data: whether a live value is a tensor of ttnn.
    """
    places = _places(error.__traceback__)
    try:
        return _Trace(list(dropwhile(_is_farms, places)), is_device_data, (error,)).fails_for_numbers(error)
    except Exception:  # noqa: BLE001 - if in doubt, the failure stands
        _LOG.exception("farm can't tell what an assertion is about")
        return False


def _is_farms(place: _Place) -> bool:
    """Whether a frame is one of farm, which calls the module."""
    return _package(place) == _FARM


def _package(place: _Place) -> str:
    return str(place.frame.f_globals.get("__name__")).partition(".")[0]


class _Trace:
    """The frames of a traceback, from the module's `run()` to where the assertion failed."""

    def __init__(self, places: list[_Place], is_device_data: IsDeviceData, errors: tuple[BaseException, ...]) -> None:
        self._places = places
        self._is_device_data = is_device_data
        self._dependence = Dependence(LiveValues(is_device_data, self._caught_for_numbers))
        self._errors = errors
        self._scopes: dict[int, Scope | None] = {}

    def fails_for_numbers(self, error: AssertionError) -> bool:
        """Whether the last statement of the traceback failed for numbers read back."""
        scopes = [self._scope(number) for number in range(len(self._places))]
        self._dependence.callers = [scope for scope in scopes if scope is not None]
        if self._last_depends(error):
            return True
        self._remember()
        return bool(self._dependence.live.read_back) and self._last_depends(error)

    def _remember(self) -> None:
        """Also recognize numbers read back by their objects: a caller may have stored them where no name leads back."""
        for number, place in enumerate(self._places):
            if in_library(place.frame.f_code):
                continue
            scope, statement = self._scope(number), self._statement(number)
            while isinstance(statement, (ast.With, ast.AsyncWith)):
                statement = statement.body[-1]  # what failed may be its end
            if scope is not None and statement is not None:
                self._dependence.remember(scope, statement)

    def _last_depends(self, error: AssertionError) -> bool:
        places = self._places
        library = next((number for number, place in enumerate(places) if is_comparison(place.frame)), None)
        if library is not None:
            return same_form(places[library].frame) and self._call_depends(library - 1)
        tested = next((number for number, place in enumerate(places) if _package(place) == _UNITTEST), None)
        if tested and (answer := self._method_fails_for_numbers(tested)) is not None:
            return answer
        if _package(places[-1]) == _TTNN:
            return False  # ttnn checks arguments, and compares no numbers
        last = len(places) - 1
        scope, statement = self._scope(last), self._statement(last)
        if scope is None or statement is None:
            return False
        if isinstance(statement, ast.Assert) and not isinstance(statement.test, ast.Constant):
            return self._fails_for_numbers(statement.test, scope)
        if isinstance(statement, ast.Raise) and scope.function.in_handler(statement):
            return self._caught_for_numbers(error.__context__)
        if isinstance(statement, (ast.Assert, ast.Raise)):
            return self._reached_for_numbers(last)
        return self._call_depends(last)

    def _method_fails_for_numbers(self, number: int) -> bool | None:
        """Whether a method of unittest failed for numbers; None where it asserts nothing itself."""
        called = self._places[number].frame.f_code.co_name
        scope, statement = self._scope(number - 1), self._statement(number - 1)
        if called == "fail":
            return self._reached_for_numbers(number - 1)
        if not called.startswith("assert") or scope is None or statement is None:
            return None
        calls = [call for call in _calls(statement) if called_name(call) == called]
        if called in _ON_IDENTITY:
            return False
        return any(self._fails_for_numbers(value, scope) for call in calls or _calls(statement) for value in call.args)

    def _fails_for_numbers(self, condition: ast.expr, scope: Scope) -> bool:
        """Whether a condition that doesn't hold depends on numbers read back, and the rest of it holds."""
        if not self._dependence.decides(condition, scope):
            return False
        variables = ChainMap(dict(scope.variables), dict(scope.globals))
        parts = all_parts(condition, scope.function)
        return not any(not self._dependence.decides(part, scope) and is_false(part, variables) for part in parts)

    def _caught_for_numbers(self, caught: BaseException | None) -> bool:
        """Whether an exception that the functions in the traceback caught failed for numbers."""
        if not isinstance(caught, AssertionError):
            return False
        if any(caught is each for each in self._errors):
            return False
        places = _places(caught.__traceback__)
        frames = [place.frame for place in self._places]
        first = next((frames.index(place.frame) for place in places[:1] if place.frame in frames), len(frames))
        trace = _Trace([*self._places[:first], *places], self._is_device_data, (*self._errors, caught))
        return trace.fails_for_numbers(caught)

    def _reached_for_numbers(self, number: int) -> bool:
        """Whether numbers read back decided that a frame came to its statement; where nothing did, its caller's."""
        scope, statement = self._scope(number), self._statement(number)
        if scope is None or statement is None:
            return False
        if guards := scope.function.guards(statement):
            variables = ChainMap(dict(scope.variables), dict(scope.globals))
            return any(
                self._dependence.decides(guard, scope)
                and not any(
                    not self._dependence.decides(part, scope) and is_true(part, variables)
                    for part in _alternatives(guard)
                )
                for guard in guards
            )
        return number > 0 and self._reached_for_numbers(number - 1)

    def _call_depends(self, number: int) -> bool:
        """Whether a frame's statement depends on numbers read back."""
        scope, statement = self._scope(number), self._statement(number)
        if number < 0 or scope is None or statement is None:
            return False
        return any(
            self._dependence.decides(value, scope)
            for call in _calls(statement)
            for value in (*call.args, *(keyword.value for keyword in call.keywords), call.func)
        )

    def _statement(self, number: int) -> ast.stmt | None:
        scope = self._scope(number)
        return None if scope is None else scope.function.statement_at(*self._places[number].position)

    def _scope(self, number: int) -> Scope | None:
        if number < 0:
            return None
        if number not in self._scopes:
            frame = self._places[number].frame
            function = function_of(frame.f_code)
            self._scopes[number] = None
            if function is not None:
                self._scopes[number] = Scope(
                    function,
                    frame.f_locals,
                    frame.f_globals,
                    lambda name: self._argument(number, name),
                    outer=self._outer(number, function.node),
                )
        return self._scopes[number]

    def _outer(self, number: int, node: ast.AST) -> Scope | None:
        """The scope of the function that another one is defined in, where it is in the traceback."""
        for caller in reversed(range(number)):
            scope = self._scope(caller)
            if scope is not None and scope.function.holds(node):
                return scope
        return None

    def _argument(self, number: int, name: str) -> bool:
        """Whether a parameter of a frame depends on numbers read back, in its caller."""
        scope, caller = self._scope(number), self._scope(number - 1)
        statement = self._statement(number - 1) if number > 0 else None
        if scope is None or caller is None or statement is None:
            return False
        calls = _calls(statement)
        called = self._places[number].frame.f_code.co_name
        named = [call for call in calls if called_name(call) == called]
        return any(
            self._dependence.any_depends(arguments_for(name, call, scope.function), caller) for call in named or calls
        )


def _places(traceback: TracebackType | None) -> list[_Place]:
    places = []
    while traceback is not None:
        places.append(_Place(traceback.tb_frame, _position(traceback)))
        traceback = traceback.tb_next
    return places


def _position(traceback: TracebackType) -> tuple[int, int | None]:
    if sys.version_info < (3, 11):
        return traceback.tb_lineno, None
    positions = traceback.tb_frame.f_code.co_positions()
    line, _, column, _ = next(islice(positions, traceback.tb_lasti // 2, None), (None, None, None, None))
    return (traceback.tb_lineno, None) if line is None else (line, column)


def all_parts(condition: ast.AST, function: Function, names: tuple[str, ...] = ()) -> list[ast.expr]:
    """The conditions that all have to hold for one to hold, itself among them."""
    match condition:
        case ast.BoolOp(op=ast.And(), values=values):
            return [part for value in values for part in all_parts(value, function, names)]
        case ast.Call(func=ast.Name(id="all"), args=[ast.List(elts=values) | ast.Tuple(elts=values)]):
            return [part for value in values for part in all_parts(value, function, names)]
        case ast.Call(func=ast.Name(id="bool"), args=[value]):
            return all_parts(value, function, names)
        case ast.Name(id=name) if name not in names:
            definitions = function.definitions(name, condition)
            if sum(each.replaces for each in definitions) <= 1 and all(
                each.replaces or _narrows(each.statement) for each in definitions
            ):
                parts = [
                    part
                    for each in definitions
                    for source in each.sources
                    if not function.guards(each.statement)
                    for part in all_parts(source, function, (*names, name))
                ]
                return [condition, *parts]
    return [condition] if isinstance(condition, ast.expr) else []


def _narrows(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.BitAnd)


def _alternatives(condition: ast.AST) -> list[ast.expr]:
    return condition.values if isinstance(condition, ast.BoolOp) and isinstance(condition.op, ast.Or) else []


def _calls(statement: ast.stmt) -> list[ast.Call]:
    """The calls in a statement; in one with a block, those of its head."""
    blocks: list[Any] = [
        each
        for name, value in ast.iter_fields(statement)
        if name in ("body", "orelse", "finalbody", "handlers")
        for each in value
    ]
    heads = [child for child in ast.iter_child_nodes(statement) if child not in blocks]
    return [node for head in heads for node in ast.walk(head) if isinstance(node, ast.Call)]
