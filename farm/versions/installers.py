"""The programs that make an environment and install a ttnn into it: uv, or else Python's own venv and pip.

Both read the package index that the user configured for them, and both answer in forms meant for programs: uv prints
requirements, pip a JSON report. The exit code of uv tells an unanswered question from an unreachable index.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from filelock import FileLock
from packaging.requirements import Requirement

from farm.core.ttnn_install import WHEEL_PYTHONS
from farm.versions.errors import IndexUnreachable, InstallFailed, NoInstaller

PACKAGE = "ttnn"
_UV_NO_SOLUTION = 1
"""The exit code of uv where an index was asked and has nothing that fits; other failures have others."""
_PIP = ("-I", "-m", "pip")
"""Isolated: no module of the working directory takes the place of pip's."""


class Installer(Protocol):
    """Makes environments, and asks the package index. A double for tests is in `fake_installer`."""

    name: str

    def newest(self, constraint: str, python: str) -> str | None:
        """The newest released ttnn that has a wheel for a Python and meets a constraint.

        Args:
            constraint: such as `==0.66.0` or `<0.81.1`; empty for none.
            python: the Python's version, such as `3.12`.

        Returns:
            its version; None if there is none.

        Raises:
            IndexUnreachable: the package index doesn't answer.
        """

    def install(self, folder: Path, package: str) -> None:
        """Make an environment for this Python, with a ttnn in it.

        Args:
            folder: where; it doesn't exist yet.
            package: a requirement, `ttnn==0.81.1`, or the path of a wheel.

        Raises:
            InstallFailed: it can't be installed.
        """


def pick_installer(helpers: Path) -> Installer:
    """The installer of this host: uv where it is there, else venv and pip.

    Args:
        helpers: a folder that pip's own environment may be made in.

    Raises:
        NoInstaller: neither is there.
    """
    beside = Path(sys.executable).with_name("uv")
    uv = shutil.which("uv") or (str(beside) if beside.is_file() else None)
    return Uv(str(Path(uv).absolute())) if uv is not None else Pip.made_in(helpers)


class Uv:
    """Installs with uv, which finds and links what it has in its cache."""

    name = "uv"

    def __init__(self, program: str) -> None:
        self._program = program

    def newest(self, constraint: str, python: str) -> str | None:
        """See `Installer`."""
        options = ("--no-deps", "--no-header", "--no-annotate", "--quiet", "--only-binary", PACKAGE)
        command = (self._program, "pip", "compile", "-", *options, "--python", sys.executable)
        done = _run([*command, "--python-version", python], f"{PACKAGE}{constraint}\n")
        if done.returncode == _UV_NO_SOLUTION:
            return None
        if done.returncode:
            raise IndexUnreachable(f"the package index can't be asked for ttnn: {_cause(done.stderr)}")
        requirements = [Requirement(line) for line in done.stdout.splitlines() if not line.startswith(("#", "-"))]
        versions = [each for requirement in requirements for each in requirement.specifier]
        return versions[0].version if versions else None

    def install(self, folder: Path, package: str) -> None:
        """See `Installer`."""
        folder = folder.absolute()
        _checked([self._program, "venv", "--quiet", "--no-project", "--python", sys.executable, str(folder)])
        python = str(folder / "bin" / "python")
        _checked([self._program, "pip", "install", "--quiet", "--only-binary", PACKAGE, "--python", python, package])


class Pip:
    """Installs with venv and pip: with a pip of its own, since this Python's environment may have none."""

    name = "pip"

    def __init__(self, python: Path) -> None:
        """Use the pip of an interpreter."""
        self._python = str(python)

    @classmethod
    def made_in(cls, helpers: Path) -> Pip:
        """Make an environment that has pip, once.

        Raises:
            NoInstaller: this Python can't make one.
        """
        folder = helpers.absolute() / f"pip-{sys.version_info.major}.{sys.version_info.minor}"
        python = folder / "bin" / "python"
        helpers.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if _run([str(python), *_PIP, "--version"]).returncode:
                done = _run([sys.executable, "-I", "-m", "venv", "--clear", str(folder)])
                if done.returncode:
                    raise NoInstaller(
                        "a ttnn of its own can't be installed: there is no uv, and this Python can't make an "
                        "environment with pip; install uv, or name interpreters"
                    )
        return cls(python)

    def newest(self, constraint: str, python: str) -> str | None:
        """See `Installer`."""
        report = self._report(constraint, python)
        if report is not None:
            return report
        # pip fails alike for what isn't there and for an index that doesn't answer: any ttnn at all tells them apart
        for other in WHEEL_PYTHONS:
            if self._report("", other) is not None:
                return None
        raise IndexUnreachable("the package index has no ttnn for any Python, or can't be reached: ask `pip download`")

    def _report(self, constraint: str, python: str) -> str | None:
        options = ("--dry-run", "--no-deps", "--ignore-installed", "--only-binary", PACKAGE, "--quiet", "--report", "-")
        other = ("--python-version", python, "--target", "unused") if python != this_python() else ()
        done = _run([self._python, *_PIP, "install", *options, *other, f"{PACKAGE}{constraint}"])
        if done.returncode:
            return None
        return str(json.loads(done.stdout)["install"][0]["metadata"]["version"])

    def install(self, folder: Path, package: str) -> None:
        """See `Installer`."""
        folder = folder.absolute()
        _checked([sys.executable, "-I", "-m", "venv", "--without-pip", str(folder)])
        target = str(folder / "bin" / "python")
        _checked([self._python, *_PIP, "--python", target, "install", "--quiet", "--only-binary", PACKAGE, package])


def this_python() -> str:
    """The version of this Python, such as `3.12`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _run(command: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command that is fed a text, and return what it printed; one that can't be started failed.

    It runs in the root folder: uv obeys the settings of the folder that it runs in, which may be anybody's checkout.
    """
    try:
        return subprocess.run(command, input=text, capture_output=True, text=True, check=False, cwd=os.sep)
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))


def _checked(command: Sequence[str]) -> None:
    """Run a command.

    Raises:
        InstallFailed: it failed.
    """
    done = _run(command)
    if done.returncode:
        raise InstallFailed(f"ttnn can't be installed: {_cause(done.stderr)}")


def _cause(output: str) -> str:
    """What an installer says of its failure: its last line that says something."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return re.sub(r"^(cause|error): ", "", lines[-1], flags=re.I) if lines else "it gave no reason"
