"""The ttnn of this process."""

from __future__ import annotations

import importlib.metadata

import ttnn


def ttnn_version() -> str:
    """The version of this process's ttnn; `built` for that of a checkout, which has none."""
    version = getattr(ttnn, "__version__", None)
    if version is not None:
        return str(version)
    try:
        return importlib.metadata.version("ttnn")
    except importlib.metadata.PackageNotFoundError:
        return "built"
