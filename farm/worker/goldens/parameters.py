"""The arguments of a golden, from those of the operation's call. Pure: signatures and values in, arguments out.

A golden names or orders its parameters as it likes. Each of its parameters gets the operation's argument of that name;
otherwise the one at the same position, not counting parameters that say only where or how (`tables.HOW`), if neither
has a namesake on the other side. Further positional arguments go into the golden's `*args`, others into its `**kwargs`
by the operation's names.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any

from farm.worker.goldens.tables import ALIASES, FILLED, HOW, WRITTEN
from tracer.signatures import Overload, Parameter

_NAMED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_BY_PLACE = _NAMED[:2]
_MISSING = object()


class GoldenMisfit(Exception):  # noqa: N818 - it names the finding
    """A golden can't be called with an operation's arguments; the text names its parameter."""


@dataclass(frozen=True, slots=True)
class GoldenArguments:
    """The arguments of a golden.

    Attributes:
        positional, keywords: as they are passed.
        ignored: the operation's parameters that change what is computed, were given, and that this golden ignores.
    """

    positional: tuple[Any, ...]
    keywords: Mapping[str, Any]
    ignored: tuple[str, ...] = ()


@dataclass(slots=True)
class _Matching:
    """The operation's arguments, being matched to a golden's parameters.

    Attributes:
        operation: the operation's name.
        parameters: the operation's, in order.
        given: its arguments that are not matched yet, by name.
        taken: those that are, by the golden's parameter.
    """

    operation: str
    parameters: Sequence[Parameter]
    given: dict[str, Any]
    taken: dict[str, Any] = field(default_factory=dict)


def overload_of(names: Sequence[str], overloads: Sequence[Overload]) -> Overload | None:
    """Return the first overload that takes arguments of these names and no other required one; None without any."""
    for overload in overloads:
        required = {each.name for each in overload.parameters if not each.has_default and _has_name(each)}
        any_name = any(each.kind == "var_keyword" for each in overload.parameters)
        if required <= set(names) and (any_name or set(names) <= overload.by_name.keys()):
            return overload
    return next((each for each in overloads if set(names) <= each.by_name.keys()), None)


def golden_arguments(
    operation: str,
    golden: Callable[..., Any],
    overload: Overload | None,
    positional: Sequence[Any],
    keywords: Mapping[str, Any],
) -> GoldenArguments:
    """Make the arguments that a golden takes.

    Args:
        operation: the operation's name.
        golden: its golden function.
        overload: the operation's parameters; None where they are unknown.
        positional: the operation's arguments by place.
        keywords: those by name.

    Raises:
        GoldenMisfit: a parameter that the golden requires gets no argument.
    """
    signature = inspect.signature(golden)
    parameters = () if overload is None else tuple(each for each in overload.parameters if _has_name(each))
    given = {name: keywords[name] for name in _in_order(keywords, parameters) if keywords[name] is not None}
    matching = _Matching(operation, parameters, given)
    named = [each for each in signature.parameters.values() if each.kind in _NAMED]
    by_place = [each for each in named if each.kind in _BY_PLACE]
    for parameter in named:
        if parameter.name in given:
            matching.taken[parameter.name] = given.pop(parameter.name)
    for parameter, value in zip(by_place, positional, strict=False):
        matching.taken[parameter.name] = value
    _match_by_position(matching, named)
    _fill(matching, named)
    free = any(each.kind is each.VAR_KEYWORD for each in signature.parameters.values())
    known = _names_in(golden)
    # a golden of `*args` alone wraps another one, whose parameters have names too
    sought = known if free and by_place else frozenset()
    leading = _leading(matching, by_place, signature, positional[len(by_place) :], sought)
    ignored = tuple(
        name
        for name, value in given.items()
        if name not in HOW
        and name not in WRITTEN
        and not (free and name in known)
        and not _is_default(matching, name, value)
    )
    return GoldenArguments(leading, {**matching.taken, **(given if free else {})}, ignored)


def _has_name(parameter: Parameter) -> bool:
    return parameter.kind not in ("var_positional", "var_keyword")


def _in_order(keywords: Mapping[str, Any], parameters: Sequence[Parameter]) -> Iterator[str]:
    yield from (each.name for each in parameters if each.name in keywords)
    names = {each.name for each in parameters}
    yield from (name for name in keywords if name not in names)


def _match_by_position(matching: _Matching, named: Sequence[inspect.Parameter]) -> None:
    """Match parameters that have no namesake by the table of aliases, then by their position."""
    for name, alias in ALIASES.get(matching.operation, {}).items():
        if name in matching.given:
            matching.taken[alias] = matching.given.pop(name)
    for parameter, counterpart in _counterparts(matching, named):
        if parameter.name not in matching.taken and counterpart.name in matching.given:
            matching.taken[parameter.name] = matching.given.pop(counterpart.name)


def _counterparts(
    matching: _Matching, named: Sequence[inspect.Parameter]
) -> Iterator[tuple[inspect.Parameter, Parameter]]:
    """Yield each parameter of the golden without a namesake, and the operation's at its position that has none."""
    by_place = [each for each in named if each.kind in _BY_PLACE]
    of_golden = {each.name for each in named} | ALIASES.get(matching.operation, {}).keys()
    of_operation = {each.name for each in matching.parameters}
    computing = [
        each
        for each in matching.parameters
        if each.name in of_golden or (each.name not in HOW and each.name not in WRITTEN)
    ]
    for parameter, counterpart in zip(by_place, computing, strict=False):
        if parameter.name not in of_operation and counterpart.name not in of_golden:
            yield parameter, counterpart


def _fill(matching: _Matching, named: Sequence[inspect.Parameter]) -> None:
    """Give required parameters without an argument the operation's default.

    Raises:
        GoldenMisfit: there is none.
    """
    counterparts = {parameter.name: counterpart for parameter, counterpart in _counterparts(matching, named)}
    by_name = {each.name: each for each in matching.parameters}
    for parameter in named:
        if parameter.name in matching.taken or parameter.default is not parameter.empty:
            continue
        default = FILLED.get((matching.operation, parameter.name), FILLED.get(("", parameter.name), _MISSING))
        counterpart = by_name.get(parameter.name, counterparts.get(parameter.name))
        if default is _MISSING and counterpart is not None:
            default = _default(counterpart)
        if default is _MISSING:
            raise GoldenMisfit(f"the golden of {matching.operation} requires {parameter.name}, which the call lacks")
        matching.taken[parameter.name] = default


def _leading(
    matching: _Matching,
    by_place: Sequence[inspect.Parameter],
    signature: inspect.Signature,
    more: Sequence[Any],
    sought: frozenset[str],
) -> tuple[Any, ...]:
    """Take the arguments that are passed by position: as many as there are without a gap, then those for `*args`.

    Those that the golden seeks in its keywords, `sought`, stay there.
    """
    has_more = any(each.kind is each.VAR_POSITIONAL for each in signature.parameters.values())
    extra = [*more, *(_further(matching, len(by_place), sought) if has_more else ())]
    leading: list[Any] = []
    for parameter in by_place:
        if parameter.name in matching.taken:
            leading.append(matching.taken.pop(parameter.name))
        elif extra:
            leading.append(parameter.default)  # the gap before the further ones
        else:
            return tuple(leading)
    return (*leading, *extra)


def _further(matching: _Matching, count: int, sought: frozenset[str]) -> list[Any]:
    """Take the operation's positional arguments after the first `count`, up to the first that wasn't given."""
    values = []
    computing = [
        each
        for each in matching.parameters
        if each.kind != "keyword_only" and each.name not in HOW - {"dtype", "output_dtype"} and each.name not in WRITTEN
    ]
    for each in computing[count:]:
        if each.name not in matching.given or each.name in sought:
            break
        values.append(matching.given.pop(each.name))
    return values


def _is_default(matching: _Matching, name: str, value: Any) -> bool:
    parameter = next((each for each in matching.parameters if each.name == name), None)
    default = _MISSING if parameter is None else _default(parameter)
    return (
        isinstance(value, (bool, int, float, str, list, tuple)) and default is not _MISSING and _plain(value) == default
    )


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _default(parameter: Parameter) -> Any:
    """Return a parameter's default, `_MISSING` where it has none, or none that can be read from its text."""
    try:
        return _MISSING if parameter.default is None else _plain(ast.literal_eval(parameter.default))
    except (ValueError, SyntaxError):
        return _MISSING


@functools.cache
def _names_in(golden: Callable[..., Any]) -> frozenset[str]:
    """Return the names that a golden reads from its keywords, as far as its code and that of its parts show."""
    names: set[str] = set()
    waiting, seen = [golden], set()
    while waiting:
        function = waiting.pop()
        if isinstance(function, functools.partial):
            waiting.append(function.func)
        if not isinstance(function, FunctionType) or id(function) in seen:
            continue
        seen.add(id(function))
        names |= _names_of(function.__code__)
        waiting += [cell.cell_contents for cell in function.__closure__ or () if callable(cell.cell_contents)]
        helpers = (function.__globals__.get(name) for name in function.__code__.co_names)
        waiting += [
            each for each in helpers if isinstance(each, FunctionType) and each.__module__ == function.__module__
        ]
    return frozenset(names)


def _names_of(code: CodeType) -> set[str]:
    """Return the parameters of a function and the texts in its code, which are the keywords that it looks for."""
    names = set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    for constant in code.co_consts:
        if isinstance(constant, str):
            names.add(constant)
        elif isinstance(constant, tuple):
            names |= {each for each in constant if isinstance(each, str)}
        elif isinstance(constant, CodeType):
            names |= _names_of(constant)
    return names
