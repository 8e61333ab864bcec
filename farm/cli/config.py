"""`farm config`: the settings, and where each is set."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer

from farm.cli.common import JsonOption


def config(
    what: Annotated[
        Literal["show"], typer.Argument(help="show: every setting, its value and where it comes from.")
    ] = "show",
    as_json: JsonOption = False,
) -> None:
    """Show every setting: what it does, its value, and where that comes from.

    Example: farm config show
    """
    from farm.cli.effective import effective_defaults
    from farm.core.settings import PREFIX, Settings, config_files, load_settings, origins

    assert what == "show"  # noqa: S101 - typer lets nothing else through
    settings, sources = load_settings(), origins()
    values = settings.model_dump(mode="json")
    if as_json:
        rows = {
            name: {"value": values[name], "from": sources.get(name, "default"), "description": field.description}
            for name, field in Settings.model_fields.items()
        }
        typer.echo(json.dumps(rows, indent=1))
        return
    effective = effective_defaults(settings)
    for name, field in Settings.model_fields.items():
        value = effective.get(name, "(none)") if values[name] is None else values[name]
        typer.echo(f"{name} = {value}   [{sources.get(name, 'default')}]")
        typer.echo(f"    {field.description} Variable: {PREFIX}{name.upper()}")
    for path in config_files():
        typer.echo(f"{path}: {'read' if path.is_file() else 'does not exist'}")
