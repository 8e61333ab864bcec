"""Which sweep modules there are, by looking at files: nothing is imported here."""

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


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of sweep modules, or a single one.

    Attributes:
        folder: where names begin.
        paths: what modules in it can import.
        only: the file, where it is a single one.
        home: the checkout of tt-metal that it is in.
    """

    folder: Path
    paths: tuple[Path, ...]
    only: Path | None = None
    home: Path | None = None


def place_of(tt_metal: Path | None = None, sweeps: Path | None = None, here: Path | None = None) -> Place:
    """Where modules are looked for.

    Args:
        tt_metal: a checkout of tt-metal.
        sweeps: a folder of modules, or one module's file.
        here: where a checkout is looked for, upward, if neither is given; else the working directory.

    Raises:
        FarmError: there is no such thing, or no checkout around the working directory.
    """
    if sweeps is not None:
        path = sweeps.resolve()
        root = _checkout_around(path)
        around = () if root is None else _paths(root)
        if path.is_file():
            return Place(path.parent, (path.parent, *around), path, root)
        if path.is_dir():
            return Place(path, (path, *around), home=root)
        raise FarmError(f"--sweeps {sweeps}: there is no such file or folder")
    if tt_metal is not None:
        root = tt_metal.resolve()
        if not (root / FRAMEWORK / "sweeps").is_dir():
            raise FarmError(f"--tt-metal {tt_metal}: no checkout of tt-metal: it has no {FRAMEWORK / 'sweeps'}")
        return _checkout(root)
    found = _checkout_around((here or Path.cwd()).resolve())
    if found is not None:
        return _checkout(found)
    raise FarmError("no sweep modules here: name a checkout with --tt-metal DIR, or a file or folder with --sweeps")


def _checkout(root: Path) -> Place:
    return Place(root / FRAMEWORK / "sweeps", _paths(root), home=root)


def _checkout_around(place: Path) -> Path | None:
    return next((each for each in (place, *place.parents) if (each / FRAMEWORK / "sweeps").is_dir()), None)


def _paths(root: Path) -> tuple[Path, ...]:
    return root / FRAMEWORK, root


def find_modules(
    place: Place,
    wanted: Sequence[str] = (),
    skip: Sequence[str] = (),
    *,
    environment: dict[str, str] | None = None,
    import_seconds: float = 120.0,
) -> list[SweepModule]:
    """The modules that names select, in the order of their names.

    Args:
        place: where they are.
        wanted: names, beginnings of names (`eltwise.unary`) or globs (`*.relu*`); commas separate several. All, where
            there is none.
        skip: the same, of modules to leave out.
        environment: variables to set before they are imported.
        import_seconds: see `SweepModule`.

    Raises:
        NothingSelected: a name selects no module, or nothing is left.
    """
    files = [place.only] if place.only else _python_files(place.folder)
    known = {_dotted(place.folder, file): file for file in files}
    chosen: dict[str, None] = {}
    for pattern in _each(wanted):
        found = [name for name in known if _selects(pattern, name)]
        if not found:
            raise NothingSelected(f"no sweep module {pattern!r} in {place.folder}{_nearest(pattern, known)}")
        # a file chosen by its own name is a module, whatever it looks like
        chosen.update(dict.fromkeys(name for name in found if name == pattern or _looks_like_one(known[name])))
    if not wanted:
        chosen = dict.fromkeys(name for name, file in known.items() if place.only or _looks_like_one(file))
    left = [name for name in sorted(chosen) if not any(_selects(pattern, name) for pattern in _each(skip))]
    if not left:
        what = ", ".join(wanted) or str(place.folder)
        raise NothingSelected(f"{what}: there is no sweep module in it" + (" that isn't skipped" if skip else ""))
    given = dict(environment or {})
    return [SweepModule(name, known[name], place.paths, given, import_seconds, place.home) for name in left]


def _python_files(folder: Path) -> list[Path]:
    hidden = ("__pycache__", ".")
    return [
        path
        for path in sorted(folder.rglob("*.py"))
        if path.stem != "__init__" and not any(part.startswith(hidden) for part in path.relative_to(folder).parts)
    ]


def _dotted(folder: Path, file: Path) -> str:
    return ".".join(file.relative_to(folder).with_suffix("").parts)


def _each(patterns: Iterable[str]) -> list[str]:
    return [part.strip() for pattern in patterns for part in pattern.split(",") if part.strip()]


def _selects(pattern: str, name: str) -> bool:
    plain = pattern.removesuffix(".py").replace("/", ".")
    return name == plain or name.startswith(f"{plain}.") or fnmatch.fnmatchcase(name, plain)


def _nearest(pattern: str, known: Iterable[str]) -> str:
    names = list(known)
    last = {name.rpartition(".")[2]: name for name in names}
    close = [last[each] for each in difflib.get_close_matches(pattern.rpartition(".")[2], last, n=3)]
    close = close or difflib.get_close_matches(pattern, names, n=3)
    return f"; nearest: {', '.join(close)}" if close else f", which has {len(names)}"


def _looks_like_one(file: Path) -> bool:
    """Whether a file defines `parameters` or `run`; one that doesn't parse is taken for a module, and will say so."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return True
    return any(name in ("parameters", "run") for node in tree.body for name in _defined(node))


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, (ast.AnnAssign, ast.AugAssign)) and isinstance(node.target, ast.Name):
        return [node.target.id]
    if isinstance(node, ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    return []
