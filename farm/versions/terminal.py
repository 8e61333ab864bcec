"""The report of an upgrade, and of a bisection, in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from farm.core.errors import ExitCode
from farm.core.verdicts import Category
from farm.report.text import first_line, shortened
from farm.versions.changes import Change

if TYPE_CHECKING:
    from rich.console import Console

    from farm.versions.report import UpgradeReport

MAX_ROWS = 30
_STYLES = {ExitCode.GOOD: "bold green", ExitCode.TEST_FAILED: "bold red"}
_COLOURS = {Category.GOOD: "green", Category.FAILED: "red", Category.FAULT: "magenta", Category.NOT_RUN: "yellow"}


def print_upgrade(console: Console, report: UpgradeReport, written: Sequence[Path]) -> None:
    """Print what an upgrade changes: the headline, the counts, each change, and where the report is."""
    console.print(Text(report.headline(), style=_STYLES.get(report.exit_code, "bold yellow")), soft_wrap=True)
    if not (report.old.computes and report.new.computes):
        console.print(Text("Accepted means validated: no numbers were computed.", style="italic"), soft_wrap=True)
    console.print()
    table = Table.grid(padding=(0, 2))
    for change, count in report.counts.items():
        if count:
            table.add_row(Text(change.words, style=_COLOURS[change.tone]), Text(str(count)))
    console.print(table)
    _print_changed(console, report)
    _print_counts(console, "By operation", report.operations)
    _print_counts(console, "By model", report.models)
    console.print()
    console.print(Text(f"Runs: {report.old.run} under {report.old.ttnn}, {report.new.run} under {report.new.ttnn}"))
    for path in written:
        console.print(Text(f"  {path}"), soft_wrap=True)


def _print_changed(console: Console, report: UpgradeReport) -> None:
    changed = report.changed
    if not changed:
        return
    console.print()
    console.print(Text("Changes", style="bold"))
    table = Table.grid(padding=(0, 2))
    for each in changed[:MAX_ROWS]:
        table.add_row(
            Text(each.change.words, style=_COLOURS[each.change.tone]),
            Text(first_line(each.operation)),
            Text(first_line(each.vector_id)),
            Text(shortened(first_line(each.detail), 200)),
        )
    console.print(table)
    if len(changed) > MAX_ROWS:
        console.print(Text(f"... and {len(changed) - MAX_ROWS} more: the page has them all", style="dim"))


def _print_counts(console: Console, title: str, counts: Mapping[str, Mapping[Change, int]]) -> None:
    """Print the rows that have a change."""
    rows = [
        (name, numbers) for name, numbers in counts.items() if any(numbers[each] for each in Change if each.changed)
    ]
    if not rows:
        return
    console.print()
    console.print(Text(title, style="bold"))
    table = Table.grid(padding=(0, 2))
    for name, numbers in rows[:MAX_ROWS]:
        words = ", ".join(f"{numbers[change]} {change.words}" for change in Change if numbers[change])
        table.add_row(Text(shortened(first_line(name), 80)), Text(words))
    console.print(table)
    if len(rows) > MAX_ROWS:
        console.print(Text(f"... and {len(rows) - MAX_ROWS} more", style="dim"))
