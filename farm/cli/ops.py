"""`farm ops`: the operations and configurations of a master."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from farm.cli.common import JsonOption
from farm.core.errors import NothingSelected

if TYPE_CHECKING:
    from tracer.master.master import Master
    from tracer.master.queries import Filter
    from tracer.values.configuration import Configuration


def ops(
    name: Annotated[str | None, typer.Argument(help="An operation, in any spelling. Without one, list all.")] = None,
    master: Annotated[Path | None, typer.Option(help="The master JSON file. Default: the one that farm ships.")] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--model", "--source", help="Only configurations seen in a model's test whose path contains this text."
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
    diff: Annotated[
        tuple[Path, Path] | None, typer.Option(metavar="OLD NEW", help="Compare two masters: added, gone, changed.")
    ] = None,
    stats: Annotated[
        bool, typer.Option("--stats", help="Count configurations by operation, model, board, dtype, layout and memory.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the operations of a master, or show every configuration of one.

    Example: farm ops ttnn.add --board n300
    """
    from tracer.master.master import Master, shipped
    from tracer.master.queries import Filter

    # a terminal of another encoding gets escapes in place of arrows, never a traceback
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    wanted = Filter(source, board, dtype, layout, memory)
    if diff is not None:
        _diff(Master.read(diff[0]), Master.read(diff[1]), wanted, name, as_json=as_json)
        return
    read = Master.read(master or shipped())
    chosen = _chosen(read, wanted)
    if stats:
        _stats(chosen, as_json=as_json)
    elif name is None:
        _list(read, {name: found for name, found in chosen.items() if found or not wanted}, as_json=as_json)
    else:
        _show(read, chosen, name, as_json=as_json)


def _chosen(master: Master, wanted: Filter) -> dict[str, list[Configuration]]:
    """The configurations that the filter takes, by operation."""
    chosen = {
        name: [each for each in found if wanted.takes(each)] for name, found in sorted(master.configurations.items())
    }
    if wanted and not any(chosen.values()):
        asked = {key: value for key, value in vars(wanted).items() if value is not None}
        told = " and ".join(f"{key} {value!r}" for key, value in asked.items())
        if asked.keys() == {"model"}:
            told = f"a source that holds {wanted.model!r}"
        raise NothingSelected(f"nothing in {master.path} was seen in {told}")
    return chosen


def _stats(chosen: dict[str, list[Configuration]], *, as_json: bool) -> None:
    from tracer.master.master import Master
    from tracer.master.queries import statistics

    some = Master()
    some.configurations = chosen
    found = statistics(some)
    if as_json:
        _print_json({"configurations": len(some), **found})
        return
    typer.echo(f"{len(some)} configurations")
    for what, counts in found.items():
        typer.echo(f"\n{what}")
        for key, count in counts.items():
            typer.echo(f"  {count:6} {key}")


def _diff(old: Master, new: Master, wanted: Filter, name: str | None, *, as_json: bool) -> None:
    """Show how two masters differ; like any view, it exits with 0 either way."""
    from tracer.master.queries import difference
    from tracer.master.view import argument_lines, configuration_json
    from tracer.names import find
    from tracer.values import clean

    names = {*old.configurations, *new.configurations}
    matching = names if name is None else set(find(name, names))

    def asked(each: Configuration) -> bool:
        return each.operation in matching and wanted.takes(each)

    found = difference(old, new)
    parts = {"added": list(filter(asked, found.added)), "gone": list(filter(asked, found.gone))}
    changed = [(each, told) for each, told in found.changed if asked(each)]
    if as_json:
        document: dict[str, Any] = {word: [configuration_json(each) for each in some] for word, some in parts.items()}
        document["changed"] = [{**configuration_json(each), "change": told} for each, told in changed]
        _print_json({"old": str(old.path), "new": str(new.path), **document})
        return
    for (word, some), sign in zip(parts.items(), "+-", strict=True):
        for each in sorted(some, key=lambda one: (one.operation, one.index)):
            typer.echo(f"{sign} {each.operation} ({word}, content {each.content_hash[:12]})")
            for line in argument_lines(each):
                typer.echo(f"    {line}")
    for each, told in changed:
        typer.echo(f"~ {each.operation} (content {each.content_hash[:12]}): {clean(told)}")
    typer.echo(f"{len(parts['added'])} added, {len(parts['gone'])} gone, {len(changed)} changed")


def _list(master: Master, chosen: dict[str, list[Configuration]], *, as_json: bool) -> None:
    rows = [
        {
            "operation": name,
            "configurations": len(found),
            "calls": sum(seen.count or 0 for each in found for seen in each.executions),
            "lost": sum(1 for each in found if each.lost),
            "broken": sum(1 for each in master.broken if each.operation == name),
        }
        for name, found in chosen.items()
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

    table = Table(
        box=box.SIMPLE_HEAD,
        caption=f"{sum(row['configurations'] for row in rows)} configurations of {len(rows)} operations",
    )
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
        found = [configuration_json(each) for match in matching for each in chosen[match]]
        broken = [str(each) for each in master.broken if each.operation in matching]
        _print_json({"master": str(master.path), "operations": matching, "configurations": found, "broken": broken})
        return
    if len(matching) > 1:
        _say(f"{len(matching)} operations match {name!r}: {', '.join(matching)}\n")
    for match in matching:
        total = len(chosen[match])
        _say(f"{match}: {total} configuration{'' if total == 1 else 's'}")
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
