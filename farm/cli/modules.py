"""The options that name sweep modules, shared by the commands that take them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from farm.planning.module_choice import ModuleSelection

ModuleNames = Annotated[
    list[str] | None,
    typer.Option("--module", help="Sweep modules: a name, the beginning of one, or a glob; commas separate several."),
]
Skip = Annotated[list[str] | None, typer.Option("--skip", help="Modules to leave out, named the same way.")]
TtMetal = Annotated[
    Path | None,
    typer.Option("--tt-metal", help="The checkout whose modules they are; else the one around the working directory."),
]
Sweeps = Annotated[Path | None, typer.Option("--sweeps", help="A folder or a file of sweep modules instead.")]
ImportSeconds = Annotated[
    float, typer.Option("--import-timeout", min=0.1, help="Seconds that importing one module may take.")
]
IMPORT_SECONDS = 120.0


def module_choice(
    names: Sequence[str] | None,
    skip: Sequence[str] | None,
    tt_metal: Path | None,
    sweeps: Path | None,
    suite: str | None,
    *,
    dump: Path | None = None,
    master: Path | None = None,
    import_seconds: float = IMPORT_SECONDS,
) -> ModuleSelection:
    """What the options of a command line choose."""
    from farm.planning.module_choice import ModuleSelection

    return ModuleSelection(
        names=tuple(names or ()),
        skip=tuple(skip or ()),
        tt_metal=tt_metal,
        sweeps=sweeps,
        dump=dump,
        suites=tuple(part.strip() for part in (suite or "").split(",") if part.strip()),
        master=master,
        import_seconds=import_seconds,
    )
