"""Check a written `farm` command against the command line that there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from farm.cli import app


def subcommands() -> dict[str, Any]:
    """The subcommands of `farm` by name, as click sees them."""
    commands: dict[str, Any] = vars(typer.main.get_command(app))["commands"]
    return commands


def assert_exists(words: Sequence[str]) -> None:
    """Assert that a command and each of its options exist.

    Args:
        words: the command's words, without `farm`.
    """
    name, *arguments = words
    assert name in subcommands(), f"there is no `farm {name}`"
    command = subcommands()[name]
    if hasattr(command, "commands") and arguments:
        name, *arguments = f"{name} {arguments[0]}", *arguments[1:]
        assert name.split()[1] in command.commands, f"there is no `farm {name}`"
        command = command.commands[name.split()[1]]
    options = {option for parameter in command.params for option in parameter.opts}
    used = {word.split("=")[0] for word in arguments if word.startswith("--")}
    assert used <= options, f"`farm {name}` has no {', '.join(sorted(used - options))}"
