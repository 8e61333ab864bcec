"""What the README says is there, is there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from farm.board.kinds import KINDS
from farm.cli import app
from farm.core.errors import ExitCode
from farm.core.verdicts import Verdict

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def code_blocks() -> Iterator[str]:
    """Every line of the README's shell blocks, without its comment."""
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL):
        yield from (line for line in block.splitlines() if line.strip())


def farm_commands() -> list[list[str]]:
    """Every `farm ...` of the README, in blocks and in the text, as words."""
    spans = [span for span in re.findall(r"`([^`\n]+)`", README) if span.startswith("farm ")]
    found = []
    for line in [*code_blocks(), *spans]:
        words = shlex.split(line, comments=True)
        if "farm" in words:
            rest = words[words.index("farm") + 1 :]
            if "--" in rest:  # what `farm submit` passes on is a command of its own
                found.append(rest[rest.index("--") + 1 :])
                rest = rest[: rest.index("--")]
            found.append(rest)
    return found


def table(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading, as cells."""
    part = README.split(f"\n## {heading}\n", 1)[1].split("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows[2:]]


def commands() -> dict[str, Any]:
    """The `farm` command's subcommands by name, as click sees them."""
    found: dict[str, Any] = vars(typer.main.get_command(app))["commands"]
    return found


@pytest.mark.parametrize("words", farm_commands(), ids=" ".join)
def test_every_command_and_option_exists(words: list[str]) -> None:
    command, arguments = words[0], words[1:]
    assert command in commands(), f"there is no `farm {command}`"
    found = commands()[command]
    if hasattr(found, "commands"):
        assert arguments[0] in found.commands, f"there is no `farm {command} {arguments[0]}`"
        found = found.commands[arguments[0]]
    known = {option for parameter in found.params for option in parameter.opts}
    used = {word.split("=")[0] for word in arguments if word.startswith("--")}
    assert used <= known, f"`farm {command}` has no {', '.join(sorted(used - known))}"


def test_every_command_is_in_the_readme() -> None:
    assert set(commands()) <= {words[0] for words in farm_commands()}


def test_both_set_up_commands_run_in_ci() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    main_job, tests = (shlex.split(line, comments=True) for line in list(code_blocks())[:2])
    for words in (main_job[main_job.index("&&") + 1 :], tests):
        assert f"step {shlex.join(words)}" in script


def test_the_verdicts_are_all() -> None:
    names = [name.strip() for row in table("Verdicts") for name in row[0].split(",")]
    assert sorted(names) == sorted(verdict.value for verdict in Verdict)


def test_the_kinds_are_all() -> None:
    sentence = re.search(r"Kinds are ([^.]+)\.", README)
    assert sentence is not None
    assert re.split(r", | and ", sentence[1]) == list(KINDS)


def test_the_exit_codes_are_all() -> None:
    assert [int(row[0]) for row in table("Exit codes")] == list(ExitCode)


@pytest.mark.parametrize("variable", [row[0].strip("`") for row in table("Environment")])
def test_every_variable_is_read_somewhere(variable: str) -> None:
    sources = [*(ROOT / "farm").rglob("*.py"), *(ROOT / "tests").rglob("conftest.py")]
    assert any(f'"{variable}"' in source.read_text(encoding="utf-8") for source in sources)


def test_every_file_named_is_there() -> None:
    for name in set(re.findall(r"`((?:\.ci|tracer|scheduler|farm)/[\w/]*)`", README)):
        assert (ROOT / name).exists(), name
