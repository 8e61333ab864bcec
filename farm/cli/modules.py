"""`farm modules`: list sweep modules with their suites and the number of vectors of each."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer

from farm.cli.common import note
from farm.cli.spec_options import SpecOptions, takes_spec
from farm.core.errors import ExitCode, NothingSelected
from farm.core.plain_words import counted

if TYPE_CHECKING:
    from collections.abc import Callable


@takes_spec(("modules", "suite", "skip", "tt_metal", "sweeps", "master", "tags", "import_timeout", "boards"))
def modules(
    options: SpecOptions,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME...", help="The modules, as --module names them. Default: all.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List sweep modules with their suites, and count the vectors of each.

    Invalid vectors are included; `farm vectors --count` counts them separately. A module that doesn't import is listed
    with the reason, and the exit code is 1.

    Example: farm modules eltwise.unary --suite nightly
    """
    from farm.board.selection import select_boards
    from farm.planning.module_records import selected_modules
    from farm.planning.module_summary import summaries

    spec = options.spec(modules=(*options.typed.get("modules", ()), *(names or ())) or ("*",))
    selected = selected_modules(spec)
    vectors = suites = problems = 0
    as_dicts: list[dict[str, Any]] = []
    with ExitStack() as stack:
        show = _progress(stack, as_json=as_json)
        for number, module in enumerate(summaries(spec, selected, select_boards(spec.boards), note), start=1):
            show(f"{number} of {counted(len(selected), 'module')} imported: {module.module.name}")
            vectors += module.vectors
            suites += len(module.suites)
            problems += len(module.problems)
            for line in (*module.problems, *module.notes):
                note(line)
            if as_json:
                as_dicts.append(module.as_json())
            else:
                for line in module.lines():
                    typer.echo(line)
    if as_json:
        typer.echo(json.dumps({"modules": as_dicts, "vectors": vectors}, indent=1))
    else:
        noun = "vector" if vectors == 1 else "vectors"
        typer.echo(f"{vectors:8}  {noun} in {counted(suites, 'suite')} of {counted(len(selected), 'module')}")
    if problems:
        raise typer.Exit(ExitCode.TEST_FAILED)
    if not suites:
        raise NothingSelected("these modules have no suite of this selection")


def _progress(stack: ExitStack, *, as_json: bool) -> Callable[[str], None]:
    """Return a function that shows progress, if stderr is a terminal that doesn't show the listing itself."""
    if not sys.stderr.isatty() or (sys.stdout.isatty() and not as_json):
        return lambda _text: None
    from rich.console import Console

    return stack.enter_context(Console(stderr=True).status("importing")).update
