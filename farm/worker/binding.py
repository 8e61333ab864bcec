"""Binding of a traced call to one of the operation's overloads. Pure: signatures and values in, a call out.

Arguments are bound by name, as far as their names are known: to the parameter of that name, wherever the installed
ttnn has it. A trace of this project has the names of positional arguments, too. A trace of version 1 has the C++
arguments by position, keyword-only parameters included; they are named by the overloads of a ttnn of that time, where
the installed one has others. All else is bound by position if its type fits there, otherwise by type if exactly one
free parameter takes it.

A parameter that the installed ttnn lacks is left out if its argument is the parameter's default in the ttnns that have
it. Arguments that no parameter ever took are left out as inexact. What else doesn't fit is refused and named; a call
that fits two overloads in two ways is refused, not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from farm.worker.accepting import EnumMembers
from farm.worker.fitting import Arguments, Fit, Fitting, Refusal
from tracer.signatures import Overload
from tracer.values import EnumMember, Value, is_lost
from tracer.values.versions import NOTHING_KNOWN, OF_VERSION_1, Known, LeftOut


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
        left_out: the parameters that this ttnn lacks and whose default the trace had.
        names: this ttnn's parameters of the traced positional arguments, as far as they are known.
        nameless: this ttnn's parameters of `positional`, as far as they are known.
        by_position: the parameters of `keywords` that are passed by position, behind `positional`, as they were traced.
            Overloads may differ in their names alone: by position, ttnn takes the one that it took before.
    """

    positional: tuple[Value, ...]
    keywords: dict[str, Value]
    inexact: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    names: tuple[str, ...] = ()
    nameless: tuple[str, ...] = ()
    by_position: tuple[str, ...] = ()

    @property
    def positional_names(self) -> list[str]:
        """The parameters of `positional`, else `arg0`, `arg1`, ..."""
        return [*self.nameless, *(f"arg{place}" for place in range(len(self.nameless), len(self.positional)))]

    def parameter_at(self, place: str) -> str:
        """Return where this ttnn has what the trace had at a place: `input_tensor` for `arg0`."""
        argument, bracket, position = place.partition("[")
        if is_place(argument) and int(argument[3:]) < len(self.names):
            argument = self.names[int(argument[3:])]
        return argument + bracket + position

    @property
    def by_parameter(self) -> dict[str, Value]:
        """The arguments by their parameters' names, without the Nones."""
        passed = {**dict(zip(self.positional_names, self.positional, strict=True)), **self.keywords}
        return {name: value for name, value in passed.items() if value is not None}


def bind(
    arguments: Mapping[str, Value],
    overloads: Sequence[Overload],
    enum_members: EnumMembers = lambda _: None,
    names: Sequence[str] = (),
    known: Known = NOTHING_KNOWN,
    *,
    ttnn: str = "this ttnn",
) -> Call:
    """Make a call of a traced configuration's arguments.

    Args:
        arguments: positional ones as `arg0`, `arg1`, ..., then keywords by name.
        overloads: the operation's signatures; where ttnn documents none, the call is made as traced.
        enum_members: the members of an enum, to resolve a bare word of a trace.
        names: the parameters' names of the positional arguments, as far as the trace has them.
        known: what is known of the operation in other ttnns.
        ttnn: the installed one, for messages: `ttnn 0.81.1`.

    Raises:
        LostArgument: the argument of a parameter without default was lost.
        Unbindable: no overload fits, or several fit in different ways.
    """
    by_place, by_name = _by_place_and_name(arguments)
    if not overloads:
        return as_traced(arguments)
    if not names and _is_of_cpp(by_place, overloads, known):
        named = replace(_named(by_place, known.overloads, enum_members), by_name=by_name)
    else:
        named = Arguments(by_place, tuple(names), by_name)
    fit = _best_fit(named, overloads, enum_members, known, ttnn)
    names = tuple(_names_now(named, fit))
    return Call(fit.positional, fit.keywords, fit.inexact, fit.left_out, names, fit.nameless, fit.by_position)


def _names_now(named: Arguments, fit: Fit) -> Iterator[str]:
    """Yield the parameter of each positional argument: this ttnn's, else the traced one, else the position."""
    now = {position: name for name, position in fit.places.items()}
    for position in range(len(named.by_place)):
        traced = named.names[position] if position < len(named.names) else None
        yield now.get(position) or traced or f"arg{position}"


def _is_of_cpp(by_place: Sequence[Value], overloads: Sequence[Overload], known: Known) -> bool:
    """Return whether a call is one of C++: it has more positional arguments than Python takes."""
    return bool(known.overloads) and len(by_place) > max(len(overload.positional) for overload in overloads)


def _named(by_place: Sequence[Value], overloads: Sequence[Overload], enum_members: EnumMembers) -> Arguments:
    """Name positional arguments by the parameters that they fit; bare words get their enum, too.

    Raises:
        LostArgument, Unbindable: see `bind`.
    """
    fit = _best_fit(Arguments(by_place), overloads, enum_members, NOTHING_KNOWN, f"ttnn {OF_VERSION_1}")
    names = {position: name for name, position in fit.places.items()}
    words = {
        position: fit.keywords[name]
        for position, name in names.items()
        if isinstance(by_place[position], EnumMember) and name in fit.keywords
    }
    return Arguments(
        [words.get(position, value) for position, value in enumerate(by_place)],
        tuple(map(names.get, range(len(by_place)))),
        unplaced=fit.unplaced,
    )


def _best_fit(
    arguments: Arguments, overloads: Sequence[Overload], enum_members: EnumMembers, known: Known, ttnn: str
) -> Fit:
    """Fit a call to each overload, and return the best fit.

    Raises:
        LostArgument, Unbindable: see `bind`.
    """
    attempts = [Fitting(overload, enum_members, known, overloads, ttnn).fit(arguments) for overload in overloads]
    fits = sorted((fit for fit in attempts if isinstance(fit, Fit)), key=lambda fit: fit.cost)
    if not fits:
        refusals = [refusal for refusal in attempts if isinstance(refusal, Refusal)]
        # the overload that took most of the call explains the problem best
        best = max(refusals, key=lambda refusal: refusal.weight)
        raise (LostArgument if best.lost else Unbindable)(best.reason)
    best_fit = fits[0]
    rivals = [fit for fit in fits[1:] if fit.cost == best_fit.cost and not fit.same_call(best_fit)]
    if rivals and best_fit.cost[:2] > (0, 0):
        raise Unbindable(
            f"it fits {len(rivals) + 1} overloads equally well, as {', '.join(best_fit.keywords)} "
            f"and as {', '.join(rivals[0].keywords)}"
        )
    return best_fit


def _by_place_and_name(arguments: Mapping[str, Value]) -> tuple[list[Value], dict[str, Value]]:
    by_place = [value for name, value in arguments.items() if is_place(name)]
    return by_place, {name: value for name, value in arguments.items() if not is_place(name)}


def is_place(name: str) -> bool:
    """Whether a traced argument is positional: `arg0`, `arg1`, ..."""
    return name.startswith("arg") and name[3:].isdecimal()


def as_traced(arguments: Mapping[str, Value]) -> Call:
    """Make the call of a traced configuration with its arguments as they are, whatever ttnn documents.

    Raises:
        LostArgument: a positional argument was lost.
    """
    by_place, by_name = _by_place_and_name(arguments)
    for position, value in enumerate(by_place):
        if is_lost(value):
            raise LostArgument(f"arg{position} was lost, and the arguments behind it need their positions")
    lost = tuple(f"{name}: lost in the trace, left to its default" for name, value in by_name.items() if is_lost(value))
    return Call(tuple(by_place), {name: value for name, value in by_name.items() if not is_lost(value)}, lost)
