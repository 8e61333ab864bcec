"""What the command line imports before it knows its command: light commands start as fast as it does."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"ray", "sqlalchemy", "alembic", "jinja2", "numpy", "torch", "ttnn", "starlette", "uvicorn", "tracer.values"}


def test_the_command_line_imports_nothing_heavy() -> None:
    code = "import sys, farm.cli; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "farm.cli.boards" in modules
    assert HEAVY & set(modules) == set()
