"""The loaders that sweep modules took traced configurations from, as details of a run and as notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from farm.core.module_loader import LoaderProvider, ModuleLoader
from farm.core.plain_words import counted
from farm.sweeps.loader import MASTER_VARIABLE
from farm.sweeps.records import ImportedModule

_MOST_NAMES = 5
_MOST_LINES = 3


def loader_details(modules: Iterable[ImportedModule]) -> dict[str, Any]:
    """Return the details that a run records: each loader's provider, masters, and the modules that imported it."""
    by_loader: dict[tuple[str, LoaderProvider], dict[str, Any]] = {}
    for imported, loader in _pairs(modules):
        empty: dict[str, Any] = {"loader": loader.name, "provider": loader.provider.value, "masters": [], "modules": []}
        entry = by_loader.setdefault((loader.name, loader.provider), empty)
        entry["masters"] += [master for master in loader.masters if master not in entry["masters"]]
        entry["modules"].append(imported.module.name)
    return {"loaders": list(by_loader.values())} if by_loader else {}


def loader_lines(modules: Iterable[ImportedModule]) -> Iterator[str]:
    """Yield notes: loaders that modules got under tt-metal's names, those that ignore `--master`, what isn't traced."""
    stand_ins: dict[str, list[str]] = {}
    originals: dict[str, list[str]] = {}
    unreached: dict[str, list[str]] = {}
    untraced: list[str] = []
    for imported, loader in _pairs(modules):
        name = imported.module.name
        if loader.is_stand_in:
            stand_ins.setdefault(loader.name, []).append(name)
        elif loader.provider is LoaderProvider.TT_METAL:
            originals.setdefault(loader.name, []).append(name)
            if loader.ignores_master and MASTER_VARIABLE in imported.module.environment:
                unreached.setdefault(loader.name, []).append(name)
        untraced += [f"{name}: {line}" for line in loader.untraced]
    for loader_name, names in stand_ins.items():
        yield f"{_some(names)}: farm's loader stands in for {loader_name}; in a checkout of tt-metal, its own is used"
    for loader_name, names in originals.items():
        yield f"{_some(names)}: traced configurations come from tt-metal's {loader_name}"
    for loader_name, names in unreached.items():
        yield f"{_some(names)}: --master has no effect: tt-metal's {loader_name} doesn't read {MASTER_VARIABLE}"
    yield from untraced[:_MOST_LINES]
    if len(untraced) > _MOST_LINES:
        yield f"nothing traced for {counted(len(untraced) - _MOST_LINES, 'further module')}"


def _pairs(modules: Iterable[ImportedModule]) -> Iterator[tuple[ImportedModule, ModuleLoader]]:
    for imported in modules:
        for loader in imported.loaders:
            yield imported, loader


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
