"""`farm sweep`: the main job."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from farm.cli.measures import DevicePerf, MeasureMemory, Perf, PerfWithCache, Watcher, measures, with_environment
from farm.cli.modules import IMPORT_SECONDS, ImportSeconds, ModuleNames, Skip, Sweeps, TtMetal, module_choice
from farm.cli.policies import (
    MaxTime,
    Resume,
    RetryCount,
    RetryFailed,
    RetryInfra,
    refuse_without_resume,
    resumed,
)
from farm.cli.policies import retries as retry_policy
from farm.errors import FarmError

if TYPE_CHECKING:
    from farm.boards.base import Board
    from farm.store import RunView
    from farm.sweeping import Sweep
    from farm.sweeps.choosing import ModuleChoice
    from farm.vectors import Vector

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would be run, and about how long.")]
Foreground = Annotated[
    bool, typer.Option("--foreground", help="Run in this process, where a debugger works; nothing is recorded.")
]
Debugger = Annotated[bool, typer.Option("--pdb", help="With --foreground: open the debugger where a call raises.")]

MODEL_TRACED = "model_traced"
"""The suite of a master's configurations."""
INTERRUPTED = 130
"""What a shell expects of a command that Ctrl-C ended at once."""


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
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,  # noqa: FBT002 - typer's form
) -> None:
    """Run traced configurations, or sweep modules, on boards, and report how each ended."""
    from farm.boards.select import AUTO
    from farm.report import make_directory
    from farm.selecting import boards_of, plan_master, require_ttnn
    from farm.shards import Shard, choose, shard_details, share_of
    from farm.sweeps.choosing import sampled
    from tracer.master import shipped

    if resume is not None:
        named = None if boards == AUTO and address is None else boards_of(boards, address)
        again = resumed(store, resume, named, retry_failed=retry_failed, retry_infra=retry_infra, timeout=timeout)
        again = replace(again, address=address, retries=retry_policy(retries), max_seconds=max_time)
        _end(_run(again, store, out, as_json=as_json))
    refuse_without_resume(retry_failed=retry_failed, retry_infra=retry_infra)
    modules = module_choice(
        module, skip, tt_metal, sweeps, suite, dump=vectors_file, master=master, import_seconds=import_timeout
    )
    if modules.any:
        _refuse_operations(op, check_module)
    elif suite != MODEL_TRACED:
        given = "no --suite" if suite is None else f"no suite {suite!r}"
        raise FarmError(
            f"{given}: give --suite {MODEL_TRACED} for what a master holds; sweep modules have suites of their own (--module)"
        )
    modes = measures(perf=perf, perf_with_cache=perf_with_cache, device_perf=device_perf, memory=measure_memory)
    path = master or shipped()
    share = None if shard is None else Shard.parse(shard)
    found = with_environment(boards_of(boards, address), device_perf=device_perf, watcher=watcher)
    if modules.any:
        require_ttnn(found)
        chosen, vectors = _plan_modules(modules, found, modes, may_add=boards == AUTO and address is None)
    else:
        chosen, vectors = plan_master(path, op or [], found, may_add=boards == AUTO and address is None)
        if check_module is not None:
            vectors = _with_module(check_module, path, vectors, chosen, import_timeout)
    if sample is not None:
        vectors = sampled(vectors, sample, seed)
    whole = choose(vectors, vector or [], limit)
    selected = share_of(whole, share)
    if dry_run:
        _tell_plan(selected, chosen, store, as_json=as_json)
        return
    require_ttnn(chosen)
    if foreground:
        from farm.foreground import run_foreground

        raise typer.Exit(run_foreground(selected, chosen, debugger=pdb))
    if out is not None:
        make_directory(out)
    # only now what takes seconds: whatever can be wrong with the command line has been said
    from farm.keeper import Limits
    from farm.sweeping import Sweep

    request = Sweep(
        command=shlex.join(["farm", *sys.argv[1:]]),
        suite=suite or "",
        boards=chosen,
        vectors=selected,
        limits=Limits(vector=timeout),
        address=address,
        selection=boards,
        retries=retry_policy(retries),
        max_seconds=max_time,
        details={
            "master": str(path),
            "operations": op or [],
            "boards": boards,
            "selection": {
                "operations": sorted(op or []),
                "vectors": sorted(vector or []),
                "limit": limit,
                **({"sample": [sample, seed]} if sample is not None else {}),
                **modules.as_json(),
            },
            **shard_details(share, whole),
        },
    )
    view = _run(request, store, out, as_json=as_json)
    if check_module is not None:
        from farm.sweeps.checking import compare

        typer.echo("\n".join(compare(view, {check_module.stem}).lines()), err=as_json)
    _end(view)


def _end(view: RunView) -> NoReturn:
    """Ends the command with what the run's exit code says."""
    from farm.report import exit_code_of

    raise typer.Exit(exit_code_of(view))


def _run(request: Sweep, store: str | None, out: Path | None, *, as_json: bool) -> RunView:
    """Runs a sweep, writes its report's files, and prints how it ended."""
    from farm.report import background, print_summary, progress_on, stdout_console, usual_directory, write_report
    from farm.report.files import report_json
    from farm.store import Store
    from farm.sweeping import run_sweep

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
    return view


def _refuse_operations(operations: Sequence[str] | None, check_module: Path | None) -> None:
    if operations or check_module is not None:
        what = "--op" if operations else "--check-module"
        raise FarmError(f"{what} is for --suite model_traced, the configurations of a master; modules have their own")


def _plan_modules(
    modules: ModuleChoice, boards: Sequence[Board], modes: Sequence[str] = (), *, may_add: bool = False
) -> tuple[list[Board], list[Vector]]:
    """The vectors of sweep modules, as one board process lists them that imports them, and the boards for them.

    Raises:
        NothingSelected: there is none.
    """
    from farm.errors import NothingSelected
    from farm.sweeps.choosing import module_records
    from farm.sweeps.planning import plan_records

    records = module_records(modules, boards, lambda text: typer.echo(f"farm: {text}", err=True))
    chosen = list(boards)
    if may_add and all(board.backend == "mock" for board in boards):
        from farm.boards.enough import add_needed_mocks

        held = list(records)
        chosen, vectors = add_needed_mocks(boards, lambda kinds: list(plan_records(held, kinds, modes)))
    else:
        vectors = list(plan_records(records, dict.fromkeys(board.kind for board in boards), modes))
    if not vectors:
        raise NothingSelected("the modules have no vector in this selection; `farm vectors --count` counts them")
    return chosen, vectors


def _with_module(
    path: Path, master: Path, generic: Sequence[Vector], boards: Sequence[Board], seconds: float
) -> list[Vector]:
    from farm.sweeps.checking import paired

    choice = module_choice(None, None, None, path, MODEL_TRACED, master=master, import_seconds=seconds)
    return paired(generic, _plan_modules(choice, boards)[1])


def _tell_plan(vectors: Sequence[Vector], boards: Sequence[Board], store: str | None, *, as_json: bool) -> None:
    """Prints what would be run, timed by what the store holds of earlier runs."""
    import json

    from farm.costs import Costs, learn
    from farm.dry_run import make_plan
    from farm.errors import StoreError
    from farm.store import Store

    try:
        with Store.open(store, create=False) as opened:
            costs = learn(opened, vectors, boards)
    except StoreError:  # nothing was run yet
        costs = Costs.unlearnt(boards)
    plan = make_plan(vectors, boards, costs)
    for line in [json.dumps(plan.as_json(), indent=2)] if as_json else plan.lines():
        typer.echo(line)
