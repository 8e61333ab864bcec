"""`farm ops`: the operations and configurations of a master."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from farm.cli.common import JsonOption, read_master, split_names
from farm.core.errors import NothingSelected
from farm.core.plain_words import counted

if TYPE_CHECKING:
    from tracer.master.master import Master
    from tracer.master.queries import Filter
    from tracer.values.configuration import Configuration


def ops(
    name: Annotated[str | None, typer.Argument(help="An operation, in any spelling. Without one, list all.")] = None,
    master: Annotated[
        Path | None, typer.Option(help="A master or a capture. Default: the master that farm ships.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--model",
            "--source",
            help="Only configurations seen in a model's test whose path contains this; `*` is any text.",
        ),
    ] = None,
    board: Annotated[
        str | None, typer.Option(help="Only configurations seen on this board: n300, Blackhole, ...")
    ] = None,
    dtype: Annotated[str | None, typer.Option(help="Only with a tensor of this dtype, such as BFLOAT8_B.")] = None,
    layout: Annotated[str | None, typer.Option(help="Only with a tensor of this layout: TILE, ROW_MAJOR.")] = None,
    memory: Annotated[
        str | None, typer.Option(help="Only with memory like this: DRAM, L1, HEIGHT_SHARDED, L1_INTERLEAVED, ...")
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            help="Only configurations that models with this tag of their zoo use (farm trace --zoo). Repeatable, or "
            "separated by commas."
        ),
    ] = None,
    diff: Annotated[
        tuple[Path, Path] | None, typer.Option(metavar="OLD NEW", help="Compare two masters: added, gone, changed.")
    ] = None,
    stats: Annotated[
        bool, typer.Option("--stats", help="Count configurations by operation, model, board, dtype, layout and memory.")
    ] = False,
    tolerances: Annotated[
        bool,
        typer.Option("--tolerances", help="List the tolerances that judge outputs, of all operations or of one."),
    ] = False,
    goldens: Annotated[
        bool,
        typer.Option(
            "--goldens",
            help="Of the installed ttnn: which operations' outputs are compared with its golden functions, and why "
            "others aren't. Needs torch.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the operations of a master, or show every configuration of one.

    Example: farm ops ttnn.add --board n300
    """
    if tolerances:
        from farm.cli.ops_tolerances import show_tolerances

        show_tolerances(name, as_json=as_json)
        return
    from tracer.master.master import shipped
    from tracer.master.queries import Filter
    from tracer.names import find

    # a terminal of another encoding gets escapes in place of arrows, never a traceback
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    criteria = Filter(source, board, dtype, layout, memory, split_names(tag))
    if goldens:
        from farm.cli.golden_ops import show_goldens

        if criteria or stats or diff is not None or master is not None:
            raise typer.BadParameter(
                "it asks the installed ttnn, and goes with no option that selects from a master", param_hint="--goldens"
            )
        show_goldens(name, as_json=as_json)
        return
    if diff is not None:
        _diff(read_master(diff[0]), read_master(diff[1]), criteria, name, as_json=as_json)
        return
    read = read_master(master or shipped())
    chosen = _chosen(read, criteria)
    if stats:
        matching = chosen if name is None else find(name, chosen)
        _stats({each: chosen[each] for each in matching}, as_json=as_json)
    elif name is None:
        _list(read, {name: some for name, some in chosen.items() if some or not criteria}, as_json=as_json)
    else:
        _show(read, chosen, name, as_json=as_json)


def _chosen(master: Master, criteria: Filter) -> dict[str, list[Configuration]]:
    """The configurations that the filter takes, by operation.

    Raises:
        NothingSelected: it takes none.
    """
    from farm.planning.tags import require_tags
    from tracer.master.queries import tags_of

    chosen = {
        name: [each for each in configurations if criteria.takes(each)]
        for name, configurations in sorted(master.configurations.items())
    }
    if criteria.tags:
        require_tags(criteria.tags, tags_of(master), f"{master.path}")
    if criteria and not any(chosen.values()):
        named = {**vars(criteria), "tags": None, "tag": ",".join(criteria.tags) or None}
        options = [f"--{name} {value!r}" for name, value in named.items() if value is not None]
        raise NothingSelected(
            f"{master.path} has no configuration with {' and '.join(options)}: `farm ops --stats` lists what it has"
        )
    return chosen


def _stats(chosen: dict[str, list[Configuration]], *, as_json: bool) -> None:
    from tracer.master.master import Master
    from tracer.master.queries import statistics

    selection = Master()
    selection.configurations = chosen
    counts_by_property = statistics(selection)
    if as_json:
        _print_json({"configurations": len(selection), **counts_by_property})
        return
    typer.echo(counted(len(selection), "configuration"))
    for name, counts in counts_by_property.items():
        typer.echo(f"\n{name}")
        for value, count in counts.items():
            typer.echo(f"  {count:6} {value}")


def _diff(old: Master, new: Master, criteria: Filter, name: str | None, *, as_json: bool) -> None:
    """Show how two masters differ; like any view, it exits with 0 either way."""
    from tracer.master.queries import difference
    from tracer.master.view import argument_lines, configuration_json
    from tracer.names import find
    from tracer.values import clean

    names = {*old.configurations, *new.configurations}
    matching = names if name is None else set(find(name, names))

    def selected(each: Configuration) -> bool:
        return each.operation in matching and criteria.takes(each)

    changes = difference(old, new)
    parts = {"added": list(filter(selected, changes.added)), "gone": list(filter(selected, changes.gone))}
    changed = [(each, change) for each, change in changes.changed if selected(each)]
    if as_json:
        document: dict[str, Any] = {word: [configuration_json(each) for each in part] for word, part in parts.items()}
        document["changed"] = [{**configuration_json(each), "change": change} for each, change in changed]
        _print_json({"old": str(old.path), "new": str(new.path), **document})
        return
    for (word, part), sign in zip(parts.items(), "+-", strict=True):
        for each in sorted(part, key=lambda one: (one.operation, one.index)):
            typer.echo(f"{sign} {each.operation} ({word}, content {each.content_hash[:12]})")
            for line in argument_lines(each):
                typer.echo(f"    {line}")
    for each, change in changed:
        typer.echo(f"~ {each.operation} (content {each.content_hash[:12]}): {clean(change)}")
    typer.echo(f"{len(parts['added'])} added, {len(parts['gone'])} gone, {len(changed)} changed")


def _list(master: Master, chosen: dict[str, list[Configuration]], *, as_json: bool) -> None:
    rows = [
        {
            "operation": name,
            "configurations": len(configurations),
            "calls": sum(execution.count or 0 for each in configurations for execution in each.executions),
            "lost": sum(1 for each in configurations if each.lost),
            "broken": sum(1 for each in master.broken if each.operation == name),
        }
        for name, configurations in chosen.items()
    ]
    if as_json:
        _print_json({"master": str(master.path), "operations": rows, "broken": [str(each) for each in master.broken]})
    elif sys.stdout.isatty():
        _table(rows)
    else:
        for row in rows:
            _say(f"{row['operation']}\t{row['configurations']}")
    if not as_json:
        _warn(master, None)


def _table(rows: list[dict[str, Any]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    total = counted(sum(row["configurations"] for row in rows), "configuration")
    table = Table(box=box.SIMPLE_HEAD, caption=f"{total} of {counted(len(rows), 'operation')}")
    table.add_column("operation", no_wrap=True)
    columns = ["configurations", *(key for key in ("calls", "lost", "broken") if any(row[key] for row in rows))]
    headings = {"lost": "lost an argument", "broken": "can't be read"}
    for key in columns:
        table.add_column(headings.get(key, key), justify="right", min_width=len(key))
    for row in rows:
        table.add_row(row["operation"], *(str(row[key] or "") for key in columns))
    Console().print(table)


def _show(master: Master, chosen: dict[str, list[Configuration]], name: str, *, as_json: bool) -> None:
    from tracer.master.view import argument_lines, configuration_json, execution_line, result_lines
    from tracer.names import find

    matching = find(name, master.configurations)
    if as_json:
        configurations = [configuration_json(each) for match in matching for each in chosen[match]]
        broken = [str(each) for each in master.broken if each.operation in matching]
        document = {"operations": matching, "configurations": configurations, "broken": broken}
        _print_json({"master": str(master.path), **document})
        return
    if len(matching) > 1:
        _say(f"{len(matching)} operations match {name!r}: {', '.join(matching)}\n")
    for match in matching:
        total = len(chosen[match])
        _say(f"{match}: {counted(total, 'configuration')}")
        for number, each in enumerate(chosen[match], start=1):
            _say(f"\nConfiguration {number} of {total} (index {each.index}, config_hash {each.config_hash[:12]})")
            for line in [*argument_lines(each), *result_lines(each), *map(execution_line, each.executions)]:
                _say(f"  {line}")
        typer.echo("")
    _warn(master, matching)


def _warn(master: Master, operations: list[str] | None) -> None:
    """Report what can't be read on stderr, apart from the output."""
    for each in master.broken:
        if operations is None or each.operation in operations:
            _say(f"farm: can't be read: {each}", err=True)


def _print_json(document: dict[str, Any]) -> None:
    typer.echo(json.dumps(document, indent=2))


def _say(text: str, *, err: bool = False) -> None:
    """Print text from a file, which may hold anything, without control codes for the terminal."""
    from farm.report.text import printable

    typer.echo(printable(text), err=err)
