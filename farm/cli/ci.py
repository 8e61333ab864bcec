"""`farm ci` and `farm merge`: one sweep in many CI jobs, and one report of all."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from farm.cli.common import StoreOption
from farm.cli.option_rules import RuledCommand
from farm.cli.spec_options import SpecOptions, takes_spec
from farm.core.board import BoardKind
from farm.core.errors import ExitCode

app = typer.Typer(
    name="ci", help="Print what CI services read: a matrix of jobs, annotations, a summary.", no_args_is_help=True
)


@app.command()
@takes_spec(("operations", "master", "tags"))
def matrix(
    options: SpecOptions,
    boards: Annotated[
        list[str],
        typer.Option(help="The boards of a runner, such as `mock:n300*2`. Repeat it for each kind of runner."),
    ],
    minutes: Annotated[float, typer.Option(min=0.01, help="How many minutes a job may run vectors.")] = 30.0,
    jobs: Annotated[int, typer.Option(min=1, max=256, help="At most this many jobs in all.")] = 256,
    store: StoreOption = None,
) -> None:
    """Print the jobs of a sweep as a GitHub matrix: by boards, and by a time budget that earlier runs fill.

    Example: farm ci matrix --boards 'mock:n300*2' --minutes 20
    """
    from farm.ci.github import durations
    from farm.ci.github import matrix as make_matrix
    from farm.core.errors import StoreError
    from farm.planning.tags import tagged
    from farm.planning.vectors import plan
    from farm.store import Store
    from tracer.master.master import Master, shipped

    spec = options.spec()
    master = tagged(Master.read(spec.master or shipped()), spec.tags, spec.operations)
    runners = {selector: _kinds_of_runner(selector) for selector in boards}
    plans = {selector: plan(master, spec.operations, dict.fromkeys(kinds)) for selector, kinds in runners.items()}
    try:
        with Store.open(store, create=False) as opened:
            past = opened.past_vectors([head.id for head in opened.runs()[:20]])
    except StoreError as error:
        sys.stderr.write(f"farm: no history to estimate from ({error})\n")
        past = []
    counts = {selector: len(kinds) for selector, kinds in runners.items()}
    matrix_jobs = make_matrix(plans, durations(past), minutes, counts, jobs)
    for selector in sorted(set(plans) - {job.boards for job in matrix_jobs}):
        sys.stderr.write(f"farm: no vector can run on {selector}: no job for it\n")
    typer.echo(json.dumps({"include": [job.as_json() for job in matrix_jobs]}))


def _kinds_of_runner(boards: str) -> list[BoardKind]:
    """Return the kind of each board of a runner. Boards named by kind need not be on the host that plans."""
    from farm.board.selection import select_boards
    from farm.board.selectors import parse_boards

    counts = [(selector.kind, selector.count or 1) for selector in parse_boards(boards)]
    kinds = [kind for kind, count in counts if kind is not None for _ in range(count)]
    if kinds and all(kind is not None for kind, _ in counts):
        return kinds
    return [board.kind for board in select_boards(boards)]


@app.command(cls=RuledCommand)
def annotate(
    runs: Annotated[
        list[str] | None, typer.Argument(help="Runs, as `farm show` takes them. Default: the last run.")
    ] = None,
    store: StoreOption = None,
    every: Annotated[bool, typer.Option("--all", help="Annotate every run in the store.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="For GitLab: write its files to this folder. Default: the working directory.")
    ] = None,
) -> None:
    """Show runs' failures in the CI service: on GitHub by annotations and the job's summary, on GitLab by files.

    In a GitLab job (GITLAB_CI=true), or with --out, write gl-code-quality-report.json and gl-annotations.json for the
    job's artifacts:reports. Otherwise print GitHub's annotations, and add to the summary on the job's page.

    Example: farm ci annotate last
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
    shards: Annotated[list[str], typer.Argument(help="The results stores of the shards: files or database URLs.")],
    store: StoreOption = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder for the report's files. Default: a folder of the run.")
    ] = None,
) -> None:
    """Join the shards of a sweep into one run with one report, and exit with the code that the sweep would have had.

    Example: farm merge shard-*.db --store all.db --out report
    """
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
            code_of_run = exit_code_of(view)
            # a failed test wins over what was not run, as in one run
            code = code_of_run if code is ExitCode.GOOD or code_of_run is ExitCode.TEST_FAILED else code
    raise typer.Exit(code)
