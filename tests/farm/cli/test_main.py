"""What holds of the command `farm` itself and of every command's help."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from farm.cli import app
from farm.core.errors import ExitCode
from farm.core.settings import Settings, command_defaults
from farm.core.store_place import StorePlace
from farm.core.sweep_spec import options
from farm.store.records import own_version


def commands(group: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with the words that name it."""
    root: Any = get_command(app)
    for name, command in (root if group is None else group).commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


COMMANDS = dict(commands())


def test_version() -> None:
    output = CliRunner().invoke(app, ["--version"])
    assert (output.exit_code, output.stdout) == (0, f"farm {own_version()}\n")


def test_every_command_is_in_the_help_with_a_line_of_its_own() -> None:
    output = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).stdout
    for command in app.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__
        assert any(line.split()[1:2] == [name] and len(line.split()) > 4 for line in output.splitlines()), name


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_help_has_an_example_and_a_sentence_for_each_option(words: tuple[str, ...]) -> None:
    command = COMMANDS[words]
    assert f"Example: farm {' '.join(words)}" in command.help
    own = [each for each in command.params if each.name != "help"]
    assert all(each.help and each.help[-1] in ".?" for each in own), [each.name for each in own]
    done = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "120"})
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_asterisk_of_a_help_is_taken_for_markdown(words: tuple[str, ...]) -> None:
    for parameter in COMMANDS[words].params:
        assert "*" not in re.sub("`[^`]*`", "", parameter.help or ""), parameter.name


def test_examples_with_asterisks_are_shown_whole() -> None:
    output = CliRunner().invoke(app, ["simulate", "--help"], env={"COLUMNS": "200"}).stdout
    assert "such as n300*64 or n300*8,t3000." in output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sweep", "--limit", "x"], "Invalid value for '--limit': give a whole number"),
        (["runs", "--limit", "x"], "Invalid value for '--limit': give a whole number"),
        (["sweep", "--timeout", "x"], "Invalid value for '--timeout': give a number"),
    ],
)
def test_wrong_values_are_refused_in_plain_words(words: list[str], message: str) -> None:
    done = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    assert (done.exit_code, message in done.output) == (2, True), done.output


def test_config_alone_shows_the_settings() -> None:
    assert CliRunner().invoke(app, ["config"]).stdout == CliRunner().invoke(app, ["config", "show"]).stdout != ""


def test_a_master_without_losses_is_called_good(tmp_path: Path) -> None:
    path = tmp_path / "master.json"
    execution = {"source": "a.py", "machine_info": {"board_type": "Wormhole"}, "device_config": {"mesh_shape": [1, 1]}}
    whole = {"arguments": {"fill_value": 1.0, "shape": [32]}, "output": None, "raised": "no", "executions": [execution]}
    path.write_text(json.dumps({"operations": {"ttnn.full": {"configurations": [whole]}}}))
    result = CliRunner().invoke(app, ["master", "check", str(path)])
    assert result.stdout.splitlines() == [f"{path}: 1 configuration", "nothing lost, all readable"]
    assert result.exit_code == ExitCode.GOOD
    path.write_text('{"operations": {}}')
    result = CliRunner().invoke(app, ["master", "check", str(path)])
    assert result.stdout.splitlines() == [f"{path}: 0 configurations", "nothing in it can run"]
    assert result.exit_code == ExitCode.TEST_FAILED
    path.write_text("{ this is not json")
    result = CliRunner().invoke(app, ["master", "check", str(path)])
    assert result.stdout.startswith(f"{path}: not JSON at line 1, column 3")
    assert (result.stdout.count("\n"), result.exit_code) == (1, ExitCode.TEST_FAILED)
    result = CliRunner().invoke(app, ["master", "check", str(path), "--json"])
    assert json.loads(result.stdout)["unreadable"].startswith(f"{path}: not JSON")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("farm sw", "sweep"), ("farm sweep --meas", "--measure-memory"), ("farm boards ho", "hold")],
)
def test_the_shell_completes_words(typed: str, expected: str) -> None:
    program = "import sys; sys.argv = ['farm']; from farm.cli import main; main()"
    environment = {**os.environ, "_FARM_COMPLETE": "complete_bash", "COMP_WORDS": typed}
    environment["COMP_CWORD"] = str(len(typed.split()) - 1)
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert expected in done.stdout.split(), done.stderr


def test_every_command_with_a_results_store_gets_that_of_the_settings() -> None:
    defaults = command_defaults(Settings(store=StorePlace("mine.db")))
    for words, command in COMMANDS.items():
        options = {name for parameter in command.params for name in parameter.opts}
        if "--store" in options and words != ("trace",):  # whose --store is a folder
            of_command: Any = defaults
            for word in words:
                of_command = of_command[word]
            assert of_command["store"] == StorePlace("mine.db"), words


def test_the_help_of_sweep_lists_every_option_once() -> None:
    [command] = [each for words, each in COMMANDS.items() if words == ("sweep",)]
    names = [name for parameter in command.params for name in parameter.opts]
    assert len(names) == len(set(names))
    assert {each.name for each in options().values() if each.name} <= set(names)
