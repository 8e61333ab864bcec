"""Check a written `farm` command against the command line that there is."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import typer

from farm.cli import app


@functools.cache
def root() -> Any:
    """Return `farm` as click sees it."""
    return typer.main.get_command(app)


def subcommands() -> dict[str, Any]:
    """Return the subcommands of `farm` by name, as click sees them."""
    commands: dict[str, Any] = vars(root())["commands"]
    return commands


def without_global_options(words: Sequence[str]) -> list[str]:
    """Return a command without the options before its name, such as `-v`; assert that these exist."""
    name = next((place for place, word in enumerate(words) if not word.startswith("-")), len(words))
    options = {option for parameter in root().params for option in parameter.opts}
    for word in words[:name]:
        assert word in options or word[:2] in options, f"`farm` has no {word}"
    return list(words[name:])


def assert_exists(words: Sequence[str]) -> None:
    """Assert that a command and each of its options exist.

    Args:
        words: the command's words, without `farm`. `COMMAND` stands for any command.
    """
    name, *arguments = without_global_options(words)
    if name == "COMMAND":
        return
    assert name in subcommands(), f"there is no `farm {name}`"
    command = subcommands()[name]
    if hasattr(command, "commands") and arguments:
        name, *arguments = f"{name} {arguments[0]}", *arguments[1:]
        assert name.split()[1] in command.commands, f"there is no `farm {name}`"
        command = command.commands[name.split()[1]]
    options = {option for parameter in command.params for option in parameter.opts}
    used = {word.split("=")[0] for word in arguments if word.startswith("--")}
    assert used <= options, f"`farm {name}` has no {', '.join(sorted(used - options))}"
