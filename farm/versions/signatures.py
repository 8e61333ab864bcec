"""What a call's arguments become from one ttnn to another, told from the overloads that each documents. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from farm.core.payload import TracedCall
from tracer.signatures import Overload, Parameter, Type

ALIKE = 0.35
"""From 0 to 1, how much a new name resembles one that is gone if it may replace it, as `output_tensor` does `out`."""
_POSITIONAL = re.compile(r"arg\d+")


@dataclass(frozen=True, slots=True)
class Signatures:
    """The signatures of a ttnn.

    Attributes:
        version: the version of ttnn.
        operations: the overloads of each operation that was asked for; None for one that this ttnn lacks. An operation
            without overloads documents none, and nothing is told of it.
    """

    version: str
    operations: Mapping[str, tuple[Overload, ...] | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArgumentChanges:
    """The arguments of an operation that only one of two ttnn documents.

    Attributes:
        operation: the operation.
        gone: what became of those that the old ttnn has, in words.
        new: the names that only the new ttnn has.
    """

    operation: str
    gone: tuple[str, ...]
    new: tuple[str, ...]


def argument_changes(old: Signatures, new: Signatures) -> list[ArgumentChanges]:
    """The operations whose arguments differ in name, whether a call uses them or not; those that are gone first."""
    changes = []
    for operation in old.operations:
        overloads = _both(operation, old, new)
        if lacks_operation(new, operation) and not lacks_operation(old, operation):
            changes.append(ArgumentChanges(operation, ("the operation is gone",), ()))
        elif overloads is not None:
            before, after = map(_all_names, overloads)
            gone = tuple(_renamed(name, *overloads) for name in before if name not in after)
            added = tuple(name for name in after if name not in before)
            if gone or added:
                changes.append(ArgumentChanges(operation, gone, added))
    return sorted(changes, key=lambda change: (not change.gone, change.operation))


def lacks_operation(signatures: Signatures, operation: str) -> bool:
    """Whether a ttnn lacks an operation that it was asked for."""
    return operation in signatures.operations and signatures.operations[operation] is None


def keyword_changes(call: TracedCall, old: Signatures, new: Signatures) -> list[str]:
    """What of the arguments that a call passes by name is renamed or gone, in words; empty if nothing is."""
    overloads = _both(call.operation, old, new)
    if overloads is None:
        return []
    before, after = overloads
    used = [name for name in call.arguments if _POSITIONAL.fullmatch(name) is None]
    missing = [name for name in used if _documents(before, name) and not _documents(after, name)]
    if missing:
        return [_renamed(name, before, after) for name in missing]
    together = [name for name in used if _documents(before, name)]
    if len(together) > 1 and _takes_all(before, together) and not _takes_all(after, together):
        return [f"no overload takes {', '.join(together)} together"]
    return []


def other_changes(call: TracedCall, old: Signatures, new: Signatures) -> list[str]:
    """What else may keep a call from being made: types of its arguments, positions, and arguments that it lacks.

    Such a change concerns a call only if the new ttnn could not be called: a type may become a wider one.
    """
    overloads = _both(call.operation, old, new)
    if overloads is None:
        return []
    names = _names(call)
    before, after = _closest(overloads[0], names), _closest(overloads[1], names)
    if before is None or after is None:
        return []
    changes = []
    for name in names:
        parameter = before.by_name.get(name)
        if parameter is None:
            continue
        now = after.by_name.get(name)
        if now is None:
            changes.append(_renamed(name, overloads[0], overloads[1]))
        elif _types(now) != _types(parameter):
            changes.append(f"{name} takes {now.type or 'anything'}, took {parameter.type or 'anything'}")
    required = [each.name for each in after.parameters if _is_required(each) and each.name not in before.by_name]
    return changes + [f"{name} is required" for name in required if name not in names]


def _both(operation: str, old: Signatures, new: Signatures) -> tuple[tuple[Overload, ...], tuple[Overload, ...]] | None:
    """The overloads in both; None unless both document some."""
    before, after = old.operations.get(operation), new.operations.get(operation)
    return (before, after) if before and after else None


def _names(call: TracedCall) -> list[str]:
    """The names of a call's arguments, those of positional ones as far as the trace has them."""
    positions = {f"arg{position}": name for position, name in enumerate(call.names)}
    return [positions.get(key, key) for key in call.arguments]


def _all_names(overloads: tuple[Overload, ...]) -> list[str]:
    return list(dict.fromkeys(parameter.name for overload in overloads for parameter in overload.parameters))


def _documents(overloads: tuple[Overload, ...], name: str) -> bool:
    """Whether some overload takes an argument by this name."""
    return any(
        parameter.kind == "var_keyword" or (parameter.name == name and parameter.kind != "positional_only")
        for overload in overloads
        for parameter in overload.parameters
    )


def _takes_all(overloads: tuple[Overload, ...], names: list[str]) -> bool:
    return any(
        any(parameter.kind == "var_keyword" for parameter in overload.parameters)
        or overload.by_name.keys() >= set(names)
        for overload in overloads
    )


def _renamed(name: str, before: tuple[Overload, ...], after: tuple[Overload, ...]) -> str:
    """Say what became of an argument: one of the same type that is new is taken for its new name."""
    parameter = next(each for overload in before for each in overload.parameters if each.name == name)
    earlier = {each.name for overload in before for each in overload.parameters}
    candidates = {
        each.name: None
        for overload in after
        for each in overload.parameters
        if each.name not in earlier and _types(each) == _types(parameter)
    }
    alike = difflib.get_close_matches(name, candidates, n=1, cutoff=ALIKE)
    return f"{name} is gone; {alike[0]}, of the same type, is new" if alike else f"{name} is gone"


def _closest(overloads: tuple[Overload, ...], names: list[str]) -> Overload | None:
    """The overload that takes most of these arguments by name."""
    best = max(overloads, key=lambda overload: len(overload.by_name.keys() & set(names)))
    return best if best.by_name.keys() & set(names) else None


def _types(parameter: Parameter) -> frozenset[str]:
    """What a parameter takes, without modules, which move between versions."""
    return frozenset(map(_spelled, parameter.alternatives))


def _spelled(type_: Type) -> str:
    inside = ", ".join(" | ".join(sorted(map(_spelled, argument))) for argument in type_.arguments)
    return f"{type_.short}[{inside}]" if inside else type_.short


def _is_required(parameter: Parameter) -> bool:
    return not parameter.has_default and parameter.kind in ("positional", "positional_only", "keyword_only")
