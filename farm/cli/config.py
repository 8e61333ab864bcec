"""`farm config`: the settings, where each is set, and which settings files are trusted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from farm.cli.common import JsonOption
from farm.core.errors import FarmError

app = typer.Typer(name="config", help="Show the settings, and trust a folder's settings file.")


@app.callback(invoke_without_command=True)
def config(context: typer.Context, *, as_json: JsonOption = False) -> None:
    """Show the settings, and trust a folder's settings file.

    Example: farm config show
    """
    if context.invoked_subcommand is None:
        _show(as_json=as_json)


@app.command()
def show(*, as_json: JsonOption = False) -> None:
    """Show every setting: what it does, its value, and where that comes from.

    Example: farm config show
    """
    _show(as_json=as_json)


@app.command()
def trust(
    folder: Annotated[Path, typer.Argument(help="The folder with the farm.toml.")] = Path(),
    *,
    untrust: Annotated[bool, typer.Option("--untrust", help="Trust it no longer.")] = False,
    list_files: Annotated[bool, typer.Option("--list", help="List the trusted files.")] = False,
) -> None:
    """Let the farm.toml of a folder set everything, until it changes: also hosts, stores and interpreters.

    Example: farm config trust
    """
    from farm.core import config_trust
    from farm.core.secret_texts import without_secrets
    from farm.core.settings import FILE_NAME, ConfigFile
    from farm.report.text import first_line, printable

    if list_files:
        for path, digest in sorted(config_trust.read_record().files.items()):
            is_same = Path(path).is_file() and config_trust.sha256_of(Path(path)) == digest
            typer.echo(printable(path) + ("" if is_same else "   [changed since: not trusted]"))
        return
    file = folder / FILE_NAME
    shown = printable(str(file.resolve()))
    if untrust:
        was_trusted = config_trust.forget(file)
        typer.echo(f"{shown} is no longer trusted" if was_trusted else f"{shown} was not trusted")
        return
    if not file.is_file():
        raise FarmError(f"{shown}: there is no such file")
    values = ConfigFile(file).all_values()
    config_trust.trust(file)
    typer.echo(f"{shown} is trusted until it changes; it sets:")
    for name, value in values.items():
        typer.echo(f"  {first_line(without_secrets(f'{name} = {value}'))}")


def _show(*, as_json: bool) -> None:
    from farm.cli.effective import effective_defaults
    from farm.core.settings import PREFIX, Settings, config_files, load_settings, origins

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
    for file in config_files():
        ignored = file.ignored()
        rest = f", but {', '.join(ignored)} ignored: not trusted, see farm config trust" if ignored else ""
        typer.echo(f"{file.path}: {f'read{rest}' if file.path.is_file() else 'does not exist'}")
