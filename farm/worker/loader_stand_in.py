"""farm's loader in the place of tt-metal's, for modules outside of a checkout.

Modules import `tests.sweep_framework.master_config_loader` or `..._v2`. Where Python finds no such module, a finder
behind all others supplies it, and the packages around it if they are missing. Nothing that exists is hidden: neither a
checkout nor a `tests` folder of the user's own.
"""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from farm import sweeps
from farm.core.module_loader import LoaderProvider, ModuleLoader
from farm.sweeps import live_values
from farm.sweeps.loader import MASTER_VARIABLE, Lookup

_FRAMEWORK = "tests.sweep_framework"
_PACKAGES = ("tests", _FRAMEWORK)
_STAND_INS = (f"{_FRAMEWORK}.master_config_loader", f"{_FRAMEWORK}.master_config_loader_v2")
_OWN = ("farm.sweeps", "farm.sweeps.loader")
# the folder of the framework is on the path of a checkout's modules
LOADERS = (*_STAND_INS, *(name.rpartition(".")[2] for name in _STAND_INS), *_OWN)
"""The Python modules that a sweep module may import a loader from."""
_CHECKOUT_FOLDERS = ("tests", "models")
_HINT = "if it is tt-metal's, name a checkout that has it: --tt-metal DIR"

_NAMES: dict[str, Any] = {name: getattr(sweeps, name) for name in sweeps.__all__} | {
    function.__name__: function
    for function in (
        live_values.dict_to_compute_kernel_config,
        live_values.dict_to_core_grid,
        live_values.dict_to_memory_config,
        live_values.dict_to_program_config,
        live_values.parse_dtype,
        live_values.parse_layout,
    )
}


class StandInLoader(Loader):
    """Makes a stand-in for one of tt-metal's loaders, or a package around it."""

    def exec_module(self, module: ModuleType) -> None:
        """See `importlib.abc.Loader`."""
        name = module.__name__
        if name in _PACKAGES:
            return

        def missing(attribute: str) -> NoReturn:
            if attribute.startswith("__"):
                raise AttributeError(f"module {name!r} has no attribute {attribute!r}")
            # an ImportError: of an AttributeError, `from ... import` keeps no text
            raise ImportError(
                f"farm's stand-in for {name} lacks {attribute}: it has {', '.join(sorted(_NAMES))}; "
                f"for tt-metal's own, name its checkout with --tt-metal DIR",
                name=name,
            )

        module.__dict__.update(_NAMES, __getattr__=missing, __all__=sorted(_NAMES))
        module.__doc__ = "farm's loader of traced configurations, in the place of tt-metal's."


class _Portions(list[str]):
    """The folders of a package on `sys.path` as it is: a module may extend it after it has imported a loader."""

    def __init__(self, package: str) -> None:
        super().__init__()
        self._parts = package.split(".")

    def __iter__(self) -> Iterator[str]:
        folders = (Path(entry, *self._parts) for entry in sys.path)
        return (str(folder) for folder in folders if folder.is_dir())


class _StandIns:
    """Finds the stand-ins, after all other finders have found nothing."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol's signature
        target: ModuleType | None = None,  # noqa: ARG002 - see above
    ) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        if name in _PACKAGES:
            spec = ModuleSpec(name, StandInLoader(), is_package=True)
            spec.submodule_search_locations = _Portions(name)
            return spec
        if name in _STAND_INS:
            return ModuleSpec(name, StandInLoader())
        if _is_framework_part(name):
            raise ModuleNotFoundError(f"No module named {name!r}; {_HINT}", name=name)
        return None


def prepare() -> None:
    """Make the stand-ins importable, and forget those that are imported: the next module may have a `tests` itself."""
    if not any(isinstance(finder, _StandIns) for finder in sys.meta_path):
        sys.meta_path.append(_StandIns())
    for name in (*_STAND_INS, *reversed(_PACKAGES)):
        if _is_stand_in(sys.modules.get(name)):
            del sys.modules[name]


def imported() -> frozenset[str]:
    """The names of the loaders that this process has imported."""
    return frozenset(name for name in LOADERS if name in sys.modules)


def loaders_of(file: Path, since: frozenset[str], lookups: Sequence[Lookup]) -> tuple[ModuleLoader, ...]:
    """Return the loaders that a sweep module has imported, itself or by a module that it imported first.

    Args:
        file: its source.
        since: what was imported before it.
        lookups: its requests to farm's loaders.
    """
    names = [name for name in LOADERS if name in sys.modules and (name not in since or name in _imports(file))]
    # farm.sweeps imports its own parts
    names = [name for name in names if name not in _OWN or name in _imports(file)]
    return tuple(_loader(name, lookups) for name in names)


def hint(error: BaseException) -> str:
    """Return what to do if a module can't import a part of tt-metal; "" for other errors."""
    if not isinstance(error, ModuleNotFoundError) or error.name is None or _is_framework_part(error.name):
        return ""  # of a part of the framework, the finder's own error says it
    return f"; {_HINT}" if error.name.partition(".")[0] in _CHECKOUT_FOLDERS else ""


def _is_framework_part(name: str) -> bool:
    return name.startswith(f"{_FRAMEWORK}.")


def _loader(name: str, lookups: Sequence[Lookup]) -> ModuleLoader:
    module = sys.modules[name]
    if name not in _OWN and not _is_stand_in(module):
        return ModuleLoader(name, LoaderProvider.TT_METAL, ignores_master=not _reads_variable(str(module.__file__)))
    masters = dict.fromkeys(lookup.master for lookup in lookups)
    untraced = dict.fromkeys(lookup.untraced for lookup in lookups if lookup.untraced)
    return ModuleLoader(name, LoaderProvider.FARM, tuple(masters), untraced=tuple(untraced))


def _is_stand_in(module: ModuleType | None) -> bool:
    spec = None if module is None else module.__spec__
    return spec is not None and isinstance(spec.loader, StandInLoader)


@functools.lru_cache(maxsize=4)
def _imports(file: Path) -> frozenset[str]:
    """The dotted names that a file imports, wherever in it."""
    source = file.read_bytes()
    if b"master_config_loader" not in source and b"farm" not in source:  # parsing all of a tree takes seconds
        return frozenset()
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(names)


@functools.lru_cache(maxsize=8)
def _reads_variable(file: str) -> bool:
    """Whether a loader's source has the name of the variable that `--master` sets."""
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    return any(isinstance(node, ast.Constant) and node.value == MASTER_VARIABLE for node in ast.walk(tree))
