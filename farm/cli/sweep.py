"""`farm sweep`: the main job."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from farm.cli.measures import DevicePerf, MeasureMemory, Perf, PerfWithCache, Watcher, measures
from farm.cli.modules import IMPORT_SECONDS, ImportSeconds, ModuleNames, Skip, Sweeps, TtMetal
from farm.cli.policies import MaxBoards, MaxBoardTime, MaxTime, Priority, Resume, RetryCount, RetryFailed, RetryInfra
from farm.core.errors import ExitCode, FarmError

if TYPE_CHECKING:
    from farm.api import Planned, Selecting
    from farm.store import RunView

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would be run, and about how long.")]
Foreground = Annotated[
    bool, typer.Option("--foreground", help="Run in this process, where a debugger works; nothing is recorded.")
]
Debugger = Annotated[bool, typer.Option("--pdb", help="With --foreground: open the debugger where a call raises.")]


def sweep(  # noqa: PLR0917 - typer's form: every parameter is an option
    suite: Annotated[
        str | None,
        typer.Option(
            help="model_traced: the configurations of a master. Of sweep modules: the suites to run, separated by "
            "commas; else all."
        ),
    ] = None,
    op: Annotated[
        list[str] | None, typer.Option(help="Only this operation, in any spelling; may be given several times.")
    ] = None,
    master: Annotated[Path | None, typer.Option(help="A master JSON; else the one that comes with farm.")] = None,
    module: ModuleNames = None,
    skip: Skip = None,
    tt_metal: TtMetal = None,
    sweeps: Sweeps = None,
    vectors_file: Annotated[
        Path | None, typer.Option("--vectors", help="Run the vectors that `farm vectors --out` wrote to this file.")
    ] = None,
    check_module: Annotated[
        Path | None,
        typer.Option(help="A sweep module of the operation: run it beside the generic runner, and compare verdicts."),
    ] = None,
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
    sample: Annotated[int | None, typer.Option(min=1, help="Run only so many vectors, picked by chance.")] = None,
    seed: Annotated[int, typer.Option(help="Of --sample: the same one picks the same vectors.")] = 0,
    dry_run: DryRun = False,  # noqa: FBT002 - typer's form
    foreground: Foreground = False,  # noqa: FBT002 - typer's form
    pdb: Debugger = False,  # noqa: FBT002 - typer's form
    perf: Perf = False,  # noqa: FBT002 - typer's form
    perf_with_cache: PerfWithCache = False,  # noqa: FBT002 - typer's form
    device_perf: DevicePerf = False,  # noqa: FBT002 - typer's form
    measure_memory: MeasureMemory = False,  # noqa: FBT002 - typer's form
    watcher: Watcher = False,  # noqa: FBT002 - typer's form
    import_timeout: ImportSeconds = IMPORT_SECONDS,
    timeout: Annotated[float, typer.Option(min=0.001, help="Seconds that one vector may take.")] = 30.0,
    address: Annotated[
        str | None, typer.Option(help="A farm to use, HOST:PORT of its head; else this host's boards. See farm up.")
    ] = None,
    resume: Resume = None,
    retry_failed: RetryFailed = False,  # noqa: FBT002 - typer's form
    retry_infra: RetryInfra = False,  # noqa: FBT002 - typer's form
    retries: RetryCount = None,
    max_time: MaxTime = None,
    max_board_time: MaxBoardTime = None,
    priority: Priority = 0,
    max_boards: MaxBoards = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,  # noqa: FBT002 - typer's form
) -> None:
    """Run traced configurations, or sweep modules, on boards, and report how each ended."""
    from farm.api import plan
    from farm.api import sweep as run_sweep
    from farm.report import exit_code_of
    from farm.running.display import progress_on

    selection: Selecting = {
        "suite": suite,
        "master": master,
        "modules": module or (),
        "skip": skip or (),
        "tt_metal": tt_metal,
        "sweeps": sweeps,
        "vectors_file": vectors_file,
        "import_timeout": import_timeout,
        "check_module": check_module,
        "measure": measures(perf=perf, perf_with_cache=perf_with_cache, device_perf=device_perf, memory=measure_memory),
        "watcher": watcher,
        "boards": boards,
        "address": address,
        "vectors": vector or (),
        "shard": shard,
        "sample": sample,
        "seed": seed,
        "limit": limit,
    }
    if suite is None and resume is None and not (module or tt_metal or sweeps or vectors_file):
        raise FarmError(
            "no --suite: give --suite model_traced for what a master holds; sweep modules have suites of their own "
            "(--module)"
        )
    if resume is None and (dry_run or foreground):
        _without_a_run(plan(op or (), **selection), store, dry_run=dry_run, debugger=pdb, as_json=as_json)
    try:
        view = run_sweep(
            op or (),
            resume=resume,
            retry_failed=retry_failed,
            retry_infra=retry_infra,
            timeout=timeout,
            retries=retries,
            max_time=max_time,
            max_board_time=max_board_time,
            priority=priority,
            max_boards=max_boards,
            store=store,
            out=out,
            progress=progress_on(sys.stderr),
            command=shlex.join(["farm", *sys.argv[1:]]),
            **selection,
        )
    except KeyboardInterrupt:
        sys.stderr.write("farm: ended at once; if a run had begun, `farm show last` tells how far it came\n")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    _tell(view, store, out, as_json=as_json)
    if check_module is not None:
        from farm.planning.module_check import compare

        typer.echo("\n".join(compare(view, {check_module.stem}).lines()), err=as_json)
    raise typer.Exit(exit_code_of(view))


def _without_a_run(planned: Planned, store: str | None, *, dry_run: bool, debugger: bool, as_json: bool) -> NoReturn:
    """What `--dry-run` and `--foreground` do, of which nothing is recorded."""
    for note in planned.notes:
        typer.echo(f"farm: {note}", err=True)
    if dry_run:
        expected = planned.expected(store)
        for line in [json.dumps(expected.as_json(), indent=2)] if as_json else expected.lines():
            typer.echo(line)
        raise typer.Exit
    from farm.planning.selection import require_ttnn
    from farm.running.foreground import run_foreground

    require_ttnn(planned.boards)
    raise typer.Exit(run_foreground(planned.vectors, planned.boards, debugger=debugger))


def _tell(view: RunView, store: str | None, out: Path | None, *, as_json: bool) -> None:
    """Prints how the run ended; its report goes to a folder of its own where none was named."""
    from farm.api import write_report
    from farm.report import print_summary, report_paths, stdout_console
    from farm.report.forms.json_view import report_json

    written = write_report(view, store=store) if out is None else report_paths(view, out)
    if as_json:
        typer.echo(report_json(view), nl=False)
    else:
        print_summary(stdout_console(), view, written)
