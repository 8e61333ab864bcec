"""The ttnn that an interpreter has installed, and the advice on installing one. Nothing here imports ttnn."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from packaging.version import InvalidVersion, Version

from farm.core.extras import Extra, own_install
from farm.core.interpreters import printed_json

WHEEL_PYTHONS = ("3.10", "3.12")
"""The CPython versions that ttnn publishes wheels for, on x86-64 Linux."""

_LOCATE = """
import importlib.metadata, importlib.util, json
spec = importlib.util.find_spec("ttnn")
try:
    version = importlib.metadata.version("ttnn")
except importlib.metadata.PackageNotFoundError:
    version = None
print(json.dumps([spec.origin if spec else None, version]))
"""


@dataclass(frozen=True, slots=True)
class TtnnInstall:
    """The ttnn of an interpreter.

    Attributes:
        package: the folder of the package `ttnn`.
        version: the version of its distribution; None if it has none, as a checkout on `PYTHONPATH`.
    """

    package: Path
    version: str | None

    @property
    def is_wheel(self) -> bool:
        """Whether it was installed from a wheel; if not, it is part of a checkout of tt-metal."""
        return not {"site-packages", "dist-packages"}.isdisjoint(self.package.parts)

    @property
    def runtime_root(self) -> Path:
        """The folder with `tt_metal` and `runtime` that it uses where `TT_METAL_RUNTIME_ROOT` names no other."""
        return self.package if self.is_wheel else self.package.parent.parent

    @property
    def release(self) -> Version | None:
        """The released version; None for one of a checkout, whose version says nothing about its age."""
        try:
            return Version(self.version) if self.version and self.is_wheel else None
        except InvalidVersion:
            return None

    @property
    def build(self) -> str:
        """A short name that is different for each build."""
        library = next(self.package.glob("_ttnn*.so"), self.package / "__init__.py")
        state = library.stat()
        return hashlib.sha256(f"{library}:{state.st_size}:{state.st_mtime_ns}".encode()).hexdigest()[:16]


def installed_ttnn(python: str = "") -> TtnnInstall | None:
    """The ttnn of an interpreter; None if it has none, or doesn't run.

    Args:
        python: the interpreter; "" for the one that runs this.
    """
    if python in ("", sys.executable):
        spec = find_spec("ttnn")
        origin = None if spec is None else spec.origin
        version = _own_version()
    else:
        try:
            origin, version = printed_json(python, _LOCATE)
        except (OSError, subprocess.SubprocessError, ValueError):
            return None
    return None if origin is None else TtnnInstall(Path(origin).resolve().parent, version)


def _own_version() -> str | None:
    try:
        return importlib.metadata.version("ttnn")
    except importlib.metadata.PackageNotFoundError:
        return None


def install_hint() -> str:
    """Return how to install ttnn for this Python: from a wheel, if there is one."""
    version = ".".join(platform.python_version_tuple()[:2])
    if version in WHEEL_PYTHONS and (sys.platform, platform.machine()) == ("linux", "x86_64"):
        return f"install it with: {own_install().command(Extra.TTNN)}"
    return (
        f"ttnn has no wheel for CPython {version} on {sys.platform} {platform.machine()}: use CPython "
        f"{' or '.join(WHEEL_PYTHONS)} on x86-64 Linux, or the Python of your tt-metal"
    )
