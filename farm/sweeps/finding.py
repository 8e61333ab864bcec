"""Find sweep modules by their files; nothing is imported."""

from __future__ import annotations

import ast
import difflib
import fnmatch
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from farm.core.errors import FarmError, NothingSelected
from farm.core.sweep_module import SweepModule

FRAMEWORK = Path("tests") / "sweep_framework"
"""Where a checkout of tt-metal has its sweeps, in the folder `sweeps`."""
_DEFINITION = re.compile(rb"^(?:parameters\s*=|def run\s*\()", re.MULTILINE)
_LONG_TEXT = re.compile(rb"\"\"\"|'''")
MAX_NAMES = 10
"""Names of modules that an error lists."""


@dataclass(frozen=True, slots=True)
class ModuleFolder:
    """A folder of sweep modules, or a single one.

    Attributes:
        folder: the folder that modules' names are relative to; in a checkout of tt-metal, its `sweeps`.
        paths: what modules in it can import.
        only: the file, if it is a single module.
        within: the part of the folder that has the modules; None for all of it.
        home: the checkout of tt-metal that it is in.
    """

    folder: Path
    paths: tuple[Path, ...]
    only: Path | None = None
    home: Path | None = None
    within: Path | None = None

    @property
    def prefix(self) -> str:
        """What the names of all its modules begin with: the dotted name of `within`; it may be empty."""
        return "" if self.within is None else ".".join(self.within.relative_to(self.folder).parts)


def module_folder(
    tt_metal: Path | None = None,
    sweeps: Path | None = None,
    here: Path | None = None,
    selectors: Sequence[str] = (),
) -> ModuleFolder:
    """Return the folder to find modules in.

    Args:
        tt_metal: a checkout of tt-metal: its modules or, beside `sweeps`, what those modules can import.
        sweeps: a folder of modules, or one module's file.
        here: where to search for a checkout, upward, if neither is passed; by default the working directory.
        selectors: the modules to find; if there is no checkout, it is searched around those that are paths.

    Raises:
        FarmError: there is no such file or folder, or no checkout around the working directory.
    """
    home = None if tt_metal is None else tt_metal.resolve()
    if home is not None and not (home / FRAMEWORK / "sweeps").is_dir():
        raise FarmError(f"--tt-metal {tt_metal}: no checkout of tt-metal: it has no {FRAMEWORK / 'sweeps'}")
    if sweeps is not None:
        path = sweeps.resolve()
        root = home or _checkout_around(path)
        root_paths = () if root is None else _paths(root)
        place = path.parent if path.is_file() else path
        paths = (place, *root_paths)
        of_checkout = None if root is None else root / FRAMEWORK / "sweeps"
        folder = of_checkout if of_checkout is not None and place.is_relative_to(of_checkout) else place
        if path.is_file():
            return ModuleFolder(folder, paths, path, root, place)
        if path.is_dir():
            return ModuleFolder(folder, paths, None, root, place)
        raise FarmError(f"--sweeps {sweeps}: there is no such file or folder")
    if home is not None:
        return _checkout(home)
    named = [Path(selector).expanduser().resolve() for selector in _each(selectors) if is_path(selector)]
    for place in ((here or Path.cwd()).resolve(), *named):
        if root := _checkout_around(place):
            return _checkout(root)
    if outside := next(
        (path for each in _each(selectors) if (path := Path(each).expanduser().resolve()).exists()), None
    ):
        raise FarmError(f"{outside} is in no checkout of tt-metal: name it with --sweeps {shlex.quote(str(outside))}")
    raise FarmError("no sweep modules here: name a checkout with --tt-metal DIR, or a file or folder with --sweeps")


def _checkout(root: Path) -> ModuleFolder:
    return ModuleFolder(root / FRAMEWORK / "sweeps", _paths(root), home=root)


def _checkout_around(path: Path) -> Path | None:
    return next((each for each in (path, *path.parents) if (each / FRAMEWORK / "sweeps").is_dir()), None)


def _paths(root: Path) -> tuple[Path, ...]:
    return root / FRAMEWORK, root


def find_modules(
    place: ModuleFolder,
    selectors: Sequence[str] = (),
    skip: Sequence[str] = (),
    *,
    environment: dict[str, str] | None = None,
    import_seconds: float = 120.0,
) -> list[SweepModule]:
    """Return the modules that names select, sorted by name.

    Args:
        place: the folder to find them in.
        selectors: names, the first dotted parts of names (`eltwise.unary`), globs (`*.relu*`), or paths of files and
            folders; commas separate several. Empty selects all.
        skip: the same, of modules to leave out.
        environment: variables to set before they are imported.
        import_seconds: see `SweepModule`.

    Raises:
        NothingSelected: a selector selects no module, or all are skipped.
    """
    by_name = python_files(place)
    selected: dict[str, None] = {}
    for selector in _each(selectors):
        dotted = dotted_name(selector, place)
        matches = [name for name in by_name if _selects(dotted, name)]
        if not matches:
            raise NothingSelected(_no_module(selector, place, by_name))
        # a file selected by its own name is a module, whatever it contains
        selected.update(dict.fromkeys(name for name in matches if name == dotted or _is_module(by_name[name])))
    if not selectors:
        selected = dict.fromkeys(name for name, file in by_name.items() if place.only or _is_module(file))
    skipped = [dotted_name(selector, place) for selector in _each(skip)]
    names = [name for name in sorted(selected) if not any(_selects(selector, name) for selector in skipped)]
    if not names:
        text = ", ".join(selectors) or str(place.folder)
        raise NothingSelected(f"{text}: there is no sweep module in it" + (" that isn't skipped" if skip else ""))
    return [
        SweepModule(name, by_name[name], place.paths, dict(environment or {}), import_seconds, place.home)
        for name in names
    ]


def idle_skips(place: ModuleFolder, skip: Sequence[str]) -> Iterator[str]:
    """Yield a note for each module to leave out that does not exist."""
    by_name = python_files(place)
    for selector in _each(skip):
        if not any(_selects(dotted_name(selector, place), name) for name in by_name):
            yield f"--skip: {_no_module(selector, place, by_name)}"


def _no_module(selector: str, place: ModuleFolder, by_name: Mapping[str, Path]) -> str:
    return f"no sweep module {selector!r} in {place.folder}{nearest(dotted_name(selector, place), by_name)}"


def python_files(place: ModuleFolder) -> dict[str, Path]:
    """Return the Python files of a folder of modules, or the single one, by dotted name."""
    files = [place.only] if place.only else _python_files(place.within or place.folder)
    return {_dotted(place.folder, file): file for file in files}


def is_selected(name: str, place: ModuleFolder, selectors: Sequence[str], skip: Sequence[str]) -> bool:
    """Return whether a module's name is selected and not skipped; see `find_modules`."""
    dotted = [dotted_name(selector, place) for selector in _each(selectors)]
    skipped = [dotted_name(selector, place) for selector in _each(skip)]
    selected = not dotted or any(_selects(selector, name) for selector in dotted)
    return selected and not any(_selects(selector, name) for selector in skipped)


def _python_files(folder: Path) -> list[Path]:
    hidden = ("__pycache__", ".")
    return [
        path
        for path in sorted(folder.rglob("*.py"))
        if path.stem != "__init__" and not any(part.startswith(hidden) for part in path.relative_to(folder).parts)
    ]


def _dotted(folder: Path, file: Path) -> str:
    return ".".join(file.relative_to(folder).with_suffix("").parts)


def _each(selectors: Iterable[str]) -> list[str]:
    return [part.strip() for selector in selectors for part in selector.split(",") if part.strip()]


def _selects(dotted: str, name: str) -> bool:
    return name == dotted or name.startswith(f"{dotted}.") or fnmatch.fnmatchcase(name, dotted)


def is_path(selector: str) -> bool:
    """Return whether a selector is written as a path, not as a dotted name."""
    return "/" in selector or selector.endswith(".py")


def dotted_name(selector: str, place: ModuleFolder) -> str:
    """Return a selector as a dotted name, or as a glob of such names.

    A path may be absolute, or start at the working directory, the checkout, or the folder of modules. One of another
    checkout, which isn't here, counts from its folder of modules on.

    Args:
        selector: a name, the first parts of one, a glob, or the path of a file or folder, with or without `.py`.
        place: the folder of modules.
    """
    if not is_path(selector):
        return _whole_name(_within_sweeps(selector.split("."), place), place.prefix)
    path = Path(selector.removesuffix(".py")).expanduser()
    for start in (Path.cwd(), place.folder, *((place.home,) if place.home else ())):
        for file in (Path(os.path.abspath(start / path)), (start / path).resolve()):  # noqa: PTH100 - keeps links
            exists = file.is_dir() or file.with_name(f"{file.name}.py").is_file()
            if exists and file.is_relative_to(place.folder):
                return ".".join(file.relative_to(place.folder).parts) or "*"
    return _within_sweeps([part for part in path.parts if part not in ("/", ".", "..")], place)


def _within_sweeps(parts: list[str], place: ModuleFolder) -> str:
    """The parts of a name from a checkout's folder of modules on, joined by dots."""
    framework = (FRAMEWORK.name, "sweeps")
    for start in range(len(parts) - 1):
        if tuple(parts[start : start + 2]) == framework:
            return ".".join(parts[start + 2 :]) or "*"
    if parts[:1] == ["sweeps"] and not (place.folder / "sweeps").exists():
        return ".".join(parts[1:]) or "*"
    return ".".join(parts)


def _whole_name(name: str, prefix: str) -> str:
    """A name in a part of a checkout's folder of modules, with what the part's own name puts in front of it."""
    is_whole = f"{name}.".startswith(f"{prefix}.") or f"{prefix}.".startswith(f"{name}.") or name.startswith("*")
    return name if is_whole or not prefix else f"{prefix}.{name}"


def nearest(selector: str, names: Iterable[str]) -> str:
    """Return the end of an error about a module that isn't there: the names that are nearest to it, or all."""
    names = list(names)
    by_last_part = {name.rpartition(".")[2]: name for name in names}
    close = [by_last_part[each] for each in difflib.get_close_matches(selector.rpartition(".")[2], by_last_part, n=3)]
    close = close or difflib.get_close_matches(selector, names, n=3)
    if close:
        return f"; nearest: {', '.join(close)}"
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f", which has {', '.join(sorted(names)[:MAX_NAMES]) or 'none'}{more}"


def _is_module(file: Path) -> bool:
    """Return whether a file defines `parameters` or `run`, or can't be parsed: then importing it reports the error."""
    try:
        source = file.read_bytes()
        if (definition := _DEFINITION.search(source)) and not _LONG_TEXT.search(source, 0, definition.start()):
            return True  # no need to parse it, which takes as long as importing it
        tree = ast.parse(source)
    except (SyntaxError, ValueError, OSError):
        return True
    return any(name in ("parameters", "run") for node in tree.body for name in _defined_names(node))


def _defined_names(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, (ast.AnnAssign, ast.AugAssign)) and isinstance(node.target, ast.Name):
        return [node.target.id]
    if isinstance(node, ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    return []
