"""Change which processes Ray starts for a node, where Ray itself has no option for it.

The names are those of Ray's internals. A version of Ray that lacks one of them starts what it likes.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypeAlias

STARTER = "start_ray_process"
"""The function of `ray._private.services` that starts a process of a node."""

Change: TypeAlias = Callable[[Sequence[str]], "list[str] | None"]
"""Takes the command of a process, the program and its options; returns another one, or None to leave it as it is."""


class Commands:
    """What became of the commands of Ray's processes.

    Attributes:
        changed: whether one of them started with another command than Ray's own.
    """

    def __init__(self) -> None:
        """Nothing has been started."""
        self.changed = False


@contextmanager
def changed_commands(change: Change) -> Iterator[Commands]:
    """Let Ray start its processes with other commands during a `with` block.

    Args:
        change: what becomes of a command.

    Yields:
        What became of them: Ray may fail to start where its programs take other options.
    """
    commands = Commands()
    services = ray_module("services")
    start = getattr(services, STARTER, None)
    if start is None:
        yield commands
        return

    def start_changed(command: Sequence[str], *arguments: Any, **options: Any) -> Any:
        changed = change(command)
        commands.changed |= changed is not None
        return start(command if changed is None else changed, *arguments, **options)

    setattr(services, STARTER, start_changed)
    try:
        yield commands
    finally:
        setattr(services, STARTER, start)


@contextmanager
def without_methods(names: Iterable[str]) -> Iterator[bool]:
    """Let methods of Ray's `Node` start nothing during a `with` block; those that the installed Ray lacks are ignored.

    Args:
        names: the methods, each of which starts a process.

    Yields:
        Whether Ray was changed: it may then fail where it needs what such a method does in this version.
    """
    node = node_class()
    methods = {name: vars(node)[name] for name in names if name in vars(node)}
    for name in methods:
        setattr(node, name, start_nothing)
    try:
        yield bool(methods)
    finally:
        for name, method in methods.items():
            setattr(node, name, method)


def node_class() -> type:
    """Ray's class that starts the processes of a host; an empty class where this version has none of that name."""
    node = getattr(ray_module("node"), "Node", None)
    return node if isinstance(node, type) else type("Node", (), {})


def ray_module(name: str) -> ModuleType | None:
    """A module of Ray's internals; None where this version has none of that name."""
    try:
        return importlib.import_module(f"ray._private.{name}")
    except ImportError:
        return None


def start_nothing(*_: object, **__: object) -> None:
    """Stands in for a method that starts a process."""
