"""Find sweep modules by their files; nothing is imported."""

from __future__ import annotations

import ast
import difflib
import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from farm.core.errors import FarmError, NothingSelected
from farm.core.sweep_module import SweepModule

FRAMEWORK = Path("tests") / "sweep_framework"
"""Where a checkout of tt-metal has its sweeps, in the folder `sweeps`."""
MAX_NAMES = 10
"""Names of modules that an error lists."""


@dataclass(frozen=True, slots=True)
class ModuleFolder:
    """A folder of sweep modules, or a single one.

    Attributes:
        folder: the folder that modules' names are relative to.
        paths: what modules in it can import.
        only: the file, if it is a single module.
        home: the checkout of tt-metal that it is in.
    """

    folder: Path
    paths: tuple[Path, ...]
    only: Path | None = None
    home: Path | None = None


def module_folder(tt_metal: Path | None = None, sweeps: Path | None = None, here: Path | None = None) -> ModuleFolder:
    """Return the folder to find modules in.

    Args:
        tt_metal: a checkout of tt-metal.
        sweeps: a folder of modules, or one module's file.
        here: where to search for a checkout, upward, if neither is passed; by default the working directory.

    Raises:
        FarmError: there is no such file or folder, or no checkout around the working directory.
    """
    if sweeps is not None:
        path = sweeps.resolve()
        root = _checkout_around(path)
        root_paths = () if root is None else _paths(root)
        if path.is_file():
            return ModuleFolder(path.parent, (path.parent, *root_paths), path, root)
        if path.is_dir():
            return ModuleFolder(path, (path, *root_paths), home=root)
        raise FarmError(f"--sweeps {sweeps}: there is no such file or folder")
    if tt_metal is not None:
        root = tt_metal.resolve()
        if not (root / FRAMEWORK / "sweeps").is_dir():
            raise FarmError(f"--tt-metal {tt_metal}: no checkout of tt-metal: it has no {FRAMEWORK / 'sweeps'}")
        return _checkout(root)
    root = _checkout_around((here or Path.cwd()).resolve())
    if root is not None:
        return _checkout(root)
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
        selectors: names, the first dotted parts of names (`eltwise.unary`) or globs (`*.relu*`); commas separate
            several. Empty selects all.
        skip: the same, of modules to leave out.
        environment: variables to set before they are imported.
        import_seconds: see `SweepModule`.

    Raises:
        NothingSelected: a selector selects no module, or all are skipped.
    """
    files = [place.only] if place.only else _python_files(place.folder)
    by_name = {_dotted(place.folder, file): file for file in files}
    selected: dict[str, None] = {}
    for selector in _each(selectors):
        matches = [name for name in by_name if _selects(selector, name)]
        if not matches:
            raise NothingSelected(f"no sweep module {selector!r} in {place.folder}{_nearest(selector, by_name)}")
        # a file selected by its own name is a module, whatever it contains
        selected.update(dict.fromkeys(name for name in matches if name == selector or _is_module(by_name[name])))
    if not selectors:
        selected = dict.fromkeys(name for name, file in by_name.items() if place.only or _is_module(file))
    names = [name for name in sorted(selected) if not any(_selects(selector, name) for selector in _each(skip))]
    if not names:
        text = ", ".join(selectors) or str(place.folder)
        raise NothingSelected(f"{text}: there is no sweep module in it" + (" that isn't skipped" if skip else ""))
    return [
        SweepModule(name, by_name[name], place.paths, dict(environment or {}), import_seconds, place.home)
        for name in names
    ]


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


def _selects(selector: str, name: str) -> bool:
    dotted = selector.removesuffix(".py").replace("/", ".")
    return name == dotted or name.startswith(f"{dotted}.") or fnmatch.fnmatchcase(name, dotted)


def _nearest(selector: str, names: Iterable[str]) -> str:
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
        tree = ast.parse(file.read_bytes())
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
