"""The README and docs/ are true: their commands, options, files, links, verdicts, kinds and variables exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.board.kinds import KINDS
from farm.core.errors import ExitCode
from farm.core.verdicts import Verdict
from tests.command_line import assert_exists, subcommands
from tests.markdown import PAGES, ROOT, anchors, blocks, links, prose, table

DOCS = ROOT / "docs"


def shell_lines(page: Path) -> Iterator[str]:
    """Every command of a page: the lines of its shell blocks, and what of its prose begins with `farm `."""
    for block in blocks(page):
        if block.language == "sh":
            yield from (line for line in block.text.splitlines() if line.strip())
    yield from (span for span in re.findall(r"`([^`\n]+)`", prose(page)) if span.startswith("farm "))


def farm_commands() -> Iterator[tuple[str, ...]]:
    """Every `farm ...` of all pages, as words; what `farm submit` passes on is a command of its own."""
    for page in PAGES:
        for line in shell_lines(page):
            words = shlex.split(line, comments=True)
            if "farm" in words:
                passed_on: list[str] = []
                rest = words[words.index("farm") + 1 :]
                if "--" in rest:
                    rest, passed_on = rest[: rest.index("--")], rest[rest.index("--") + 1 :]
                yield from (tuple(command) for command in (rest, passed_on) if command and command != ["..."])


@pytest.mark.parametrize("words", sorted(set(farm_commands())), ids=" ".join)
def test_every_command_and_option_exists(words: tuple[str, ...]) -> None:
    assert_exists(words)


def test_every_command_is_documented() -> None:
    assert set(subcommands()) <= {words[0] for words in farm_commands()}


def test_the_readmes_first_sweep_runs_in_ci() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    [line] = [line for line in shell_lines(ROOT / "README.md") if "farm sweep" in line and "--op add" in line]
    assert f"step {line.removesuffix(' --out out')}" in script


def test_the_readme_is_one_to_two_screens() -> None:
    words = prose(ROOT / "README.md").split()
    assert len(words) < 600


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_has_a_target(page: Path) -> None:
    for link in links(page):
        if link.startswith(("https:", "http:")):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), f"{page.name} links to {link}"
        assert not anchor or anchor in anchors(target), f"{page.name} links to {link}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_named_exists(page: Path) -> None:
    for name in re.findall(r"`((?:\.ci|deploy|docs|tests|tracer|scheduler|farm)/[\w/.-]*)`", prose(page)):
        assert (ROOT / name).exists(), f"{page.name} names {name}"


def test_every_page_is_linked_from_the_readme_and_in_the_contents() -> None:
    contents = (DOCS / "index.rst").read_text(encoding="utf-8").split()
    for page in DOCS.glob("*.md"):
        assert f"docs/{page.name}" in links(ROOT / "README.md")
        assert page.stem in contents


def test_every_verdict_is_documented() -> None:
    names = [name.strip() for row in table(DOCS / "verdicts.md", "Verdicts") for name in row[0].split(",")]
    assert sorted(names) == sorted(verdict.value for verdict in Verdict)


def test_every_exit_code_is_documented() -> None:
    assert [int(row[0]) for row in table(DOCS / "verdicts.md", "Exit codes")] == list(ExitCode)


def test_every_kind_is_documented() -> None:
    sentence = re.search(r"Kinds are ([^.]+)\.", prose(DOCS / "boards.md"))
    assert sentence is not None
    assert re.split(r", | and ", sentence[1]) == list(KINDS)


def test_every_setting_is_documented() -> None:
    from farm.core.settings import Settings

    named = {name for row in table(DOCS / "configuration.md", "Environment") for name in re.findall(r"`(\w+)`", row[0])}
    assert {f"FARM_{name.upper()}" for name in Settings.model_fields} <= named


@pytest.mark.parametrize(
    "variable",
    [name for row in table(DOCS / "configuration.md", "Environment") for name in re.findall(r"`(\w+)`", row[0])],
)
def test_every_variable_is_read_somewhere(variable: str) -> None:
    from farm.core.settings import Settings

    if variable.removeprefix("FARM_").lower() in Settings.model_fields:
        return
    sources = [*(ROOT / "farm").rglob("*.py"), *(ROOT / "tests").rglob("conftest.py")]
    assert any(f'"{variable}"' in source.read_text(encoding="utf-8") for source in sources)
