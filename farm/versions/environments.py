"""An environment for each ttnn, kept in the user's cache folder: `ttnn/0.81.1-py3.12-x86_64/bin/python`.

An environment holds a ttnn and what that needs; a worker adds farm's own packages by path. It is made beside its place
and then renamed, under a lock, so that one that is there is whole, whoever else makes it at the same time.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock
from packaging.tags import sys_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from farm.core.errors import FarmError, NotRunnable
from farm.core.ttnn_install import WHEEL_PYTHONS
from farm.versions.errors import InstallFailed, NoSuchVersion, NoWheel
from farm.versions.installers import PACKAGE, Installer, pick_installer, this_python
from farm.versions.sources import Interpreter, Released, Source, Wheel
from farm.versions.steps import Step, silent


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment that has a ttnn.

    Attributes:
        name: how the user named the ttnn.
        python: the path of its interpreter.
    """

    name: str
    python: str


class Environments:
    """The environments of this user."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        installer: Callable[[], Installer] | None = None,
        step: Step = silent,
    ) -> None:
        """Prepare environments; nothing is made.

        Args:
            folder: where they are kept; None for the user's cache folder.
            installer: picks what makes them, once that is needed; None for uv, or venv and pip.
            step: shows what takes seconds.
        """
        self.folder = folder or platformdirs.user_cache_path("farm") / "ttnn"
        self._pick = installer or (lambda: pick_installer(self.folder))
        self._installer: Installer | None = None
        self._step = step

    def of(self, source: Source) -> Environment:
        """The environment of a ttnn, which is made if it isn't there.

        Raises:
            NoSuchVersion: no ttnn of this version was released.
            NotRunnable: it can't be made; see `farm.versions.errors`.
        """
        match source:
            case Interpreter():
                return Environment(str(source), str(source.path))
            case Released():
                return self._made(source, source.version, f"{PACKAGE}=={source.version}", self._check_released)
            case Wheel():
                content = hashlib.sha256(source.path.read_bytes()).hexdigest()[:12]
                return self._made(source, f"{source.path.stem}-{content}", str(source.path), _check_wheel)

    def released(self, first: str, last: str) -> list[str]:
        """The released versions from one to another that have a wheel for this Python, oldest first.

        Raises:
            FarmError: they are in the wrong order.
            NoSuchVersion, NotRunnable: see `of`.
        """
        if Version(first) >= Version(last):
            raise FarmError(f"{first} is not older than {last}: give the older ttnn first")
        with self._step(f"asking for the versions of ttnn from {first} to {last}"):
            for version in (first, last):
                self._check_released(Released(version))
            versions = [last]
            while (below := self._newest(f">={first},<{versions[-1]}")) is not None:
                versions.append(below)
        return versions[::-1]

    def newest(self) -> str:
        """The newest released version that has a wheel for this Python.

        Raises:
            NoWheel: there is none.
            NotRunnable: see `of`.
        """
        version = self._newest("")
        if version is None:
            raise NoWheel(f"no ttnn was released for CPython {this_python()} on {platform.machine()}")
        return version

    def _made(self, source: Source, key: str, package: str, check: Callable[..., None]) -> Environment:
        folder = self.folder / f"{key}-py{this_python()}-{platform.machine()}"
        python = folder / "bin" / "python"
        environment = Environment(str(source), str(python))
        if python.is_file():  # false where the Python that it links to was removed
            return environment
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{folder}.lock"):
                if not python.is_file():
                    check(source)
                    self._make(folder, package, str(source))
        except OSError as error:
            raise NotRunnable(f"can't make an environment in {self.folder}: {error.strerror or error}") from error
        return environment

    def _make(self, folder: Path, package: str, name: str) -> None:
        partial = folder.with_name(f".{folder.name}.partial")
        for left_over in (partial, folder):
            if left_over.exists():
                shutil.rmtree(left_over)
        with self._step(f"installing ttnn {name} into an environment of its own, with {self._asked().name}"):
            try:
                self._asked().install(partial, package)
            except InstallFailed as error:
                raise InstallFailed(f"{name}: {error}") from error
        partial.rename(folder)

    def _check_released(self, source: Released) -> None:
        if self._newest(f"=={source.version}") is not None:
            return
        elsewhere = [python for python in WHEEL_PYTHONS if self._asked().newest(f"=={source.version}", python)]
        if elsewhere:
            raise NoWheel(
                f"ttnn {source.version} has no wheel for CPython {this_python()} on {platform.machine()}: run farm "
                f"with CPython {' or '.join(elsewhere)}, or name an interpreter that has this ttnn"
            )
        raise NoSuchVersion(_no_version(source.version, self._near(Version(source.version))))

    def _near(self, version: Version) -> list[str]:
        """The released version before one that doesn't exist, and the one after it."""
        near = [self._newest(f"<{version}"), self._next(version)]
        return [each for each in near if each is not None]

    def _next(self, version: Version) -> str | None:
        """The newest release of the first minor version after another; the newest of all in another major version."""
        newest = self._newest(f">{version}")
        if newest is None or Version(newest).major != version.major:
            return newest
        minors = range(version.minor + 1, Version(newest).minor + 1)
        first = bisect_left(minors, 1, key=lambda minor: int(self._below(version, minor) is not None))
        return newest if first == len(minors) else self._below(version, minors[first])

    def _below(self, version: Version, minor: int) -> str | None:
        return self._newest(f">{version},<{version.major}.{minor}")

    def _newest(self, constraint: str) -> str | None:
        return self._asked().newest(constraint, this_python())

    def _asked(self) -> Installer:
        if self._installer is None:
            self._installer = self._pick()
        return self._installer


def _no_version(version: str, near: Sequence[str]) -> str:
    if not near:
        return f"there is no ttnn {version}: no ttnn was released for CPython {this_python()}"
    words = "the nearest is" if len(near) == 1 else "near it are"
    return f"there is no ttnn {version}: {words} {' and '.join(near)}"


def _check_wheel(source: Wheel) -> None:
    """Report a wheel that is no ttnn's, or for another Python.

    Raises:
        FarmError: it is no wheel of ttnn.
        NoWheel: it is for another Python.
    """
    try:
        name, version, _, tags = parse_wheel_filename(source.path.name)
    except InvalidWheelFilename as error:
        raise FarmError(f"{source.path}: this is no wheel's name: {error}") from error
    if name != PACKAGE:
        raise FarmError(f"{source.path}: this is a wheel of {name}, not of ttnn")
    if tags.isdisjoint(sys_tags()):
        made_for = ", ".join(sorted({f"{tag.interpreter} on {tag.platform}" for tag in tags}))
        here = f"CPython {this_python()} on {platform.machine()}"
        raise NoWheel(f"{source.path.name}: this wheel of ttnn {version} is for {made_for}, not for {here}")
