"""`farm compare` and `farm history`: what changed between runs, and how operations and vectors ended over time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from farm.cli.report import RunName, StorePlace
from farm.core.errors import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from farm.report.compare import Change, Comparison
    from farm.report.flaky import Flakiness
    from farm.store import PastVector

MOST_CHANGES = 40
MOST_RUNS = 50


def compare(
    old: RunName,
    new: Annotated[str, typer.Argument(help="The later run: an id, the beginning of one, or `last`.")],
    store: StorePlace = None,
    fail_on_regression: Annotated[  # noqa: FBT002 - typer's form
        bool,
        typer.Option(
            "--fail-on-regression", help="Exit with 1 if anything is broken, unanswered, slower or less exact."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,  # noqa: FBT002 - typer's form
) -> None:
    """Tell what changed from one run to another: by operation, model and vector."""
    from farm.api import compare as compare_runs
    from farm.report import stdout_console

    found = compare_runs(old, new, store)
    if as_json:
        counts = {change.value: count for change, count in found.counts.items()}
        typer.echo(json.dumps({"counts": counts, **found.model_dump(mode="json")}, indent=1))
    else:
        _print_comparison(stdout_console(), found)
    if fail_on_regression and found.regressed:
        raise typer.Exit(ExitCode.TEST_FAILED)


def history(
    what: Annotated[str, typer.Argument(help="An operation, in any spelling, or a vector's id or its beginning.")],
    store: StorePlace = None,
    limit: Annotated[int, typer.Option(min=1, help="So many runs, the newest.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,  # noqa: FBT002 - typer's form
) -> None:
    """Show how an operation or a vector ended, run by run, and how flaky it is."""
    from farm.api import history as history_of
    from farm.report import stdout_console
    from farm.report.flaky import flakiness

    past = history_of(what, limit=limit, store=store)
    newest = list(dict.fromkeys(each.run_id for each in past))
    flaky = flakiness(past)
    if as_json:
        told = [
            {
                "vector_id": f.vector_id,
                "kind": f.kind,
                "probability": f.probability,
                "flakes": f.flakes,
                "tries": f.attempts,
            }
            for f in flaky
        ]
        typer.echo(json.dumps({"past": [each.model_dump(mode="json") for each in past], "flaky": told}, indent=1))
        return
    _print_history(stdout_console(), past, newest, flaky)


def _print_comparison(console: Console, found: Comparison) -> None:
    from rich.table import Table
    from rich.text import Text

    from farm.report.text import first_line, shortened

    console.print(Text(found.headline(), style="bold red" if found.regressed else "bold"), soft_wrap=True)
    for title, groups in (("By operation", found.by_operation()), ("By model", found.by_model())):
        _print_groups(console, title, groups)
    if not found.changes:
        return
    console.print()
    console.print(Text("By vector", style="bold"))
    table = Table.grid(padding=(0, 2))
    for each in found.changes[:MOST_CHANGES]:
        style = "red" if each.change.regression else "green" if each.change.value == "fixed" else ""
        verdicts = f"{each.before.value if each.before else '-'} → {each.after.value if each.after else '-'}"
        cells = (each.vector_id, each.operation, verdicts, shortened(first_line(each.detail), 160))
        table.add_row(Text(each.change.value, style=style), *(Text(first_line(cell)) for cell in cells))
    console.print(table)
    if len(found.changes) > MOST_CHANGES:
        console.print(Text(f"... and {len(found.changes) - MOST_CHANGES} more: --json has them all", style="dim"))


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
    for name, counts in worst_first[:MOST_CHANGES]:
        told = ", ".join(f"{count} {change.value}" for change, count in counts.items())
        table.add_row(Text(first_line(name)), Text(told))
    console.print(table)
    if len(groups) > MOST_CHANGES:
        console.print(Text(f"... and {len(groups) - MOST_CHANGES} more", style="dim"))


def _print_history(
    console: Console, past: Sequence[PastVector], runs: Sequence[str], flaky: Sequence[Flakiness]
) -> None:
    from collections import Counter

    from rich.table import Table
    from rich.text import Text

    from farm.core.verdicts import Verdict
    from farm.report.tally import duration
    from farm.report.terminal import verdict_style
    from farm.report.text import first_line

    table = Table(box=None, pad_edge=False)
    for title in ("run", "started (UTC)", "how it ended", "took"):
        table.add_column(title, no_wrap=title != "how it ended")
    for run in reversed(runs[-MOST_RUNS:]):
        here = [each for each in past if each.run_id == run]
        counts = Counter(each.verdict for each in here)
        told = [Text(f"{counts[v]} {v.value}", style=verdict_style(v)) for v in Verdict if counts[v]]
        took = duration(sum(each.seconds for each in here))
        table.add_row(Text(run), f"{here[0].started:%Y-%m-%d %H:%M}", Text(", ").join(told), took)
    console.print(table)
    if not flaky:
        return
    console.print()
    console.print(Text("Flaky", style="bold"))
    grid = Table.grid(padding=(0, 2))
    for each in flaky[:MOST_CHANGES]:
        chance = f"fails about {100 * each.probability:.0f} % of the time"
        grid.add_row(
            Text(first_line(each.vector_id)),
            Text(first_line(each.operation)),
            Text(each.kind),
            Text(f"{chance} ({each.flakes} of {each.attempts} attempts)"),
        )
    console.print(grid)
