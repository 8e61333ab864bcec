"""The report of a fit in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from farm.fitting.cells import cell, missing_words
from farm.fitting.fits import Fit
from farm.report.console import category_style
from farm.report.text import first_line, shortened

if TYPE_CHECKING:
    from rich.console import Console

    from farm.fitting.report import Counts, FitReport

MAX_ROWS = 30
LONGEST_NAME = 60
"""Characters of a model's name: its end tells models apart."""


def print_fit(console: Console, report: FitReport, written: Sequence[Path]) -> None:
    """Print which kinds the selection fits: the headline, the matrix of models, the reasons, and the files."""
    console.print(Text(report.headline(), style="bold"), soft_wrap=True)
    console.print(Text("Accepted means validated on a mock board: no numbers were computed.", style="italic"))
    console.print()
    table = Table.grid(padding=(0, 2))
    table.add_row("", *report.names)
    for fit in Fit:
        numbers = [counts[fit] for counts in report.counts.values()]
        if any(numbers):
            table.add_row(Text(fit.words, style=category_style(fit.tone)), *map(str, numbers))
    console.print(table)
    _print_matrix(console, report, "Models: how many of their configurations do not fit", report.models)
    if not report.models:
        _print_matrix(console, report, "Operations: how many of their configurations do not fit", report.operations)
    _print_reasons(console, report)
    console.print()
    for path in written:
        console.print(Text(f"  {path}"), soft_wrap=True)


def _print_matrix(console: Console, report: FitReport, title: str, rows: Mapping[str, Mapping[str, Counts]]) -> None:
    if not rows:
        return
    console.print()
    console.print(Text(title, style="bold"))
    table = Table.grid(padding=(0, 2))
    table.add_row("", *report.names)
    for name, kinds in list(rows.items())[:MAX_ROWS]:
        cells = [cell(counts) for counts in kinds.values()]
        line = first_line(name)
        short = line if len(line) <= LONGEST_NAME else "…" + line[1 - LONGEST_NAME :]
        table.add_row(Text(short), *(Text(each.text, style=category_style(each.tone)) for each in cells))
    console.print(table)
    if len(rows) > MAX_ROWS:
        console.print(Text(f"... and {len(rows) - MAX_ROWS} more: the page has them all", style="dim"))


def _print_reasons(console: Console, report: FitReport) -> None:
    groups = report.groups()
    if groups:
        console.print()
        console.print(Text("By operation", style="bold"))
    for group in groups[:MAX_ROWS]:
        words = f"{group.fit.words} {missing_words(group)}".rstrip()
        heading = Text.assemble(
            f"  {len(group.members)} {first_line(group.members[0].operation)} ",
            (words, category_style(group.fit.tone)),
            f" on {', '.join(group.kinds)}, such as {first_line(group.members[0].vector_id)}",
        )
        console.print(heading, soft_wrap=True)
        if group.on.detail:
            console.print(Text(f"    {shortened(first_line(group.on.detail), 200)}", style="dim"), soft_wrap=True)
    if len(groups) > MAX_ROWS:
        console.print(Text(f"... and {len(groups) - MAX_ROWS} more: the page has them all", style="dim"))
