"""The packages are typed for their callers: `py.typed` is there, and mypy sees the types from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.markdown import ROOT

CALLER = """
from typing import assert_type

import farm
from farm.sweeps import MasterConfigLoader
from scheduler import Scheduler
from tracer.master.master import Master

view = farm.sweep(["add"], boards="mock:n300", limit=4)
assert_type(view.counts["validated"], int)
assert_type([vector.verdict.failed for vector in view.vectors], list[bool])
assert_type(Scheduler(fits=lambda kind, key: True).done, bool)
MasterConfigLoader().get_suite_parameters("add")
Master.read(1)
"""


@pytest.mark.parametrize("package", ["farm", "tracer", "scheduler"])
def test_the_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_mypy_sees_the_types_of_a_caller(tmp_path: Path) -> None:
    (tmp_path / "caller.py").write_text(CALLER, encoding="utf-8")
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-version=3.11", "--cache-dir=cache", "caller.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    # the last line of the caller is wrong on purpose
    [error, summary] = checked.stdout.splitlines()
    assert "[arg-type]" in error, checked.stdout + checked.stderr
    assert '"read" of "Master"' in error
    assert summary.startswith("Found 1 error in 1 file")
