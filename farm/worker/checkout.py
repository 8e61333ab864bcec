"""A checkout of tt-metal as its sweep modules expect it: importable, `TT_METAL_HOME`, the working directory."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

HOME_VARIABLE = "TT_METAL_HOME"
_FOLDERS = ("tests", "models")
"""What modules import from a checkout. Both are folders without an `__init__.py`, so an installed package of the same
name would be imported instead, even from a later place on the path."""


def enter(home: str) -> None:
    """Import `tests` and `models` from a checkout in this process, and set `TT_METAL_HOME` unless it is set."""
    os.environ.setdefault(HOME_VARIABLE, home)
    prefer_folders_of(home)


def prefer_folders_of(parent: str) -> None:
    """Import `tests` and `models` from a folder that has them, whatever is installed."""
    if any(isinstance(finder, _Folders) and finder.parent == parent for finder in sys.meta_path):
        return
    if any(Path(parent, name).is_dir() for name in _FOLDERS):
        sys.meta_path.insert(0, _Folders(parent))


@contextlib.contextmanager
def inside(home: str | None) -> Iterator[None]:
    """Make a checkout the working directory during a `with` block; None leaves it as it is."""
    if home is None:
        yield
        return
    before = os.getcwd()  # noqa: PTH109 - chdir's own counterpart
    os.chdir(home)
    try:
        yield
    finally:
        os.chdir(before)


class _Folders:
    """Finds the top-level folders of a checkout, or of a folder of modules, before installed packages.

    Attributes:
        parent: the folder that they are in.
    """

    def __init__(self, parent: str) -> None:
        self.parent = parent

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        return PathFinder.find_spec(name, [self.parent], target) if path is None and name in _FOLDERS else None
