"""The report of an upgrade, and of a bisection, in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from farm.core.plain_words import counted
from farm.report.console import category_style
from farm.report.text import first_line, shortened
from farm.versions.changes import Change

if TYPE_CHECKING:
    from rich.console import Console

    from farm.versions.bisect import Bisection, Tried
    from farm.versions.report import UpgradeReport

MAX_ROWS = 30


def print_upgrade(console: Console, report: UpgradeReport, written: Sequence[Path]) -> None:
    """Print what an upgrade changes: the headline, the counts, each change, and where the report is."""
    console.print(Text(report.headline(), style=_style(report)), soft_wrap=True)
    if not (report.old.computes and report.new.computes):
        console.print(Text("Accepted means validated: no numbers were computed.", style="italic"), soft_wrap=True)
    console.print()
    table = Table.grid(padding=(0, 2))
    for change, count in report.counts.items():
        if count:
            table.add_row(Text(change.words, style=category_style(change.tone)), Text(str(count)))
    console.print(table)
    _print_changed(console, report)
    _print_signatures(console, report)
    _print_counts(console, "By operation", report.operations)
    _print_counts(console, "By model", report.models)
    console.print()
    console.print(Text(f"Runs: {report.old.run} under {report.old.ttnn}, {report.new.run} under {report.new.ttnn}"))
    for path in written:
        console.print(Text(f"  {path}"), soft_wrap=True)


def _style(report: UpgradeReport) -> str:
    if report.breaks:
        return "bold red"
    return "bold yellow" if report.differs or not report.judged else "bold green"


def _print_changed(console: Console, report: UpgradeReport) -> None:
    """Print each change in a line, and below it what differs: one line for all configurations that it concerns."""
    groups = [group for change in Change if change.changed for group in report.groups(change)]
    for group in groups[:MAX_ROWS]:
        console.print()
        heading = Text.assemble(
            (f"{len(group)} {group[0].change.words}", category_style(group[0].change.tone)),
            f"  {first_line(group[0].operation)}, such as {first_line(group[0].vector_id)}",
        )
        console.print(heading, soft_wrap=True)
        if group[0].detail:
            console.print(Text(f"  {shortened(first_line(group[0].detail), 400)}"), soft_wrap=True)
    if len(groups) > MAX_ROWS:
        console.print(Text(f"... and {len(groups) - MAX_ROWS} more: the page has them all", style="dim"))


def _print_signatures(console: Console, report: UpgradeReport) -> None:
    """Print which documented arguments are gone; the page has those that are new, too."""
    gone = [each for each in report.signatures if each.gone]
    if not gone:
        return
    console.print()
    console.print(
        Text("Documented arguments that are gone, whether these configurations pass them or not", style="bold")
    )
    for each in gone[:MAX_ROWS]:
        console.print(Text(f"  {first_line(each.operation)}: {'; '.join(map(first_line, each.gone))}"), soft_wrap=True)
    if len(gone) > MAX_ROWS:
        console.print(Text(f"... and {len(gone) - MAX_ROWS} more: the page has them all", style="dim"))


def _print_counts(console: Console, title: str, counts: Mapping[str, Mapping[Change, int]]) -> None:
    """Print the rows that have a change."""
    rows = [
        (name, numbers) for name, numbers in counts.items() if any(numbers[each] for each in Change if each.changed)
    ]
    if not rows:
        return
    console.print()
    console.print(Text(title, style="bold"))
    for name, numbers in rows[:MAX_ROWS]:
        words = ", ".join(f"{numbers[change]} {change.words}" for change in Change if numbers[change])
        console.print(Text(f"  {first_line(name)}: {words}"), soft_wrap=True)
    if len(rows) > MAX_ROWS:
        console.print(Text(f"... and {len(rows) - MAX_ROWS} more", style="dim"))


def tried_line(tried: Tried) -> str:
    """One line about a version that a bisection tried."""
    version = f" (ttnn {tried.ttnn})" if tried.ttnn not in ("", tried.name) else ""
    return shortened(first_line(f"{tried.name}{version}: {tried.in_words()}"), 300)


def print_bisection(console: Console, bisection: Bisection) -> None:
    """Print what a bisection found, and the versions on both sides of the change."""
    console.print(Text(bisection.headline(), style="bold" if bisection.first else "bold yellow"), soft_wrap=True)
    for tried in (bisection.before, bisection.after):
        if tried is not None:
            console.print(Text(f"  {tried_line(tried)}"), soft_wrap=True)
    unjudged = [tried.name for tried in bisection.tried if not tried.judged]
    if unjudged:
        console.print(Text(f"Could not be judged: {', '.join(unjudged)}", style="yellow"), soft_wrap=True)
    counts = f"{len(bisection.tried)} of {counted(len(bisection.versions), 'version')}"
    console.print(
        Text(f"Tried {counts}, with {bisection.operation} {bisection.vector_id} on {bisection.board}", style="dim")
    )
