"""`farm trace`: run models under the tracer and add their configurations to a master."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farm.cli.common import split_names
from farm.core.errors import ExitCode, FarmError
from farm.core.plain_words import counted
from farm.core.settings import DEFAULT_MASTER
from farm.core.store_place import StorePlace
from farm.core.verdicts import Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from farm.api.traces import Traced
    from tracer.formats.journal import Journal, TracedTest
    from tracer.formats.values_read import ValuesRead
    from tracer.master.master import Master, MergeSummary


EXTRA_ARGUMENTS = {"allow_extra_args": True, "ignore_unknown_options": True}
"""Options that farm doesn't know are passed to the test or the script."""

_SOURCE = "Instead of TARGET"


def trace(
    context: typer.Context,
    target: Annotated[
        str | None, typer.Argument(metavar="TARGET", help="A pytest node id, file or folder, or a plain script.")
    ] = None,
    zoo: Annotated[
        Path | None,
        typer.Option(rich_help_panel=_SOURCE, help="Trace every model of this manifest (YAML), on all boards at once."),
    ] = None,
    load: Annotated[
        Path | None,
        typer.Option(
            rich_help_panel=_SOURCE, help="Trace nothing: add this raw trace or capture, or those of a folder."
        ),
    ] = None,
    verify: Annotated[
        Path | None,
        typer.Option(
            rich_help_panel=_SOURCE, help="Run this master's configurations again under the tracer, and compare."
        ),
    ] = None,
    master: Annotated[
        Path, typer.Option("--master", "--out", help="The master to add to; it is created if it doesn't exist.")
    ] = DEFAULT_MASTER,
    board: Annotated[
        str,
        typer.Option(
            "--board",
            "--boards",
            help="The board to run on, such as `mock:n150`; with --zoo, boards, such as `mock:n300*2`. Default: auto.",
        ),
    ] = "auto",
    store: Annotated[Path | None, typer.Option(help="Keep the raw trace in this folder.")] = None,
    include_failed: Annotated[
        bool, typer.Option("--include-failed", help="Add the configurations of tests that did not pass, too.")
    ] = False,
    timeout: Annotated[
        float | None, typer.Option(min=1.0, help="End the target after this many seconds; keep what it traced.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="With --zoo: trace only the models that have no complete trace yet.")
    ] = False,
    values: Annotated[
        bool,
        typer.Option(
            "--values",
            help="Keep statistics of the numbers in each call's tensors, too: a sweep then draws inputs like them. "
            "On a board that computes nothing, such as a mock, only of tensors on the host.",
        ),
    ] = False,
    results: Annotated[
        StorePlace | None,
        typer.Option(
            parser=StorePlace.of,
            metavar="STORE",
            help="With --zoo or --verify: the results store, a file or database URL.",
        ),
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="With --zoo or --verify: the farm to use, HOST:PORT of its head.")
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            "--tag",
            help="With --zoo: trace only the models with this tag; with --verify: run only what they use. Repeatable, "
            "or separated by commas.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="With TARGET or --zoo: print what was traced, and how it ended, as JSON.")
    ] = False,
    ttnn: Annotated[
        str | None,
        typer.Option(help="With --zoo or --verify: use only boards with these versions of ttnn, such as '>=0.80'."),
    ] = None,
) -> None:
    """Trace a model and add its configurations to a master. Unknown options are passed to the test or the script.

    Only tests that pass count. Moves, conversions and deallocation are left out; --trace-also OP and --trace-without
    OP change that. --values keeps statistics of the models' numbers, too. --zoo traces many models at once, --load
    adds traces and captures made elsewhere, and --verify checks that a master's traces are right.

    Example: farm trace tests/test_resnet.py::test_block --board mock:n300
    """
    sources = [target, load, zoo, verify]
    if sum(each is not None for each in sources) != 1 or (target or "").startswith("-"):
        raise FarmError("give one thing to trace: a test, a script, --zoo, --load or --verify")
    if values and (load is not None or verify is not None):
        raise FarmError("--values is for tracing; --load and --verify take the numbers of no model")
    tags = split_names(tag)
    if zoo is not None:
        from farm.cli.trace_zoo import trace_zoo

        trace_zoo(
            *(zoo, master, board, context.args),
            traces=store,
            values=values,
            results=results,
            address=address,
            ttnn=ttnn,
            resume=resume,
            as_json=as_json,
            tags=tags,
        )
    elif verify is not None:
        from farm.cli.trace_verify import trace_verify

        trace_verify(verify, board, results=results, address=address, ttnn=ttnn, tags=tags)
    elif load is not None:
        _load(load, master, all_tests=include_failed)
    elif target is not None:
        _trace_target(
            *(target, master, board, context.args),
            store=store,
            timeout=timeout,
            all_tests=include_failed,
            values=values,
            as_json=as_json,
        )


def _trace_target(
    target: str,
    master: Path,
    board: str,
    arguments: Sequence[str],
    *,
    store: Path | None,
    timeout: float | None,
    all_tests: bool,
    values: bool,
    as_json: bool,
) -> None:
    from rich.console import Console

    from farm.api import trace as run_traced
    from farm.api.traces import untouched
    from farm.board.trace_target import is_script, split_target
    from farm.cli.trace_json import trace_json

    # a script prints as it would alone, and so does a test whose output pytest doesn't capture
    prints = is_script(*split_target(target)) or not {"-s", "--capture=no"}.isdisjoint(arguments)
    echo = prints and not as_json
    with ExitStack() as stack:
        # a spinner would get between the lines
        status = None if echo else stack.enter_context(Console(stderr=True).status(f"{target}: starting"))
        traced = run_traced(
            target,
            master=master,
            board=board,
            arguments=arguments,
            include_failed=all_tests,
            timeout=timeout,
            keep=store,
            values=values,
            echo=echo,
            watch=lambda on, journal: status.update(f"{on.id}: {_progress(journal)}") if status else None,
        )
    code = _exit_code(traced.verdict)
    if as_json:
        typer.echo(json.dumps(trace_json(traced, target, master, code), indent=1))
        raise typer.Exit(code)
    for raw in traced.raw:
        typer.echo(f"raw trace: {raw}")
    if traced.problem and not echo:
        typer.echo(traced.output, nl=False)
    if len(traced.configurations):
        show(Console(), traced.configurations, traced.summary, master, traced.left_out, traced.reading)
    elif traced.problem is None:
        typer.echo(f"{target}: {traced.verdict.traits.meaning}; {untouched(master)}")
    for line in dict.fromkeys([*traced.lacking, *map(str, traced.unsafe)]):  # several tests may say the same
        typer.echo(f"farm: {line}", err=True)
    if traced.problem:
        typer.echo(f"farm: {_problem(traced, target, master, all_tests=all_tests)}", err=True)
    raise typer.Exit(code)


def _exit_code(verdict: Verdict) -> ExitCode:
    """The exit code of a trace that ended with a verdict."""
    if verdict.failed:
        return ExitCode.TEST_FAILED
    return ExitCode.GOOD if verdict.good else ExitCode.NOT_RUN


_USUAL = (Reason.EXCEPTION, Reason.CRASH, Reason.HANG, Reason.KILLED)
"""The failures of a test itself, which need no name before their words."""


def _problem(traced: Traced, target: str, master: Path, *, all_tests: bool) -> str:
    """Why a trace did not end well, its kind, and what that means for the master."""
    from farm.api.traces import untouched

    named = not traced.verdict.failed or traced.reason not in _USUAL
    kind = f"{traced.verdict.value} ({traced.reason.value}): " if named else ""
    if not len(traced.configurations):
        return f"{kind}{target}: {traced.problem}; {untouched(master)}"
    return f"{kind}{traced.problem}{'' if all_tests else '; its configurations were left out'}"


def _load(path: Path, master: Path, *, all_tests: bool) -> None:
    from rich.console import Console

    from farm.api import load_traces

    loaded, summary = load_traces(path, master=master, include_failed=all_tests)
    for line in [*loaded.captures, *loaded.broken]:
        typer.echo(f"farm: {line}", err=True)
    show(Console(), loaded.master, summary, master, loaded.left_out)
    if loaded.broken:
        raise typer.Exit(ExitCode.NOT_RUN)


def _progress(journal: Journal) -> str:
    test = journal.tests[-1].source if journal.tests else "collecting"
    operations = {call.operation for call in journal.calls.values()}
    return f"{test}: {counted(len(journal.calls), 'configuration')} of {counted(len(operations), 'operation')}"


def show(
    console: Console,
    traced: Master,
    summary: MergeSummary,
    path: Path,
    left_out: Sequence[TracedTest] = (),
    reading: ValuesRead | None = None,
) -> None:
    """Print what a trace added to a master, by operation, and what the master holds now."""
    from rich.table import Table

    from tracer.master.master import Master

    table = Table("operation", box=None, pad_edge=False)
    for heading in ("new", "known", "calls"):
        table.add_column(heading, justify="right")
    calls = {
        name: sum(execution.count or 0 for each in configurations for execution in each.executions)
        for name, configurations in traced.configurations.items()
    }
    for name, configurations in sorted(traced.configurations.items()):
        new = summary.operations[name]
        table.add_row(name, str(new), str(len(configurations) - new), str(calls[name]))
    table.add_row("total", str(summary.added), str(len(traced) - summary.added), str(sum(calls.values())))
    console.print(table)
    for test in left_out:
        console.print(f"left out, since {test.outcome}: {test.source}", markup=False, highlight=False, soft_wrap=True)
    if reading is not None:
        measured = sum(1 for each in traced if each.statistics)
        line = f"values: statistics for {measured} of {counted(len(traced), 'configuration')}"
        for text in [line, *reading.lines()]:
            console.print(text, markup=False, highlight=False, soft_wrap=True)
    whole = Master.read(path)
    console.print(
        f"{path}: {counted(len(whole), 'configuration')} of "
        f"{counted(sum(map(bool, whole.configurations.values())), 'operation')}",
        highlight=False,
        soft_wrap=True,
    )
