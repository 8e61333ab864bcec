"""`farm ci` and `farm merge`: one sweep in many CI jobs, and one report of all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from farm.cli.common import StoreOption, note
from farm.cli.option_rules import RuledCommand
from farm.cli.spec_options import SpecOptions, takes_spec
from farm.core.errors import ExitCode
from farm.core.store_place import StorePlace

app = typer.Typer(
    name="ci", help="Print what CI services read: a matrix of jobs, annotations, a summary.", no_args_is_help=True
)


WHAT = (
    *("suite", "operations", "models", "master", "tags", "modules", "skip", "tt_metal", "sweeps", "vectors_file"),
    *("import_timeout", "check_module", "vectors", "limit", "sample", "seed"),
)
"""The fields that decide which vectors a plan has, so that the jobs' own plans are the same."""


@app.command()
@takes_spec(WHAT)
def matrix(
    options: SpecOptions,
    boards: Annotated[
        list[str],
        typer.Option(
            help="The boards of a runner, such as `silicon:n300*2`. Repeat it for each kind of runner. This host needs "
            "no such boards."
        ),
    ],
    minutes: Annotated[float, typer.Option(min=0.01, help="How many minutes a job may run vectors.")] = 30.0,
    jobs: Annotated[
        int, typer.Option(min=1, max=256, help="At most this many jobs in all. GitHub allows no more than 256.")
    ] = 256,
    store: StoreOption = None,
) -> None:
    """Print the jobs of a sweep as a GitHub matrix: by boards, and by a time budget that earlier runs fill.

    Each job runs `farm sweep` with the same options, its --boards and its --shard. The estimates are on stderr as well.
    Where no vector can run, the matrix has no job, and the exit code is 4.

    Example: farm ci matrix --boards silicon:n300 --minutes 20

    Example: farm ci matrix --sweeps sweeps --boards silicon:n300 --boards silicon:p150
    """
    from farm.ci.github import Matrix
    from farm.ci.github import matrix as make_matrix
    from farm.core.errors import NothingSelected
    from farm.planning.runners import plan_for_runners

    try:
        plans = plan_for_runners(options.spec(), boards, store, note)
    except NothingSelected:
        typer.echo(json.dumps(Matrix((), ()).as_json()))
        raise
    job_matrix = make_matrix(plans, minutes, jobs)
    for line in job_matrix.notes:
        note(line)
    typer.echo(json.dumps(job_matrix.as_json()))
    if not job_matrix.jobs:
        raise NothingSelected("no vector can run on any of these boards: the matrix has no job")


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
    shards: Annotated[
        list[StorePlace],
        typer.Argument(
            parser=StorePlace.of, metavar="SHARDS...", help="The results stores of the shards: files or database URLs."
        ),
    ],
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
            print_summary(stdout_console(), view, written, store=store)
            for index in each.missing:
                note(f"shard {index}/{each.of} is missing: its vectors count as not run")
            code_of_run = exit_code_of(view)
            # a failed test wins over what was not run, as in one run
            code = code_of_run if code is ExitCode.GOOD or code_of_run is ExitCode.TEST_FAILED else code
    raise typer.Exit(code)
