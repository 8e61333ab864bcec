"""The structure that reviews would otherwise have to watch: short files, and no decision by a backend's name.

The directions of imports are held by import-linter; see `[tool.importlinter]` in pyproject.toml.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.board.backends import BACKENDS

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("farm", "scheduler", "tracer")
MAX_LINES = 400


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def test_no_file_is_longer_than_a_reader_likes() -> None:
    lines = {path: path.read_text(encoding="utf-8").count("\n") for path in sources(*PACKAGES, "tests")}
    too_long = {str(path.relative_to(ROOT)): count for path, count in lines.items() if count > MAX_LINES}
    assert not too_long


def compared_texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and the text of each constant that something named `backend` is compared with."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        operands = [node.left, *node.comparators]
        names = {each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in operands}
        if "backend" in names:
            for operand in operands:
                for part in ast.walk(operand):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield node.lineno, part.value


@pytest.mark.parametrize("code", ["board.backend == 'mock'", "backend not in ('mock', 'fake')", "'sim' != b.backend"])
def test_a_comparison_with_a_backend_s_name_is_noticed(code: str) -> None:
    assert set(BACKENDS) & {text for _, text in compared_texts(ast.parse(code))}


def test_nothing_is_decided_by_the_name_of_a_backend() -> None:
    decisions = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources(*PACKAGES)
        for line, text in compared_texts(ast.parse(path.read_text(encoding="utf-8")))
        if text in BACKENDS
    ]
    assert not decisions


def test_every_package_says_what_it_is_for() -> None:
    undocumented = [
        str(path.relative_to(ROOT))
        for path in sources(*PACKAGES)
        if path.name == "__init__.py" and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not undocumented


def test_the_top_of_farm_holds_its_entry_points_alone() -> None:
    assert {path.name for path in (ROOT / "farm").glob("*.py")} == {"__init__.py", "__main__.py", "pytest_plugin.py"}
