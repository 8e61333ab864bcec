"""The names of shared modules and classes, with what they stand for, saved and put back."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

_CODE = FunctionType, BuiltinFunctionType, type
_MISSING = object()
_SHARED = frozenset(sys.stdlib_module_names) | {"farm", "numpy", "torch", "tracer", "ttnn"}


class Saved:
    """The names of one module or class, or the imported modules, as they were.

    A new name stays: it may be a part of a package that was imported since.
    """

    def __init__(self, live: Mapping[str, Any]) -> None:
        """Save the names of a mapping that goes on changing."""
        self._live = live
        self.take()

    def take(self) -> None:
        """Save them as they are now."""
        self._names = dict(self._live)
        self._values = tuple(self._names.values())

    def changed(self) -> dict[str, Any]:
        """What was saved of each name that stands for something else now, or is gone; new names are saved.

        Comparing tuples is several times faster than comparing identities, and looks at identities first.
        """
        live = self._live
        try:
            if len(live) == len(self._values) and tuple(live.values()) == self._values:
                return {}
        except Exception:  # noqa: BLE001, S110 - objects may refuse to be compared with others: then they are others
            pass
        changed = {name: value for name, value in self._names.items() if live.get(name, _MISSING) is not value}
        if changed:
            self._names.update({name: value for name, value in live.items() if name not in self._names})
            self._values = tuple(self._names.values())
        else:
            self.take()
        return changed


class Names:
    """The names of some modules and classes, as they were."""

    def __init__(self, owners: Iterable[Any]) -> None:
        """Save the names of modules and classes."""
        self._saved = [(owner, Saved(vars(owner))) for owner in owners]

    def restore(self) -> Iterator[str]:
        """Put back what has changed; yield the name of each."""
        for owner, saved in self._saved:
            for name, value in saved.changed().items():
                setattr(owner, name, value)
                yield f"{owner.__name__}.{name}"


class Imports:
    """The imported modules, as they were."""

    def __init__(self) -> None:
        self._saved = Saved(sys.modules)

    def restore(self) -> Iterator[str]:
        """Put back what has changed; yield the name of each."""
        changed = self._saved.changed()
        sys.modules.update(changed)
        yield from changed


class SharedCode:
    """The functions and classes of modules that sweep modules share: Python's own, ttnn's, farm's, numpy's and torch's.

    Once a module is noted, its functions and classes are those from then on; the variables are its own to change.
    """

    def __init__(self) -> None:
        self._saved: dict[str, tuple[ModuleType, Saved]] = {}

    def note(self) -> None:
        """Note the modules that have been imported since."""
        for name, module in list(sys.modules.items()):
            if name not in self._saved and name.partition(".")[0] in _SHARED and isinstance(module, ModuleType):
                self._saved[name] = module, Saved(vars(module))

    def restore(self) -> None:
        """Put back what has changed."""
        for module, saved in self._saved.values():
            if changed := saved.changed():
                for name, value in changed.items():
                    if isinstance(value, _CODE):
                        setattr(module, name, value)
                saved.take()
