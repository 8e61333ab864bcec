"""`farm sweep`: the main job."""

from __future__ import annotations

import importlib.util
import platform
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farm.errors import FarmError, NotRunnable

if TYPE_CHECKING:
    from farm.boards.base import Board
    from farm.vectors import Vector

SUITES = ("model_traced",)
INTERRUPTED = 130
"""What a shell expects of a command that Ctrl-C ended at once."""


def sweep(  # noqa: PLR0917 - typer's form: every parameter is an option
    suite: Annotated[str, typer.Option(help="The suite of vectors: model_traced, the configurations of a master.")],
    op: Annotated[
        list[str] | None, typer.Option(help="Only this operation, in any spelling; may be given several times.")
    ] = None,
    master: Annotated[Path | None, typer.Option(help="A master JSON; else the one that comes with farm.")] = None,
    boards: Annotated[
        str, typer.Option(help="auto: this host's boards, else mocks. Or a list such as 'mock:n300*2,mock:p150'.")
    ] = "auto",
    out: Annotated[Path | None, typer.Option(help="Folder for the report's files; else one of this run's own.")] = None,
    store: Annotated[
        str | None, typer.Option(help="Results store: a file or database URL. Default: FARM_STORE, else yours.")
    ] = None,
    vector: Annotated[
        list[str] | None,
        typer.Option(help="Only the vector of this id, as reports name it; may be given several times."),
    ] = None,
    shard: Annotated[
        str | None, typer.Option(help="K/N: the Kth of N equal shares of the plan, the same on every host.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Run only so many vectors, the first ones.")] = None,
    timeout: Annotated[float, typer.Option(min=0.001, help="Seconds that one vector may take.")] = 30.0,
    address: Annotated[
        str | None, typer.Option(help="A running Ray cluster to use; else one is started for this run.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,  # noqa: FBT002 - typer's form
) -> None:
    """Run traced configurations on boards, and report how each ended."""
    from farm.boards.select import AUTO, select_boards
    from farm.report import make_directory
    from farm.shards import Shard, choose, shard_details, share_of
    from tracer.master import shipped

    if suite not in SUITES:
        raise FarmError(f"no suite {suite!r}: there is {', '.join(SUITES)}")
    path = master or shipped()
    share = None if shard is None else Shard.parse(shard)
    chosen, vectors = _plan(path, op or [], select_boards(boards), may_add=boards == AUTO)
    whole = choose(vectors, vector or [], limit)
    selected = share_of(whole, share)
    _require_ttnn(chosen)
    if out is not None:
        make_directory(out)
    # only now what takes seconds: whatever can be wrong with the command line has been said
    from farm.keeper import Limits
    from farm.report import (
        background,
        exit_code,
        print_summary,
        progress_on,
        stdout_console,
        usual_directory,
        write_report,
    )
    from farm.report.files import report_json
    from farm.store import Store
    from farm.sweep import Sweep, run_sweep

    request = Sweep(
        command=shlex.join(["farm", *sys.argv[1:]]),
        suite=suite,
        boards=chosen,
        vectors=selected,
        limits=Limits(vector=timeout),
        address=address,
        details={
            "master": str(path),
            "operations": op or [],
            "boards": boards,
            "selection": {"operations": sorted(op or []), "vectors": sorted(vector or []), "limit": limit},
            **shard_details(share, whole),
        },
    )
    with Store.open(store) as opened:
        try:
            run_id = run_sweep(request, opened, progress_on(sys.stderr))
        except KeyboardInterrupt:
            sys.stderr.write("farm: ended at once; `farm show last` tells how far it came\n")
            raise typer.Exit(INTERRUPTED) from None
        view = opened.view(run_id)
        known = background(opened, view)
    written = write_report(view, out or usual_directory(run_id), known=known)
    if as_json:
        typer.echo(report_json(view), nl=False)
    else:
        print_summary(stdout_console(), view, written)
    raise typer.Exit(exit_code(view.counts))


def _plan(
    path: Path, operations: Sequence[str], boards: Sequence[Board], *, may_add: bool
) -> tuple[list[Board], list[Vector]]:
    """The vectors, and the boards for them: where these are mocks that nobody named, more kinds may be needed."""
    from farm.boards.enough import add_needed_mocks
    from farm.vectors import plan
    from tracer.master import Master

    read = Master.read(path)
    if may_add and all(board.backend == "mock" for board in boards):
        return add_needed_mocks(boards, lambda kinds: plan(read, operations, kinds))
    return list(boards), plan(read, operations, dict.fromkeys(board.kind for board in boards))


def _require_ttnn(boards: Sequence[Board]) -> None:
    """Says at once what the board processes would say after Ray has started.

    Raises:
        NotRunnable: a board needs ttnn, and this Python has none.
    """
    if all(board.backend == "fake" for board in boards) or importlib.util.find_spec("ttnn") is not None:
        return
    version = ".".join(platform.python_version_tuple()[:2])
    if version in ("3.10", "3.12") and (sys.platform, platform.machine()) == ("linux", "x86_64"):
        raise NotRunnable("ttnn is not installed for this Python: pip install 'ttnn-farm[ttnn]'")
    raise NotRunnable(
        f"ttnn has no wheel for CPython {version} on {sys.platform} {platform.machine()}; use CPython 3.10 or 3.12 on "
        "x86-64 Linux, or the environment that tt-metal was built in"
    )
