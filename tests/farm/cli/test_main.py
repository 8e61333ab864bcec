"""What holds of the command `farm` itself."""

from __future__ import annotations

from typer.testing import CliRunner

from farm.cli import app
from farm.store.records import own_version


def test_it_tells_its_version() -> None:
    told = CliRunner().invoke(app, ["--version"])
    assert (told.exit_code, told.stdout) == (0, f"farm {own_version()}\n")


def test_every_command_is_in_the_help_with_a_line_of_its_own() -> None:
    told = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).stdout
    for command in app.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__
        assert any(line.split()[1:2] == [name] and len(line.split()) > 4 for line in told.splitlines()), name
