from __future__ import annotations

from pathlib import Path

from farm.core.module_loader import LoaderProvider, ModuleLoader
from farm.core.sweep_module import SweepModule
from farm.planning.module_loaders import loader_details, loader_lines
from farm.sweeps.loader import MASTER_VARIABLE
from farm.sweeps.records import ImportedModule

V1 = "tests.sweep_framework.master_config_loader"
V2 = "tests.sweep_framework.master_config_loader_v2"


def imported(name: str, *loaders: ModuleLoader) -> ImportedModule:
    module = SweepModule(name, Path(f"{name}.py"), environment={MASTER_VARIABLE: "/m.json"})
    return ImportedModule(module, None, fixture=False, suites=(), loaders=loaders)


FARM, TT_METAL = LoaderProvider.FARM, LoaderProvider.TT_METAL
MODULES = [
    imported("plain"),
    imported("own", ModuleLoader("farm.sweeps", FARM, ("/m.json",))),
    *(imported(f"later{place}", ModuleLoader(V2, FARM, ("/m.json",))) for place in range(7)),
    imported("early", ModuleLoader(V1, TT_METAL, ignores_master=True)),
    imported("late", ModuleLoader(V2, TT_METAL)),
    *(imported(f"none{place}", ModuleLoader("farm.sweeps", FARM, untraced=(f"no {place}",))) for place in range(5)),
]


def test_which_loader_modules_got() -> None:
    assert list(loader_lines(MODULES)) == [
        f"later0, later1, later2, later3, later4 and 2 more: farm's loader stands in for {V2}; in a checkout of "
        "tt-metal, its own is used",
        f"early: traced configurations come from tt-metal's {V1}",
        f"late: traced configurations come from tt-metal's {V2}",
        f"early: --master has no effect: tt-metal's {V1} doesn't read {MASTER_VARIABLE}",
        "none0: no 0",
        "none1: no 1",
        "none2: no 2",
        "nothing traced for 2 further modules",
    ]
    assert list(loader_lines(MODULES[:2])) == []


def test_what_a_run_records_of_loaders() -> None:
    later = [f"later{place}" for place in range(7)]
    assert loader_details(MODULES[:10]) == {
        "loaders": [
            {"loader": "farm.sweeps", "provider": "farm", "masters": ["/m.json"], "modules": ["own"]},
            {"loader": V2, "provider": "farm", "masters": ["/m.json"], "modules": later},
            {"loader": V1, "provider": "tt-metal", "masters": [], "modules": ["early"]},
        ]
    }
    assert loader_details(MODULES[:1]) == {}
