"""What the command line imports before it knows its command, and `farm boards` then: both start fast."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"ray", "sqlalchemy", "alembic", "jinja2", "numpy", "torch", "ttnn", "starlette", "uvicorn", "tracer.values"}


def test_the_command_line_imports_nothing_heavy() -> None:
    listing = "farm.cluster.hosts.local_registry, farm.report.console"  # of the boards of a host in no farm
    code = f"import sys, farm.cli; print(*sys.modules); import {listing}; print(*sys.modules)"
    at_start, at_list = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert "farm.cli.boards" in at_start.split()
    assert HEAVY & set(at_start.split()) == set()
    assert (HEAVY | {"farm.board.supervisor"}) & set(at_list.split()) == set()
