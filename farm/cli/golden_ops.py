"""`farm ops --goldens`: which operations of the installed ttnn have a golden that outputs are compared with."""

from __future__ import annotations

import json
import sys

import typer

from farm.core.golden_survey import GoldenClass, GoldenSurvey


def show_goldens(name: str | None, *, as_json: bool) -> None:
    """Survey the goldens of the ttnn that boards of this host use, and print them.

    Args:
        name: an operation, in any spelling; None for all.
        as_json: whether to print JSON.

    Raises:
        UnknownOperation: ttnn has no such operation.
        NotRunnable: the interpreter lacks ttnn or torch.
    """
    from farm.board.golden_survey import survey_goldens
    from farm.core.settings import load_settings

    survey = survey_goldens(load_settings().python)
    if name is not None:
        survey = survey.of(name)
    if as_json:
        typer.echo(json.dumps(survey.as_json(), indent=2))
    elif sys.stdout.isatty():
        _table(survey)
    else:
        for operation, each in survey.all_operations.items():
            typer.echo(f"{each.value}\t{operation}\t{survey.problems.get(operation, '')}".rstrip("\t"))


def _table(survey: GoldenSurvey) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=f"Goldens of ttnn {survey.ttnn}", title_justify="left", caption_justify="left")
    table.add_column("class")
    table.add_column("operations", justify="right")
    table.add_column("experimental", justify="right")
    table.add_column("meaning")
    for each in GoldenClass:
        counts = [str(survey.count(each, experimental=experimental)) for experimental in (False, True)]
        table.add_row(each.value, *counts, each.meaning)
    console.print(table)
    for each in GoldenClass:
        names = [operation for operation, its in survey.all_operations.items() if its is each]
        if names:
            console.print(f"\n[bold]{each.value}[/bold]", highlight=False)
            console.print(" ".join(names), highlight=False, markup=False)
    for operation, problem in survey.problems.items():
        console.print(f"\n{operation}: {problem}", highlight=False, markup=False)
