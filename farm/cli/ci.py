"""`farm ci` and `farm merge`: a sweep in many CI jobs, and one report of all."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from farm.cli.report import StorePlace
from farm.core.board import BoardKind
from farm.core.errors import ExitCode

app = typer.Typer(
    name="ci", help="What CI services get: a matrix of jobs, annotations, a summary.", no_args_is_help=True
)


@app.command()
def matrix(  # noqa: PLR0917 - typer's form: every parameter is an option
    boards: Annotated[
        list[str], typer.Option(help="Boards of a runner, such as 'mock:n300*2'; once for each sort of runner.")
    ],
    op: Annotated[list[str] | None, typer.Option(help="As for `farm sweep`.")] = None,
    master: Annotated[Path | None, typer.Option(help="As for `farm sweep`.")] = None,
    minutes: Annotated[float, typer.Option(min=0.01, help="How long a job may run vectors.")] = 30.0,
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Jobs in all, at most.")] = 256,
    store: StorePlace = None,
) -> None:
    """Print the jobs of a sweep as a GitHub matrix: by boards, and by a budget of time from history."""
    from farm.ci.github import durations
    from farm.ci.github import matrix as make_matrix
    from farm.core.errors import StoreError
    from farm.planning.vectors import plan
    from farm.store import Store
    from tracer.master.master import Master, shipped

    read = Master.read(master or shipped())
    runners = {lane: _kinds_of_runner(lane) for lane in boards}
    lanes = {lane: plan(read, op or [], dict.fromkeys(kinds)) for lane, kinds in runners.items()}
    try:
        with Store.open(store, create=False) as opened:
            past = opened.past([head.id for head in opened.runs()[:20]])
    except StoreError as error:
        sys.stderr.write(f"farm: no history to go by ({error})\n")
        past = []
    made = make_matrix(lanes, durations(past), minutes, {lane: len(kinds) for lane, kinds in runners.items()}, jobs)
    for lane in sorted(set(lanes) - {job.boards for job in made}):
        sys.stderr.write(f"farm: no vector can run on {lane}: no job for it\n")
    typer.echo(json.dumps({"include": [job.as_json() for job in made]}))


def _kinds_of_runner(boards: str) -> list[BoardKind]:
    """Return the kind of each board of a runner. Boards named by kind need not be on the host that plans."""
    from farm.board.selection import select_boards
    from farm.board.selectors import parse_boards

    counts = [(selector.kind, selector.count or 1) for selector in parse_boards(boards)]
    kinds = [kind for kind, count in counts if kind is not None for _ in range(count)]
    if kinds and all(kind is not None for kind, _ in counts):
        return kinds
    return [board.kind for board in select_boards(boards)]


@app.command()
def annotate(
    runs: Annotated[
        list[str] | None, typer.Argument(help="Runs, as `farm show` takes them. Default: the last.")
    ] = None,
    store: StorePlace = None,
    every: Annotated[bool, typer.Option("--all", help="Every run in the store.")] = False,  # noqa: FBT002 - typer's form
    out: Annotated[
        Path | None, typer.Option(help="For GitLab: the reports' folder, which gets its files; else the working one.")
    ] = None,
) -> None:
    """Tell the CI service of runs' failures: GitHub by annotations and the job's summary, GitLab by report files.

    In a GitLab job (GITLAB_CI=true), or with --out, it writes gl-code-quality-report.json and gl-annotations.json for
    the job's artifacts:reports; else it prints GitHub's annotations, and adds to the summary on the job's page.
    """
    from farm.ci.github import add_summary, annotation_lines, plain_lines, summary_file
    from farm.ci.gitlab import in_gitlab, write_artifacts
    from farm.report import read_context
    from farm.store import Store

    place, gitlab = summary_file(), in_gitlab() or out is not None
    with Store.open(store, create=False) as opened:
        ids = [head.id for head in opened.runs()] if every else [opened.find(text) for text in runs or ["last"]]
        views = [opened.view(run_id) for run_id in ids]
        for view in views:
            for line in (plain_lines if gitlab else annotation_lines)(view):
                typer.echo(line)
            if place is not None:
                add_summary(view, read_context(opened, view), place)
    for path in write_artifacts(views, out or Path()) if gitlab else ():
        typer.echo(path)


def merge(
    shards: Annotated[list[str], typer.Argument(help="Results stores of shards: files or database URLs.")],
    store: StorePlace = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the report's files; else the run's own.")] = None,
) -> None:
    """Join shards into one run with one report; exits as the sweep would have."""
    from contextlib import ExitStack

    from farm.ci.merging import merge as merge_shards
    from farm.report import exit_code_of, print_summary, read_context, stdout_console, usual_directory, write_report
    from farm.store import Store

    code = ExitCode.GOOD
    with ExitStack() as stack:
        opened = [stack.enter_context(Store.open(place, create=False)) for place in shards]
        target = stack.enter_context(Store.open(store))
        merged = merge_shards(opened, target)
        for each in merged:
            view = target.view(each.run_id)
            place = out if out is not None and len(merged) == 1 else (out or usual_directory("")) / each.run_id
            written = write_report(view, place, context=read_context(target, view))
            print_summary(stdout_console(), view, written)
            for index in each.missing:
                sys.stderr.write(f"farm: shard {index}/{each.of} is missing: its vectors count as not run\n")
            found = exit_code_of(view)
            # a failed test wins over what was not run, as in one run
            code = found if code is ExitCode.GOOD or found is ExitCode.TEST_FAILED else code
    raise typer.Exit(code)
