"""The packages that a worker adds to its interpreter: only farm's own.

A host's tt-metal environment must find its own numpy and torch, not those that are installed with farm.
"""

from __future__ import annotations

from pathlib import Path

PACKAGES = ("farm", "tracer", "scheduler")


def packages_folder(workdir: Path) -> Path:
    """A folder that holds links only to farm's packages, made in a worker's working directory."""
    installed = Path(__file__).resolve().parents[2]
    folder = workdir.absolute() / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    for name in PACKAGES:
        link = folder / name
        if not link.is_symlink():
            link.symlink_to(installed / name, target_is_directory=True)
    return folder
