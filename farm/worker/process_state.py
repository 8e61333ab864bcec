"""The state of the process that a sweep module may change, saved and restored between vectors and modules."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from farm.worker.aspects import ABSENT, ASPECTS, Aspect, shared_owners
from farm.worker.names import Imports, Names

_MANY = 3
"""How many names are told of those that were put back."""


@dataclass(frozen=True)
class Changes:
    """What had changed.

    Attributes:
        restored: what was put back, in words.
        lasting: what can't be put back: the process is spent.
    """

    restored: tuple[str, ...] = ()
    lasting: tuple[str, ...] = ()

    def __add__(self, other: Changes) -> Changes:
        return Changes(self.restored + other.restored, self.lasting + other.lasting)

    @property
    def note(self) -> str:
        """What the process that has it left behind, in words; "" if it is all put back."""
        return f"left {', '.join(self.lasting)} behind: the next vector runs in a new process" if self.lasting else ""


class ProcessState:
    """The state at one time.

    It is cheap to make, and to compare with the present one where little has changed: about a tenth of a millisecond.
    """

    def __init__(self, *, imports: bool = False, without: Collection[Aspect] = ()) -> None:
        """Save the present state.

        Args:
            imports: whether the imported modules belong to it.
            without: aspects to leave out.
        """
        self._values: dict[Aspect, Any] = {each: each.read() for each in ASPECTS if each not in without}
        self._names = Names(shared_owners())
        self._imports = Imports() if imports else None

    def restore(self) -> Changes:
        """Undo what has changed since; return what that was."""
        names = list(self._names.restore())  # first, since the rest uses them
        if self._imports is not None:
            names += self._imports.restore()
        restored, lasting = list(_few(names)), []
        for aspect, value in self._values.items():
            now = aspect.read()
            if value is ABSENT:
                self._values[aspect] = now
            elif not aspect.same(value, now):
                if not _put_back(aspect, value):
                    lasting.append(aspect.name)
                elif not aspect.harmless:
                    restored.append(aspect.name)
        return Changes(tuple(restored), tuple(lasting))


def _put_back(aspect: Aspect, value: Any) -> bool:
    """Put an aspect back; return whether it is as it was."""
    if aspect.put_back is None:
        return False
    try:
        aspect.put_back(value)
        return aspect.same(value, aspect.read())
    except Exception:  # noqa: BLE001 - whatever refuses, it isn't put back
        return False


def _few(names: list[str]) -> Iterator[str]:
    yield from names[:_MANY]
    if len(names) > _MANY:
        yield f"{len(names) - _MANY} more names"
