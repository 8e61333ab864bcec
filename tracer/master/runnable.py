"""Configurations that can't be called again, as far as the file alone shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tracer.names import short
from tracer.signatures import Overload
from tracer.values import Tensor, is_lost, walk
from tracer.values.configuration import POSITION, Configuration
from tracer.values.versions import recorded_overloads

_METHOD = "ttnn.Tensor."

_VARIABLE = ("var_positional", "var_keyword")


INSIDE = "it is an operation inside ttnn, which Python can't call"


def is_inside(operation: str) -> bool:
    """Return whether an operation is one of ttnn's C++ classes: Python's operations have names in small letters."""
    return short(operation)[:1].isupper() and not recorded_overloads(operation)


def unplaced_tensors(configuration: Configuration) -> Iterator[str]:
    """Yield, in words, each argument with a sharded device tensor whose shard spec isn't recorded: none can be made."""
    for name, value in configuration.arguments.items():
        for part in walk(value):
            if isinstance(part, Tensor) and part.is_unplaced:
                kind = "" if part.memory is None else part.memory.layout
                yield f"{configuration.name_of(name) or name}: a {kind} tensor without its shard spec"
                break


def why_not_runnable(configuration: Configuration) -> str:
    """Return why a configuration can't be called again; "" where the file shows no reason.

    What an operation requires is what the ttnns say whose signatures are written down (`tracer.values.versions`).
    """
    if is_inside(configuration.operation):
        return INSIDE
    if configuration.operation.startswith(_METHOD) and not recorded_overloads(configuration.operation):
        return "it is a method of tensors, of which the operations are not recorded"
    unplaced = "; ".join(unplaced_tensors(configuration))
    if unplaced:
        return unplaced
    shortfalls = [_missing(configuration, each) for each in recorded_overloads(configuration.operation)]
    if not shortfalls or not all(shortfalls):
        return ""
    least = min(shortfalls, key=len)
    return f"{' and '.join(least)} {'is' if len(least) == 1 else 'are'} missing"


def _missing(configuration: Configuration, overload: Overload) -> list[str]:
    """Return the parameters without default that a configuration has no argument for, or only a lost one."""
    passed = {name for name, value in configuration.arguments.items() if not is_lost(value)}
    by_place = sorted(int(match[1]) for match in map(POSITION.fullmatch, passed) if match)
    named = passed | set(_names(overload, by_place)) | {configuration.name_of(name) for name in passed}
    return [
        each.name
        for each in overload.parameters
        if not each.has_default and each.kind not in _VARIABLE and each.name not in named
    ]


def _names(overload: Overload, places: Iterable[int]) -> Iterator[str]:
    """Yield the names of the parameters at some positions; C++ passes those by position that Python takes by name."""
    parameters = [each.name for each in overload.parameters if each.kind not in _VARIABLE]
    for place in places:
        if place < len(parameters):
            yield parameters[place]
