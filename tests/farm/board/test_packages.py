"""A worker needs farm's packages and the standard library, whatever interpreter it runs in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from farm.board.packages import PACKAGES, packages_folder


def in_a_bare_interpreter(folder: Path, code: str) -> str:
    """Run code where nothing is installed: `-S` leaves out all of site-packages."""
    environment = {"PYTHONPATH": str(folder), "PATH": os.environ["PATH"]}
    run = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        cwd=folder.parent,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_the_folder_holds_farms_packages_alone(tmp_path: Path) -> None:
    folder = packages_folder(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == sorted(PACKAGES)
    assert packages_folder(tmp_path) == folder, "a restarted process uses the same folder"


def test_a_worker_starts_without_installed_packages(tmp_path: Path) -> None:
    imports = "import farm.worker.__main__, farm.worker.session, farm.worker.runner, tracer.values.live"
    # ttnn is the host's own, and brings numpy
    names = ("ttnn", "numpy", "numpy.typing")
    mocks = f"sys.modules.update({{name: m.MagicMock() for name in {names}}})"
    code = f"import sys, unittest.mock as m; {mocks}; {imports}; print('ok')"
    assert in_a_bare_interpreter(packages_folder(tmp_path), code) == "ok"
    hidden = "import importlib.util; print([n for n in ('ray', 'pydantic', 'rich') if importlib.util.find_spec(n)])"
    assert in_a_bare_interpreter(packages_folder(tmp_path), hidden) == "[]"
