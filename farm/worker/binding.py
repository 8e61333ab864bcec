"""Binding of a traced call to one of the operation's overloads. Pure: signatures and values in, a call out.

A trace of version 2 has the Python call, which is repeated as it was. A trace of version 1 has the C++ arguments by
position, keyword-only parameters included, in an order that is mostly the Python overload's. So each argument is bound
by position if its type fits there, otherwise by type if exactly one free parameter takes it. Arguments that no
parameter takes are left out and named. A call that fits two overloads in two ways is refused, not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from farm.worker.accepting import EnumMembers, accepts, kind_of, takes_none, typed
from tracer.signatures import Overload, Parameter
from tracer.values import Handle, Lost, Value, is_lost


class Unbindable(Exception):  # noqa: N818 - it names what the call is
    """No overload takes the call, or several do; the text names the argument at fault."""


class LostArgument(Unbindable):
    """The argument of a required parameter was lost in the trace."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call, ready to be made.

    Attributes:
        positional: arguments by place.
        keywords: arguments by name.
        inexact: for each argument that is not passed as the trace had it, what became of it.
    """

    positional: tuple[Value, ...]
    keywords: dict[str, Value]
    inexact: tuple[str, ...] = ()


def bind(
    arguments: Mapping[str, Value],
    overloads: Sequence[Overload],
    enum_members: EnumMembers = lambda _: None,
) -> Call:
    """Make a call of a traced configuration's arguments.

    Args:
        arguments: positional ones as `arg0`, `arg1`, ..., then keywords by name.
        overloads: the operation's signatures; where ttnn documents none, the call is made as traced.
        enum_members: the members of an enum, to resolve a bare word of a trace.

    Raises:
        LostArgument: the argument of a parameter without default was lost.
        Unbindable: no overload fits, or several fit in different ways.
    """
    by_place = [value for name, value in arguments.items() if is_place(name)]
    by_name = {name: value for name, value in arguments.items() if not is_place(name)}
    if not overloads:
        return _as_traced(by_place, by_name)
    attempts = [_fit(overload, by_place, by_name, enum_members) for overload in overloads]
    fits = sorted((fit for fit in attempts if isinstance(fit, _Fit)), key=lambda fit: fit.cost)
    if not fits:
        refusals = [refusal for refusal in attempts if isinstance(refusal, _Refusal)]
        # the overload that took most of the call explains the problem best
        best = max(refusals, key=lambda refusal: refusal.bound)
        raise (LostArgument if best.lost else Unbindable)(best.reason)
    best_fit = fits[0]
    rivals = [fit for fit in fits[1:] if fit.cost == best_fit.cost and not fit.same_call(best_fit)]
    if rivals and best_fit.cost > (0, 0):
        raise Unbindable(
            f"it fits {len(rivals) + 1} overloads equally well, as {', '.join(best_fit.keywords)} "
            f"and as {', '.join(rivals[0].keywords)}"
        )
    return Call(best_fit.positional, best_fit.keywords, best_fit.inexact)


def is_place(name: str) -> bool:
    """Whether a traced argument is positional: `arg0`, `arg1`, ..."""
    return name.startswith("arg") and name[3:].isdecimal()


def _as_traced(by_place: Sequence[Value], by_name: Mapping[str, Value]) -> Call:
    for position, value in enumerate(by_place):
        if is_lost(value):
            raise LostArgument(f"arg{position} was lost, and ttnn documents no parameters to leave it out by")
    lost = tuple(f"{name}: lost in the trace, left to its default" for name, value in by_name.items() if is_lost(value))
    return Call(tuple(by_place), {name: value for name, value in by_name.items() if not is_lost(value)}, lost)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why an overload doesn't take a call, and how many arguments it took before that."""

    reason: str
    bound: int
    lost: bool = False


@dataclass(frozen=True, slots=True)
class _Fit:
    """How an overload takes a call.

    Attributes:
        cost: (arguments that no parameter takes, arguments bound out of their position); the lowest wins.
    """

    positional: tuple[Value, ...]
    keywords: dict[str, Value]
    inexact: tuple[str, ...]
    cost: tuple[int, int]

    def same_call(self, other: _Fit) -> bool:
        return self.positional == other.positional and self.keywords == other.keywords


def _fit(
    overload: Overload, by_place: Sequence[Value], by_name: Mapping[str, Value], enum_members: EnumMembers
) -> _Fit | _Refusal:
    """Fit a call to one overload."""
    fitting = _Fitting(overload, enum_members)
    try:
        fitting.take_named(by_name)
        if any(p.kind == "var_positional" for p in overload.parameters):
            return fitting.finished(tuple(by_place))
        fitting.take_placed(by_place)
        return fitting.finished()
    except _Refused as refused:
        return _Refusal(str(refused), len(fitting.bound), lost=refused.lost)


class _Refused(Exception):  # noqa: N818 - it never leaves this file
    def __init__(self, reason: str, *, lost: bool = False) -> None:
        super().__init__(reason)
        self.lost = lost


class _Fitting:
    """One call being fitted to one overload.

    Attributes:
        bound: the argument of each parameter, so far.
        places: the trace's name of each positional argument, by the parameter that gets it.
        unplaced: the arguments that no parameter takes, as text.
        moved: how many arguments were bound out of their position.
    """

    def __init__(self, overload: Overload, enum_members: EnumMembers) -> None:
        self.overload = overload
        self.enum_members = enum_members
        self.bound: dict[str, Value] = {}
        self.places: dict[str, str] = {}
        self.unplaced: list[str] = []
        self.moved = 0

    def take_named(self, by_name: Mapping[str, Value]) -> None:
        """Bind the keyword arguments."""
        takes_any = any(p.kind == "var_keyword" for p in self.overload.parameters)
        for name, value in by_name.items():
            parameter = self.overload.by_name.get(name)
            if parameter is None and not takes_any:
                raise _Refused(f"it takes no parameter {name}")
            if parameter is not None and not self._accepts(parameter, value):
                raise _Refused(f"{name} takes {parameter.type}, not {kind_of(value)}")
            self.bound[name] = value

    def take_placed(self, by_place: Sequence[Value]) -> None:
        """Bind the positional arguments: by position if their type fits there, otherwise by type."""
        parameters = self.overload.parameters
        displaced: list[tuple[int, Value]] = []
        for position, (value, parameter) in enumerate(zip_longest(by_place, parameters[: len(by_place)])):
            if value is None:
                continue  # an optional that was left out takes no parameter from another argument
            if parameter is not None and parameter.name not in self.bound and self._accepts(parameter, value):
                self._place(position, value, parameter)
            else:
                displaced.append((position, value))
        claimed = {parameter.name for parameter in parameters[: len(by_place)]}
        for position, value in displaced:
            self._move(position, value, claimed)
        for value, parameter in zip(by_place, parameters, strict=False):
            if value is None and self._accepts(parameter, value):
                self.bound.setdefault(parameter.name, value)

    def _move(self, position: int, value: Value, claimed: set[str]) -> None:
        """Bind an argument that doesn't fit its position to the one free parameter that takes its type."""
        # many parameters take a number: it moves only to one that has no argument in its own position
        barred = claimed if isinstance(value, (bool, int, float)) else set()
        free = [
            p
            for p in self.overload.parameters
            if p.name not in self.bound and p.name not in barred and self._accepts(p, value)
        ]
        if is_lost(value) or not free:
            if position < len(self.overload.positional) and not is_lost(value):
                expected = self.overload.positional[position]
                raise _Refused(f"arg{position} ({expected.name}) takes {expected.type}, not {kind_of(value)}")
            self.unplaced.append(f"arg{position}: no parameter of ttnn's takes it, left out")
        elif len(free) > 1:
            raise _Refused(f"arg{position} could be {', '.join(p.name for p in free)}")
        else:
            self._place(position, value, free[0])
            self.moved += 1

    def _place(self, position: int, value: Value, parameter: Parameter) -> None:
        self.bound[parameter.name] = value
        self.places[parameter.name] = f"arg{position} ({parameter.name})"

    def finished(self, positional: tuple[Value, ...] = ()) -> _Fit:
        """Finish the call: lost arguments get their defaults, and required parameters must have arguments."""
        inexact = list(self.unplaced)
        keywords: dict[str, Value] = {}
        for name, traced in self.bound.items():
            parameter = self.overload.by_name.get(name)
            value = traced if parameter is None else _remade(parameter, typed(parameter, traced, self.enum_members))
            if is_lost(value):
                if parameter is not None and not parameter.has_default:
                    raise _Refused(f"{name} was lost in the trace and has no default", lost=True)
                inexact.append(f"{self.places.get(name, name)}: lost in the trace, left to its default")
            elif value is None and parameter is not None and parameter.has_default and not takes_none(parameter):
                continue  # C++ printed an empty optional where Python has a default
            else:
                keywords[name] = value
        if not positional:
            for parameter in self.overload.parameters:
                if parameter.name not in self.bound and not parameter.has_default and parameter.kind != "var_keyword":
                    raise _Refused(f"{parameter.name} is missing")
            nameless = [p.name for p in self.overload.parameters if p.kind == "positional_only"]
            positional = tuple(keywords.pop(name) for name in nameless if name in keywords)
        return _Fit(positional, keywords, tuple(inexact), (len(self.unplaced), self.moved))

    def _accepts(self, parameter: Parameter, value: Value) -> bool:
        return accepts(parameter, value, self.enum_members)


def _remade(parameter: Parameter, value: Value) -> Value:
    """Semaphores hold no configuration: as many as the trace had are made anew, even where they were lost."""
    parts = value if isinstance(value, tuple) else (value,)
    if any(t.short == "GlobalSemaphoreArg" for t in parameter.alternatives) and all(
        isinstance(part, (Lost, Handle)) for part in parts
    ):
        return tuple(Handle("GlobalSemaphore") for _ in parts)
    return value
