"""An installer without network and without ttnn, for tests: its environments are this Python's own."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from farm.versions.errors import IndexUnreachable, InstallFailed


class FakeInstaller:
    """An `Installer` that knows a few versions.

    Attributes:
        installed: every package that was installed, in order.
    """

    name = "fake"

    def __init__(
        self,
        versions: Collection[str] = (),
        *,
        pythons: Collection[str] | None = None,
        offline: bool = False,
        broken: Collection[str] = (),
    ) -> None:
        """Create an installer.

        Args:
            versions: the released versions.
            pythons: the Pythons that they have wheels for; None for all.
            offline: whether the index doesn't answer.
            broken: the packages that can't be installed.
        """
        self.installed: list[str] = []
        self._versions = sorted(map(Version, versions))
        self._pythons = pythons
        self._offline = offline
        self._broken = broken

    def newest(self, constraint: str, python: str) -> str | None:
        """See `Installer`."""
        if self._offline:
            raise IndexUnreachable("the package index can't be asked for ttnn: connection refused")
        if self._pythons is not None and python not in self._pythons:
            return None
        fitting = [str(version) for version in self._versions if version in SpecifierSet(constraint)]
        return fitting[-1] if fitting else None

    def install(self, folder: Path, package: str) -> None:
        """See `Installer`: the environment is a link to this Python."""
        if package in self._broken:
            raise InstallFailed(f"ttnn can't be installed: {package} is broken")
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").symlink_to(sys.executable)
        self.installed.append(package)
