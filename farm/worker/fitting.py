"""Fitting of a call to one overload: which parameter gets which argument, and at what cost. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from farm.worker.accepting import EMPTY, EnumMembers, accepts, converts, kind_of, takes_none, typed
from tracer.signatures import Overload, Parameter
from tracer.values import Handle, Lost, Value, is_lost, show
from tracer.values.versions import Known, LeftOut

Names = tuple[str | None, ...]
"""The parameters' names of positional arguments; None for one that no parameter takes."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a traced call.

    Attributes:
        by_place: those passed by position.
        names: their parameters' names, as far as they are known.
        by_name: those passed by name.
        unplaced: why a positional argument has no name, by its position.
    """

    by_place: Sequence[Value]
    names: Names = ()
    by_name: Mapping[str, Value] = field(default_factory=dict)
    unplaced: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an overload doesn't take a call.

    Attributes:
        reason: in words.
        bound: how many arguments it took before that.
        lost: whether it is because an argument was lost.
        elsewhere: whether it is because of a parameter that another overload has.
    """

    reason: str
    bound: int
    lost: bool = False
    elsewhere: bool = False

    @property
    def weight(self) -> tuple[int, bool]:
        """How well it explains why no overload takes the call: the highest wins."""
        return self.bound, not self.elsewhere


@dataclass(frozen=True, slots=True)
class Fit:
    """How an overload takes a call.

    Attributes:
        places: the positions of the positional arguments, by the parameter that gets each.
        cost: (arguments that no parameter takes, arguments bound out of their position, parameters that this ttnn
            lacks, arguments that ttnn must convert); the lowest wins.
        nameless: the parameters of `positional`, which ttnn takes by position alone; none for arguments of `*args`.
        by_position: the parameters of `keywords` that the trace passed in the position that they have here.
        unplaced: the positions of the arguments that no parameter gets, and why.

    The others are those of `farm.worker.binding.Call`.
    """

    positional: tuple[Value, ...]
    keywords: dict[str, Value]
    inexact: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    places: dict[str, int]
    cost: tuple[int, int, int, int]
    nameless: tuple[str, ...] = ()
    by_position: tuple[str, ...] = ()
    unplaced: Mapping[int, str] = field(default_factory=dict)

    def same_call(self, other: Fit) -> bool:
        """Return whether both pass the same arguments: by position, their names don't matter."""
        return self._made() == other._made()

    def _made(self) -> tuple[list[Value], dict[str, Value]]:
        keywords = dict(self.keywords)
        return [*self.positional, *map(keywords.pop, self.by_position)], keywords


class _Refused(Exception):  # noqa: N818 - it never leaves this file
    def __init__(self, reason: str, *, lost: bool = False, elsewhere: bool = False) -> None:
        super().__init__(reason)
        self.lost = lost
        self.elsewhere = elsewhere


class Fitting:
    """One call being fitted to one overload.

    Attributes:
        overload: the overload.
        known: what is known of the operation in other ttnns.
        overloads: all that this ttnn has of the operation.
        bound: the argument of each parameter, so far.
        places: the positions of the positional arguments, by the parameter that gets each.
        ttnn: whose overloads they are, for messages: `ttnn 0.81.1`.
        unplaced: why an argument gets no parameter, by its position.
        left_out: the parameters that this ttnn lacks and whose default the call has.
        moved: how many arguments were bound out of their position.
    """

    def __init__(
        self,
        overload: Overload,
        enum_members: EnumMembers,
        known: Known,
        overloads: Sequence[Overload],
        ttnn: str = "this ttnn",
    ) -> None:
        self.overload = overload
        self.enum_members = enum_members
        self.known = known
        self.overloads = overloads
        self.bound: dict[str, Value] = {}
        self.places: dict[str, int] = {}
        self.ttnn = ttnn
        self.unplaced: dict[int, str] = {}
        self.left_out: list[LeftOut] = []
        self.moved = 0

    def fit(self, arguments: Arguments) -> Fit | Refusal:
        """Fit a call."""
        try:
            self._take_keywords(arguments.by_name)
            if any(p.kind == "var_positional" for p in self.overload.parameters):
                return self._finished(tuple(arguments.by_place))
            self._take_places(arguments)
            return self._finished()
        except _Refused as refused:
            return Refusal(str(refused), len(self.bound), lost=refused.lost, elsewhere=refused.elsewhere)

    def _take_keywords(self, by_name: Mapping[str, Value]) -> None:
        takes_any = any(p.kind == "var_keyword" for p in self.overload.parameters)
        for name, value in by_name.items():
            parameter = self.overload.by_name.get(name)
            if parameter is None and not takes_any:
                self._leave_out(name, name, value)
                continue
            if parameter is not None and not self._accepts(parameter, value):
                if value in EMPTY and takes_none(parameter):
                    continue
                raise _Refused(f"{name} takes {parameter.type}, not {kind_of(value)}")
            self.bound[name] = value

    def _take_places(self, arguments: Arguments) -> None:
        """Bind the positional arguments: by name, by position if their type fits there, otherwise by type."""
        by_place, names = arguments.by_place, arguments.names
        parameters = self.overload.parameters
        displaced: list[tuple[int, Value]] = []
        for position, value in enumerate(by_place):
            parameter = parameters[position] if position < len(parameters) else None
            if position < len(names):
                self._take_named(position, value, arguments)
            elif value is None:
                continue  # an optional that was left out takes no parameter from another argument
            elif parameter is not None and parameter.name not in self.bound and self._accepts(parameter, value):
                self._place(position, value, parameter)
            elif value not in EMPTY:  # which may be an optional that was left out, too
                displaced.append((position, value))
        for position, value in displaced:
            self._move(position, value, by_place, displaced)
        for position, (value, parameter) in enumerate(zip(by_place, parameters, strict=False)):
            unnamed = position >= len(names) and parameter.name not in self.bound
            if value is None and unnamed and self._accepts(parameter, value):
                self._place(position, value, parameter)

    def _take_named(self, position: int, value: Value, arguments: Arguments) -> None:
        """Bind a positional argument whose parameter's name is known."""
        names = arguments.names
        name = names[position]
        if name is None:
            if value is not None and value not in EMPTY:  # an optional that was left out has no parameter
                self.unplaced[position] = arguments.unplaced[position]
            return
        parameter = self.overload.by_name.get(name)
        argument = f"arg{position} ({name})"
        if parameter is None:
            self._take_renamed(position, name, value, names)
        elif name in self.bound:
            raise _Refused(f"{argument} is there by position and by name")
        elif self._accepts(parameter, value) or is_lost(value):
            self._place(position, value, parameter)
        elif value is not None and not (value in EMPTY and takes_none(parameter)):
            raise _Refused(f"{argument} takes {parameter.type}, not {kind_of(value)}")

    def _take_renamed(self, position: int, name: str, value: Value, names: Names) -> None:
        """Bind an argument to a parameter that the trace's ttnn had by another name, or leave it out."""
        new = [
            parameter
            for parameter in self.overload.parameters
            if parameter.name not in names and parameter.name not in self.bound and self._accepts(parameter, value)
        ]
        here = self.overload.positional[position] if position < len(self.overload.positional) else None
        argument = f"arg{position} ({name})"
        if value is None:
            self._leave_out(argument, name, value)
        elif is_lost(value):
            self.unplaced[position] = f"{argument}: lost in the trace, and {self.ttnn} has no such parameter"
        elif here in new:
            self._place(position, value, here)  # as the traced call itself would be taken
            self.moved += 1
        elif isinstance(value, (bool, int, float)) or len(new) != 1:  # many parameters take a number
            self._leave_out(argument, name, value, new)
        else:
            self._place(position, value, new[0])
            self.moved += 1

    def _leave_out(self, argument: str, name: str, value: Value, instead: Sequence[Parameter] = ()) -> None:
        """Leave out the argument of a parameter that this ttnn lacks, if it is the parameter's default.

        Args:
            argument: the argument in messages.
            name: the parameter's.
            value: the argument's; C++ has None for the default, whatever that is in Python.
            instead: the parameters of other names that take it.
        """
        elsewhere = any(name in overload.by_name for overload in self.overloads)
        default = None if elsewhere else self.known.default(name)
        if default is not None and value in (default.value, None):
            self.left_out.append(LeftOut(argument, name, value, default.version))
            return
        if elsewhere:
            others = ", ".join(self.bound) or "the other arguments"
            raise _Refused(f"no overload of {self.ttnn} takes {name} together with {others}", elsewhere=True)
        reason = f"{self.ttnn} has no parameter {name}"
        if default is not None:
            reason += f", and {show(value)} is not its default with ttnn {default.version}, {show(default.value)}"
        if len(instead) > 1:
            reason += f"; {argument} could be {', '.join(parameter.name for parameter in instead)}"
        raise _Refused(reason)

    def _move(
        self, position: int, value: Value, by_place: Sequence[Value], displaced: Sequence[tuple[int, Value]]
    ) -> None:
        """Bind an argument that doesn't fit its position to the one free parameter that takes its type."""
        accepting = [p for p in self.overload.parameters if p.name not in self.bound and self._accepts(p, value)]
        free = accepting
        if isinstance(value, (bool, int, float)):  # many parameters take a number
            if isinstance(value, bool):
                accepting = [p for p in accepting if not converts(p, value)]
            rivals = [other for place, other in displaced if place != position and isinstance(other, (int, float))]
            free = [p for p in accepting if self._lacks_argument(p, by_place, rivals)]
        if is_lost(value):
            self.unplaced[position] = f"arg{position}: lost in the trace, left out"
        elif not free:
            if position < len(self.overload.positional):
                expected = self.overload.positional[position]
                raise _Refused(f"arg{position} ({expected.name}) takes {expected.type}, not {kind_of(value)}")
            self.unplaced[position] = f"arg{position}: {self._why_unplaced(value, accepting)}, left out"
        elif len(free) > 1:
            raise _Refused(f"arg{position} could be {', '.join(p.name for p in free)}")
        else:
            self._place(position, value, free[0])
            self.moved += 1

    def _lacks_argument(self, parameter: Parameter, by_place: Sequence[Value], rivals: Sequence[Value]) -> bool:
        """Return whether a parameter's argument must be the number at hand.

        C++ passes all arguments: what is in the position of a parameter that it doesn't take is another one's.

        Args:
            parameter: one that accepts the number.
            by_place: all positional arguments.
            rivals: the other numbers that are not in their position.
        """
        position = self.overload.parameters.index(parameter)
        if position >= len(by_place):
            return True
        own = by_place[position]
        elsewhere = not takes_none(parameter) and (own is None or not self._accepts(parameter, own))
        return elsewhere and not any(self._accepts(parameter, rival) for rival in rivals)

    def _why_unplaced(self, value: Value, accepting: Sequence[Parameter]) -> str:
        # those that accept it have arguments in their own positions
        return f"{self.ttnn} has no {'other ' if accepting else ''}parameter that takes {show(value)}"

    def _place(self, position: int, value: Value, parameter: Parameter) -> None:
        self.bound[parameter.name] = value
        self.places[parameter.name] = position

    def _finished(self, positional: tuple[Value, ...] = ()) -> Fit:
        """Finish the call: lost arguments get their defaults, and required parameters must have arguments."""
        inexact = list(self.unplaced.values())
        keywords: dict[str, Value] = {}
        for name, traced in self.bound.items():
            parameter = self.overload.by_name.get(name)
            value = traced if parameter is None else _remade(parameter, typed(parameter, traced, self.enum_members))
            if is_lost(value):
                if parameter is not None and not parameter.has_default:
                    raise _Refused(f"{name} was lost in the trace and has no default", lost=True)
                argument = f"arg{self.places[name]} ({name})" if name in self.places else name
                inexact.append(f"{argument}: lost in the trace, left to its default")
            elif value is None and parameter is not None and parameter.has_default and not takes_none(parameter):
                continue  # C++ printed an empty optional where Python has a default
            else:
                keywords[name] = value
        if not positional:
            for parameter in self.overload.parameters:
                if parameter.name not in self.bound and not parameter.has_default and parameter.kind != "var_keyword":
                    raise _Refused(f"{parameter.name} is missing")
            nameless = [p.name for p in self.overload.parameters if p.kind == "positional_only" and p.name in keywords]
            positional = tuple(map(keywords.pop, nameless))
        else:
            nameless = []
        cost = (len(self.unplaced), self.moved, len(self.left_out), self._conversions())
        return Fit(
            positional=positional,
            keywords=keywords,
            inexact=tuple(inexact),
            left_out=tuple(self.left_out),
            places=self.places,
            cost=cost,
            nameless=tuple(nameless),
            by_position=tuple(self._in_position(keywords, len(nameless))),
            unplaced=self.unplaced,
        )

    def _conversions(self) -> int:
        declared = self.overload.by_name
        return sum(
            name in declared and converts(declared[name], value, self.enum_members)
            for name, value in self.bound.items()
        )

    def _in_position(self, keywords: Mapping[str, Value], first: int) -> Iterator[str]:
        """Yield the parameters, from a position on, whose arguments the trace has in the same position."""
        for position, parameter in enumerate(self.overload.positional[first:], start=first):
            if self.places.get(parameter.name) != position or parameter.name not in keywords:
                return
            yield parameter.name

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
