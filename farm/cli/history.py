"""`farm compare` and `farm history`: what changed between runs, and how operations and vectors ended over time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from farm.cli.common import JsonOption, StoreOption
from farm.core.errors import ExitCode
from farm.core.plain_words import counted

if TYPE_CHECKING:
    from rich.console import Console

    from farm.report.compare import Change, Comparison
    from farm.report.flaky import Flakiness
    from farm.store import PastVector

MAX_CHANGES = 40
MAX_RUNS = 50


def compare(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="The earlier run: an id, the beginning of an id, or last~1.")
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The later run: an id, the beginning of an id, or last.")],
    store: StoreOption = None,
    fail_on_regression: Annotated[
        bool,
        typer.Option(
            "--fail-on-regression", help="Exit with 1 if any vector broke, has no verdict, or is slower or less exact."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what changed from one run to another, by operation, model and vector.

    Example: farm compare 20251122 last --fail-on-regression
    """
    from farm.api import compare as compare_runs
    from farm.report import stdout_console

    comparison = compare_runs(old, new, store)
    if as_json:
        counts = {change.value: count for change, count in comparison.counts.items()}
        typer.echo(json.dumps({"counts": counts, **comparison.model_dump(mode="json")}, indent=1))
    else:
        _print_comparison(stdout_console(), comparison)
    if fail_on_regression and comparison.regressed:
        raise typer.Exit(ExitCode.TEST_FAILED)


def history(
    what: Annotated[
        str,
        typer.Argument(
            metavar="OPERATION|MODULE|VECTOR",
            help="An operation, in any spelling, a sweep module, or a vector's id or its beginning.",
        ),
    ],
    store: StoreOption = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most N runs: the newest.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show how an operation, a sweep module or a vector ended, run by run, and how flaky it is.

    Example: farm history ttnn.add
    """
    from farm.api import history as history_of
    from farm.report import stdout_console
    from farm.report.flaky import flakiness

    past = history_of(what, limit=limit, store=store)
    newest = list(dict.fromkeys(each.run_id for each in past))
    flaky = flakiness(past)
    if as_json:
        rows = [
            {
                "vector_id": f.vector_id,
                "kind": f.kind,
                "ttnn_version": f.ttnn_version,
                "probability": f.probability,
                "flakes": f.flakes,
                "tries": f.attempts,
            }
            for f in flaky
        ]
        typer.echo(json.dumps({"past": [each.model_dump(mode="json") for each in past], "flaky": rows}, indent=1))
        return
    _print_history(stdout_console(), past, newest, flaky)


def _print_comparison(console: Console, comparison: Comparison) -> None:
    from rich.table import Table
    from rich.text import Text

    from farm.report.text import first_line, shortened

    console.print(Text(comparison.headline(), style="bold red" if comparison.regressed else "bold"), soft_wrap=True)
    if line := comparison.ttnn_line():
        console.print(Text(first_line(line), style="yellow"), soft_wrap=True)
    for title, groups in (("By operation", comparison.by_operation()), ("By model", comparison.by_model())):
        _print_groups(console, title, groups)
    if not comparison.changes:
        return
    console.print()
    console.print(Text("By vector", style="bold"))
    table = Table.grid(padding=(0, 2))
    for each in comparison.changes[:MAX_CHANGES]:
        style = "red" if each.change.regression else "green" if each.change.value == "fixed" else ""
        verdicts = f"{each.before.value if each.before else '-'} → {each.after.value if each.after else '-'}"
        cells = (each.vector_id, each.operation, verdicts, shortened(first_line(each.detail), 160))
        table.add_row(
            Text(each.change.value.replace("_", " "), style=style), *(Text(first_line(cell)) for cell in cells)
        )
    console.print(table)
    if len(comparison.changes) > MAX_CHANGES:
        console.print(Text(f"... and {len(comparison.changes) - MAX_CHANGES} more: --json has them all", style="dim"))


def _print_groups(console: Console, title: str, groups: Mapping[str, Mapping[Change, int]]) -> None:
    from rich.table import Table
    from rich.text import Text

    from farm.report.text import first_line

    if not groups:
        return
    console.print()
    console.print(Text(title, style="bold"))
    table = Table.grid(padding=(0, 2))
    worst_first = sorted(groups.items(), key=lambda item: -sum(n for change, n in item[1].items() if change.regression))
    for name, counts in worst_first[:MAX_CHANGES]:
        summary = ", ".join(f"{count} {change.value.replace('_', ' ')}" for change, count in counts.items())
        table.add_row(Text(first_line(name)), Text(summary))
    console.print(table)
    if len(groups) > MAX_CHANGES:
        console.print(Text(f"... and {len(groups) - MAX_CHANGES} more", style="dim"))


def _print_history(
    console: Console, past: Sequence[PastVector], runs: Sequence[str], flaky: Sequence[Flakiness]
) -> None:
    from collections import Counter

    from rich.table import Table
    from rich.text import Text

    from farm.core.ttnn_choice import by_age
    from farm.core.verdicts import Verdict
    from farm.report.console import verdict_style
    from farm.report.tally import duration
    from farm.report.text import first_line

    shows_ttnn = len({each.ttnn_version for each in past if each.ttnn_version}) > 1
    table = Table(box=None, pad_edge=False)
    for title in ("run", "started (UTC)", *(["ttnn"] if shows_ttnn else []), "how it ended", "took"):
        table.add_column(title, no_wrap=title != "how it ended")
    for run in reversed(runs[-MAX_RUNS:]):
        of_run = [each for each in past if each.run_id == run]
        counts = Counter(each.verdict for each in of_run)
        verdicts = [Text(f"{counts[v]} {v.value}", style=verdict_style(v)) for v in Verdict if counts[v]]
        seconds = duration(sum(each.seconds for each in of_run))
        versions = ", ".join(by_age(each.ttnn_version for each in of_run if each.ttnn_version))
        started = f"{of_run[0].started:%Y-%m-%d %H:%M}"
        ttnn = [Text(first_line(versions))] if shows_ttnn else []
        table.add_row(Text(run), started, *ttnn, Text(", ").join(verdicts), seconds)
    console.print(table)
    if not flaky:
        return
    console.print()
    console.print(Text("Flaky", style="bold"))
    grid = Table.grid(padding=(0, 2))
    for each in flaky[:MAX_CHANGES]:
        chance = f"fails about {100 * each.probability:.0f} % of the time"
        grid.add_row(
            Text(first_line(each.vector_id)),
            Text(first_line(each.operation)),
            Text(first_line(f"{each.kind}, ttnn {each.ttnn_version}" if each.ttnn_version else each.kind)),
            Text(f"{chance} ({each.flakes} of {counted(each.attempts, 'attempt')})"),
        )
    console.print(grid)
